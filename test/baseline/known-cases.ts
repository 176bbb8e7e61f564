/** Reads the lists of cases that are known to come out wrong: Markdown whose headings say why, one case a line. */
import { readFileSync } from 'node:fs';

/** Returns the lines of all blocks of `file`. */
export function readKnownCases(file: URL): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^```lines\n(.*?)^```$/gms)].flatMap((block) =>
    block[1]!.split('\n').filter((line) => line !== ''),
  );
}
