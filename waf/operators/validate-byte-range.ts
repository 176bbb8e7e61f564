/**
 * `@validateByteRange`: matches when a byte lies outside the listed ranges, for example `1-31,127`.
 *
 * An empty value never matches. Here a range that cannot be read is an error when the rules load; ModSecurity reads it as the
 * byte 0 and then matches nearly everything.
 */

import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';

const BYTE_MAX = 255;

/** Reads the list into one cell per byte (1 = allowed), or returns what is wrong with it. */
function readRanges(text: string): Uint8Array | string {
  const allowed = new Uint8Array(256);
  for (const part of text.split(',')) {
    const bounds = /^\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?$/.exec(part);
    if (bounds === null) {
      return `"${part.trim()}" is no byte range; expected numbers such as 32-126,9,10`;
    }
    const low = Number(bounds[1]);
    const high = bounds[2] === undefined ? low : Number(bounds[2]);
    if (high > BYTE_MAX) return `${high} is no byte; expected 0 to ${BYTE_MAX}`;
    if (low > high) return `the range ${low}-${high} is empty; expected ${high}-${low}`;
    allowed.fill(1, low, high + 1);
  }
  return allowed;
}

/** Matches a byte outside the ranges and captures it. */
export const validateByteRange: OperatorDefinition = {
  name: 'validateByteRange',
  argument: 'required',
  compile(text) {
    const allowed = readRanges(text);
    if (typeof allowed === 'string') return allowed;
    return {
      name: 'validateByteRange',
      test(value, match) {
        for (let i = 0; i < value.length; i++) {
          if (allowed[value.charCodeAt(i)] !== 1) {
            captureWhole(match, value.charAt(i));
            return true;
          }
        }
        return false;
      },
    };
  },
};
