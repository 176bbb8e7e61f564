/** Assertions asked between two bytes: what the matchers share. */

import { isWordByte } from '../../transformations/byte-class.ts';
import type { Assertion } from './pattern.ts';

/** Stands for "no byte": before the first, behind the last. */
export const NO_BYTE = -1;

const NEWLINE = 0x0a;

/**
 * Tells whether `assertion` holds between `previous` and `next` (`NO_BYTE` at the edges).
 *
 * @param isNextLast True when `next` is the last byte of the value; only `\Z` asks.
 */
export function holdsAt(assertion: Assertion, previous: number, next: number, isNextLast: boolean): boolean {
  switch (assertion) {
    case 'start':
      return previous === NO_BYTE;
    case 'end':
      return next === NO_BYTE;
    case 'end-or-last-newline':
      return next === NO_BYTE || (next === NEWLINE && isNextLast);
    case 'line-start':
      return previous === NO_BYTE || previous === NEWLINE;
    case 'line-end':
      return next === NO_BYTE || next === NEWLINE;
    case 'word-boundary':
      return isWord(previous) !== isWord(next);
    case 'no-word-boundary':
      return isWord(previous) === isWord(next);
  }
}

function isWord(byte: number): boolean {
  return byte !== NO_BYTE && isWordByte(byte);
}
