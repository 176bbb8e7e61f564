/**
 * `phpArgsNames`: the name under which PHP registers a request variable.
 *
 * Leading blanks fall, blank and `.` become `_`. With the first `[` the indexes begin: `[...]` repeated; what follows the last
 * one is dropped. A `[` that never closes becomes `_` and ends the rewriting. A name that begins with `[` is not registered.
 *
 * Source: PHP manual, "Variables From External Sources", and its notes on dots and brackets.
 */

import type { Transformation } from './transformation.ts';

function register(value: string): string {
  const name = value.replace(/^ +/, '');
  const bracket = name.indexOf('[');
  const plainEnd = bracket === -1 ? name.length : bracket;
  const plain = name.slice(0, plainEnd).replace(/[ .]/g, '_');
  if (bracket === -1) return plain === value ? value : plain;
  if (bracket === 0) return '';
  let text = plain;
  let at = bracket;
  while (name.charCodeAt(at) === 0x5b) {
    let start = at + 1;
    while (name.charCodeAt(start) === 0x20) start++;
    const close = name.indexOf(']', start);
    if (close === -1) {
      text += at === bracket ? `_${name.slice(at + 1)}` : '';
      return text === value ? value : text;
    }
    text += start === close ? '[]' : `[${name.slice(at + 1, close)}]`;
    at = close + 1;
  }
  return text === value ? value : text;
}

/** Rewrites a parameter name as PHP does. */
export const phpArgsNames: Transformation = { name: 'phpArgsNames', apply: register };
