/**
 * The entries that were added to the lists while the node ran, as they lie in the data directory.
 *
 *      lists.json  {"version": 1, "allow": [{prefix, reason, expiresAtMs}], "deny": [...]}
 */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { asError } from '@secbeat/base/fault.ts';
import { parsePrefix } from '@secbeat/base/ip-address.ts';
import type { ListEntry } from '../config/model.ts';
import type { Log } from '../log.ts';

/** Entries of one list that are added at run time at most. Bounded: what a worker copies at each change. */
export const addedEntriesMax = 65_536;

/** Characters of a reason at most. */
export const reasonLengthMax = 200;

const fileVersion = 1;

/** Both lists of a file. */
export interface AddedEntries {
  readonly allow: readonly ListEntry[];
  readonly deny: readonly ListEntry[];
}

/**
 * Reads the file. A missing one is empty. A broken one is moved aside and said loudly: the node must start, and nobody's
 * bans are thrown away.
 */
export async function readListFile(path: string, log: Log): Promise<AddedEntries> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code === 'ENOENT') return { allow: [], deny: [] };
    log.error(
      { err: asError(thrown), path },
      'the added list entries cannot be read; only configured ones are in force',
    );
    return { allow: [], deny: [] };
  }
  const entries = decodeListFile(text);
  if (typeof entries !== 'string') return entries;
  const aside = `${path}.broken-${randomBytes(4).toString('hex')}`;
  await rename(path, aside);
  log.error(
    { path, aside, problem: entries },
    'the added list entries are broken and were moved aside; only configured ones are in force',
  );
  return { allow: [], deny: [] };
}

/** Replaces the file: another reader sees the old one or the new one, also after a power failure. */
export async function writeListFile(path: string, entries: AddedEntries): Promise<void> {
  const draft = `${path}.${process.pid}.next`;
  try {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(`${JSON.stringify({ version: fileVersion, ...entries })}\n`);
    await file.sync();
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
}

/** Reads the text of a list file, or returns what is wrong with it. */
export function decodeListFile(text: string): AddedEntries | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return asError(thrown).message;
  }
  if (typeof value !== 'object' || value === null) return 'expected an object';
  const { version, allow, deny } = value as Readonly<Record<string, unknown>>;
  if (version !== fileVersion)
    return `expected version ${fileVersion}, met ${JSON.stringify(version) ?? 'none'}`;
  const allowed = decodeEntries(allow, 'allow');
  if (typeof allowed === 'string') return allowed;
  const denied = decodeEntries(deny, 'deny');
  if (typeof denied === 'string') return denied;
  return { allow: allowed, deny: denied };
}

function decodeEntries(value: unknown, name: string): ListEntry[] | string {
  if (!Array.isArray(value)) return `${name}: expected a list`;
  if (value.length > addedEntriesMax)
    return `${name}: ${value.length} entries, expected at most ${addedEntriesMax}`;
  const entries: ListEntry[] = [];
  for (const [index, item] of value.entries()) {
    const entry = decodeEntry(item);
    if (typeof entry === 'string') return `${name}[${index}]: ${entry}`;
    entries.push(entry);
  }
  return entries;
}

function decodeEntry(item: unknown): ListEntry | string {
  if (typeof item !== 'object' || item === null) return 'expected an object';
  const { prefix, reason, expiresAtMs } = item as Readonly<Record<string, unknown>>;
  const parsed = typeof prefix === 'string' ? parsePrefix(prefix) : 'prefix is not a text';
  if (typeof parsed === 'string') return parsed;
  if (typeof reason !== 'string' || reason.length > reasonLengthMax) {
    return `reason is not a text of at most ${reasonLengthMax} characters`;
  }
  if (typeof expiresAtMs !== 'number' || !Number.isSafeInteger(expiresAtMs) || expiresAtMs < 0) {
    return 'expiresAtMs is not a whole number from 0';
  }
  return { prefix: parsed.text, reason, expiresAtMs };
}
