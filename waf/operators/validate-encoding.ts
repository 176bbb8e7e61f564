/** `@validateUrlEncoding` and `@validateUtf8Encoding`: both match when the encoding is broken. */

import { brokenEscapeAt } from '../transformations/url.ts';
import { utf8Length } from '../transformations/utf8.ts';
import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';

const CAPTURED_BYTES_MAX = 4;

/** Position of the first byte that starts no well-formed character, or -1. */
function brokenCharacter(value: string): number {
  for (let at = 0; at < value.length; ) {
    const length = value.charCodeAt(at) < 0x80 ? 1 : utf8Length(value, at);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

function encodingOperator(name: string, brokenAt: (value: string) => number): OperatorDefinition {
  return {
    name,
    argument: 'none',
    compile: () => ({
      name,
      test(value, match) {
        const at = brokenAt(value);
        if (at === -1) return false;
        captureWhole(match, value.slice(at, at + CAPTURED_BYTES_MAX));
        return true;
      },
    }),
  };
}

/** Matches an invalid percent escape. */
export const validateUrlEncoding: OperatorDefinition = encodingOperator(
  'validateUrlEncoding',
  brokenEscapeAt,
);

/** Matches invalid, overlong and surrogate UTF-8. Source: RFC 3629. */
export const validateUtf8Encoding: OperatorDefinition = encodingOperator(
  'validateUtf8Encoding',
  brokenCharacter,
);
