/**
 * `cmdLine`: undoes what command shells ignore, so that `C^om"mand` and `command` read the same.
 *
 * `\`, `"`, `'` and `^` vanish; a run of blanks, `,` and `;` becomes one space; that space vanishes before `/` and `(`;
 * ASCII letters fall to lower case.
 */

import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const SPACE = 0x20;

function isSeparator(code: number): boolean {
  return code === SPACE || code === 0x2c || code === 0x3b || code === 0x09 || code === 0x0a || code === 0x0d;
}

function isIgnored(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x5c || code === 0x5e;
}

/** Tells whether the value has nothing for the loop below to do. */
function isPlain(value: string): boolean {
  let previous = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (isIgnored(code) || (code >= 0x41 && code <= 0x5a)) return false;
    if (isSeparator(code) && (code !== SPACE || previous === SPACE)) return false;
    if ((code === 0x2f || code === 0x28) && previous === SPACE) return false;
    previous = code;
  }
  return true;
}

function simplify(value: string): string {
  if (isPlain(value)) return value;
  const bytes = scratchWith(value);
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const code = bytes[i]!;
    if (isIgnored(code)) continue;
    const endsInSpace = length > 0 && bytes[length - 1] === SPACE;
    if (isSeparator(code)) {
      if (!endsInSpace) bytes[length++] = SPACE;
      continue;
    }
    if ((code === 0x2f || code === 0x28) && endsInSpace) length--;
    bytes[length++] = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
  }
  return textOf(bytes, length);
}

/** Normalises a command line as shells read it. */
export const cmdLine: Transformation = { name: 'cmdLine', apply: simplify };
