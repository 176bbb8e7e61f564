/**
 * Test support: the vectors of ModSecurity's unit tests and the Core Rule Set, as they lie in the shared data folder.
 *
 * `SECBEAT_SHARED` names the folder; without it it is `../shared` beside the repository.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One row of a vector file, its strings turned into byte strings. */
export interface Vector {
  readonly name: string;
  readonly param: string;
  readonly input: string;
  readonly output: string;
  readonly ret: number;
  readonly groups: readonly string[] | undefined;
}

/** Returns the path of `parts` in the shared folder, or throws and says how to get it. */
export function sharedPath(...parts: readonly string[]): string {
  const root = process.env['SECBEAT_SHARED'] ?? join(import.meta.dirname, '../../../shared');
  const path = join(root, ...parts);
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: set SECBEAT_SHARED to the folder that holds ${parts[0] ?? ''}`);
  }
  return path;
}

/**
 * Turns a string of the vectors into bytes: UTF-8, then the written escapes `\xHH` and `\uHHHH`. Digits that are none count
 * as C's `strtol` counts them, because the files hold such rows on purpose.
 */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(
      /\\x([0-9a-zA-Z]{2})|\\u([0-9a-zA-Z]{4})/g,
      (_, two: string | undefined, four: string | undefined) =>
        String.fromCharCode((Number.parseInt(two ?? four ?? '', 16) || 0) & 0xff),
    );
}

function readVector(row: unknown): Vector {
  const fields = row as Record<string, unknown>;
  const textAt = (key: string): string => (typeof fields[key] === 'string' ? toBytes(fields[key]) : '');
  const groups = fields['re_groups'];
  return {
    name: textAt('name'),
    param: textAt('param'),
    input: textAt('input'),
    output: textAt('output'),
    ret: Number(fields['ret']),
    groups: Array.isArray(groups) ? groups.map((group) => toBytes(String(group))) : undefined,
  };
}

/** Reads every vector file of one kind: file name without suffix -> rows. */
export function readVectors(kind: 'operators' | 'transformations'): ReadonlyMap<string, readonly Vector[]> {
  const folder = sharedPath('vectors/modsecurity/secrules-language-tests', kind);
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(
    files.map((file) => {
      const rows: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return [file.slice(0, -'.json'.length), Array.isArray(rows) ? rows.map(readVector) : []];
    }),
  );
}
