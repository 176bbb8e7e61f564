/** `compressWhitespace`, `removeWhitespace`, `trim`, `trimLeft`, `trimRight`. Blank means C's `isspace`. */

import { isSpace } from './byte-class.ts';
import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const SPACE = 0x20;
const NO_BREAK_SPACE = 0xa0;
const UTF8_LEAD_OF_NO_BREAK_SPACE = 0xc2;

function compress(value: string): string {
  let start = 0;
  let previous = 0;
  for (; start < value.length; start++) {
    const code = value.charCodeAt(start);
    if (isSpace(code) && (code !== SPACE || previous === SPACE)) break;
    previous = code;
  }
  if (start === value.length) return value;
  const bytes = scratchWith(value);
  let length = start;
  let inRun = start > 0 && bytes[start - 1] === SPACE;
  for (let i = start; i < value.length; i++) {
    const code = bytes[i]!;
    if (!isSpace(code)) {
      bytes[length++] = code;
      inRun = false;
    } else if (!inRun) {
      bytes[length++] = SPACE;
      inRun = true;
    }
  }
  return textOf(bytes, length);
}

function remove(value: string): string {
  let start = 0;
  while (start < value.length) {
    const code = value.charCodeAt(start);
    if (isSpace(code) || code === NO_BREAK_SPACE) break;
    start++;
  }
  if (start === value.length) return value;
  const bytes = scratchWith(value);
  let length = start;
  for (let i = start; i < value.length; i++) {
    const code = bytes[i]!;
    if (isSpace(code)) continue;
    if (code === NO_BREAK_SPACE) {
      const leadIsLast = length > 0 && i > 0 && value.charCodeAt(i - 1) === UTF8_LEAD_OF_NO_BREAK_SPACE;
      if (leadIsLast && bytes[length - 1] === UTF8_LEAD_OF_NO_BREAK_SPACE) length--;
      continue;
    }
    bytes[length++] = code;
  }
  return textOf(bytes, length);
}

function startOf(value: string): number {
  let start = 0;
  while (start < value.length && isSpace(value.charCodeAt(start))) start++;
  return start;
}

function endOf(value: string, from: number): number {
  let end = value.length;
  while (end > from && isSpace(value.charCodeAt(end - 1))) end--;
  return end;
}

function cut(value: string, start: number, end: number): string {
  return start === 0 && end === value.length ? value : value.slice(start, end);
}

/** Turns each run of blanks into one space. */
export const compressWhitespace: Transformation = { name: 'compressWhitespace', apply: compress };

/** Removes blanks and the no-break space, as byte 0xA0 and as UTF-8. */
export const removeWhitespace: Transformation = { name: 'removeWhitespace', apply: remove };

/** Removes blanks at both ends. */
export const trim: Transformation = {
  name: 'trim',
  apply(value) {
    const start = startOf(value);
    return cut(value, start, endOf(value, start));
  },
};

/** Removes blanks at the start. */
export const trimLeft: Transformation = {
  name: 'trimLeft',
  apply: (value) => cut(value, startOf(value), value.length),
};

/** Removes blanks at the end. */
export const trimRight: Transformation = {
  name: 'trimRight',
  apply: (value) => cut(value, 0, endOf(value, 0)),
};
