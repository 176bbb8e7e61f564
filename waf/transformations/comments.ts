/**
 * `removeComments`, `removeCommentsChar`, `replaceComments`: comments of C, SQL and HTML.
 *
 * ModSecurity copies the byte behind a closing mark without looking at it: after a comment at the very end of a value that
 * is the terminating NUL, and in general it lets the second of two adjacent comments through. Here what follows a comment is
 * read like everything else.
 */

import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const HASH = 0x23;
const STAR = 0x2a;
const DASH = 0x2d;
const SLASH = 0x2f;
const SPACE = 0x20;

/** Length of the mark of a comment (opening or closing) at `i`, or 0. */
function markLength(bytes: Buffer, i: number, end: number): number {
  const code = bytes[i];
  const next = i + 1 < end ? bytes[i + 1] : -1;
  if (code === SLASH) return next === STAR ? 2 : 0;
  if (code === STAR) return next === SLASH ? 2 : 0;
  if (code === HASH) return 1;
  if (code === DASH && next === DASH) return i + 2 < end && bytes[i + 2] === 0x3e ? 3 : 2;
  return code === 0x3c && opensMarkup(bytes, i, end) ? 4 : 0;
}

/** Tells whether `<!--` stands at `i`. */
function opensMarkup(bytes: Buffer, i: number, end: number): boolean {
  return i + 3 < end && bytes[i + 1] === 0x21 && bytes[i + 2] === DASH && bytes[i + 3] === DASH;
}

function hasMark(value: string): boolean {
  return value.includes('/*') || value.includes('*/') || value.includes('--') || value.includes('#');
}

function removeMarks(value: string): string {
  if (!hasMark(value)) return value;
  const bytes = scratchWith(value);
  const end = value.length;
  let length = 0;
  for (let i = 0; i < end; ) {
    const mark = markLength(bytes, i, end);
    if (mark === 0) bytes[length++] = bytes[i++]!;
    else i += mark;
  }
  return textOf(bytes, length);
}

function removeWhole(value: string): string {
  if (!hasMark(value)) return value;
  const bytes = scratchWith(value);
  const end = value.length;
  let length = 0;
  let i = 0;
  while (i < end) {
    const code = bytes[i]!;
    const next = i + 1 < end ? bytes[i + 1] : -1;
    if (code === HASH || (code === DASH && next === DASH)) break;
    let close = -2;
    if (code === SLASH && next === STAR) close = value.indexOf('*/', i + 2);
    else if (code === 0x3c && opensMarkup(bytes, i, end)) close = value.indexOf('-->', i + 4);
    if (close === -2) {
      bytes[length++] = code;
      i++;
    } else if (close === -1) {
      bytes[length++] = SPACE;
      i = end;
    } else {
      i = close + (code === SLASH ? 2 : 3);
    }
  }
  return length === end ? value : textOf(bytes, length);
}

function replaceBlocks(value: string): string {
  let open = value.indexOf('/*');
  if (open === -1) return value;
  let text = '';
  let from = 0;
  while (open !== -1) {
    text += `${value.slice(from, open)} `;
    const close = value.indexOf('*/', open + 2);
    if (close === -1) return text;
    from = close + 2;
    open = value.indexOf('/*', from);
  }
  return text + value.slice(from);
}

/** Removes block comments and cuts the value at `--` and `#`. A block that never ends becomes one space. */
export const removeComments: Transformation = { name: 'removeComments', apply: removeWhole };

/** Removes only the marks of comments and leaves what stands between them. */
export const removeCommentsChar: Transformation = { name: 'removeCommentsChar', apply: removeMarks };

/** Turns each C comment into one space, also one that never ends. A lone closing mark stays. */
export const replaceComments: Transformation = { name: 'replaceComments', apply: replaceBlocks };
