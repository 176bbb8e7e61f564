/** The named classes of PCRE in byte mode. Source: pcre2pattern(3), "Generic character types", "POSIX character classes". */

import { type ByteSet, invertSet, setOfRanges } from './byte-set.ts';

const alpha: ByteSet = setOfRanges([0x41, 0x5a], [0x61, 0x7a]);
const digit: ByteSet = setOfRanges([0x30, 0x39]);
const word: ByteSet = setOfRanges([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
/** With VT (PCRE 8.34 and later), without 0xA0. */
const space: ByteSet = setOfRanges([0x09, 0x0d], [0x20, 0x20]);
const horizontal: ByteSet = setOfRanges([0x09, 0x09], [0x20, 0x20], [0xa0, 0xa0]);
const vertical: ByteSet = setOfRanges([0x0a, 0x0d], [0x85, 0x85]);

/** Every byte. */
export const anyByte: ByteSet = setOfRanges([0, 255]);
/** Every byte but LF. */
export const noNewline: ByteSet = invertSet(setOfRanges([0x0a, 0x0a]));

/** Classes that are one escaped letter, in and outside brackets. */
export const escapedClasses: ReadonlyMap<string, ByteSet> = new Map([
  ['d', digit],
  ['D', invertSet(digit)],
  ['w', word],
  ['W', invertSet(word)],
  ['s', space],
  ['S', invertSet(space)],
  ['h', horizontal],
  ['H', invertSet(horizontal)],
  ['v', vertical],
  ['V', invertSet(vertical)],
]);

/** Classes inside brackets, `[:name:]`. */
export const posixClasses: ReadonlyMap<string, ByteSet> = new Map([
  ['alnum', setOfRanges([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a])],
  ['alpha', alpha],
  ['ascii', setOfRanges([0, 0x7f])],
  ['blank', setOfRanges([0x09, 0x09], [0x20, 0x20])],
  ['cntrl', setOfRanges([0, 0x1f], [0x7f, 0x7f])],
  ['digit', digit],
  ['graph', setOfRanges([0x21, 0x7e])],
  ['lower', setOfRanges([0x61, 0x7a])],
  ['print', setOfRanges([0x20, 0x7e])],
  ['punct', setOfRanges([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e])],
  ['space', space],
  ['upper', setOfRanges([0x41, 0x5a])],
  ['word', word],
  ['xdigit', setOfRanges([0x30, 0x39], [0x41, 0x46], [0x61, 0x66])],
]);
