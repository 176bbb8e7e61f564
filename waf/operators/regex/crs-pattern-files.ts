/** Test and bench support: the patterns of the Core Rule Set. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '../shared-vectors.ts';

/** Returns every distinct `@rx` argument of the Core Rule Set, unquoted. */
export function readCrsPatterns(): readonly string[] {
  const folder = sharedPath('crs/rules');
  const patterns = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.conf'))) {
    const text = readFileSync(join(folder, file), 'latin1').replaceAll('\\\n', '');
    for (const found of text.matchAll(/"!?@rx ((?:[^"\\]|\\.)*)"/g)) {
      patterns.add((found[1] ?? '').replaceAll('\\"', '"'));
    }
  }
  return [...patterns];
}
