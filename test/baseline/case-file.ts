/**
 * Reads the data of this suite: Markdown that is also the list of what the rules are expected to tell apart.
 *
 *     # family
 *     ## group
 *     in: query, json              where each value is put; see carrier.ts. Without it the suite's own places count
 *     as: url-twice                how it is encoded on the way; see encoding.ts. Default: as the place needs it
 *     ```lines                     one value a line
 *     ```text                      one value of many lines
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type Encoding, encodings, unescapeText } from './encoding.ts';

/** One value in one place: one request. */
export interface Case {
  readonly family: string;
  readonly group: string;
  readonly place: string;
  readonly encoding: Encoding;
  /** The value as an application would see it, UTF-8 as bytes in latin1. */
  readonly value: string;
  /** How the case is called in lists of misses. Unique within a family. */
  readonly name: string;
}

/** Reads all files of a folder, by name. */
export function readCases(folder: URL, places: readonly string[]): readonly Case[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort();
  assert(files.length > 0, `there is no data in ${folder.pathname}`);
  return files.flatMap((file) => parseCases(readFileSync(new URL(file, folder), 'utf8'), places));
}

/** Reads one file. Throws when a group has no value or names an unknown encoding. */
export function parseCases(text: string, places: readonly string[]): readonly Case[] {
  const family = /^# (.+)$/m.exec(text)?.[1] ?? '';
  assert(family !== '', 'the file begins with "# family"');
  const cases = text
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => readGroup(family, section, places));
  assert(cases.length > 0, `${family} has no cases`);
  return cases;
}

function readGroup(family: string, section: string, defaultPlaces: readonly string[]): Case[] {
  const group = section.slice(0, section.indexOf('\n'));
  const head = section.slice(0, section.indexOf('```'));
  const places = /^in: (.+)$/m.exec(head)?.[1]?.split(', ') ?? defaultPlaces;
  const encoding = (/^as: (.+)$/m.exec(head)?.[1] ?? 'plain') as Encoding;
  assert(encodings.includes(encoding), `${family}, ${group}: unknown encoding "${encoding}"`);
  const written = [...section.matchAll(/^```(lines|text)\n(.*?)\n^```$/gms)].flatMap((block) =>
    block[1] === 'lines' ? block[2]!.split('\n') : [block[2]!],
  );
  assert(written.length > 0, `${family}, ${group}: no values`);
  return written.flatMap((text) => places.map((place) => makeCase(family, group, place, encoding, text)));
}

function makeCase(family: string, group: string, place: string, encoding: Encoding, text: string): Case {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const isEscaped = encoding === 'escaped';
  const shown = isEscaped ? text : text.replaceAll('\n', '\\n');
  return {
    family,
    group,
    place,
    encoding,
    value: isEscaped ? unescapeText(bytes) : bytes,
    name: `${place}${encoding === 'plain' || isEscaped ? '' : ` ${encoding}`}: ${shown}`,
  };
}
