/** `lowercase` and `uppercase`: ASCII letters only; bytes above 0x7F are no letters. */

import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

/** Flips the case of every byte from `low` to `low + 25`. */
function flip(value: string, low: number): string {
  let first = 0;
  while (first < value.length) {
    const code = value.charCodeAt(first);
    if (code >= low && code <= low + 25) break;
    first++;
  }
  if (first === value.length) return value;
  const bytes = scratchWith(value);
  for (let i = first; i < value.length; i++) {
    const code = bytes[i]!;
    if (code >= low && code <= low + 25) bytes[i] = code ^ 0x20;
  }
  return textOf(bytes, value.length);
}

/** Folds A-Z to a-z. */
export const lowercase: Transformation = { name: 'lowercase', apply: (value) => flip(value, 0x41) };

/** Folds a-z to A-Z. */
export const uppercase: Transformation = { name: 'uppercase', apply: (value) => flip(value, 0x61) };
