/**
 * Tags and attributes as browsers read them, from any place in them.
 *
 * Source: HTML, sections 13.2.5.6 (tag open state) to 13.2.5.40 (self-closing start tag state). Control characters count as
 * blanks and a back-quote as a quote, as older browsers have it.
 */

import { isLetter } from '../../transformations/byte-class.ts';

const SLASH = 0x2f;
const EQUALS = 0x3d;
const GREATER = 0x3e;

/** One attribute; `value` is undefined when it has none. Both as written. */
export interface Attribute {
  readonly name: string;
  readonly value: string | undefined;
}

/** Where a tag's attributes were read to. */
export interface AttributeScan {
  /** What `visit` returned when it ended the scan, else undefined. */
  readonly evidence: string | undefined;
  /** Behind the `>`, or the end of the text. */
  readonly end: number;
}

function isBlank(code: number): boolean {
  return code <= 0x20;
}

/** Names are read no further than this: no element that matters has a longer one. */
const NAME_BYTES_MAX = 32;

/** Where the name of the tag whose `<` is at `at` begins, its `/` left out, or -1 when no tag begins there. */
function nameStart(text: string, at: number): number {
  const start = text.charCodeAt(at + 1) === SLASH ? at + 2 : at + 1;
  return isLetter(text.charCodeAt(start)) ? start : -1;
}

function nameEnd(text: string, from: number, limit: number): number {
  let end = from;
  for (; end < limit; end++) {
    const code = text.charCodeAt(end);
    if (isBlank(code) || code === SLASH || code === GREATER) break;
  }
  return end;
}

/** Reads the name of the tag whose `<` is at `at`, in lower case with its `/`, or '' when no tag begins there. Cut when long. */
export function tagNameAt(text: string, at: number): string {
  const start = nameStart(text, at);
  if (start === -1) return '';
  return text
    .slice(at + 1, nameEnd(text, start, Math.min(text.length, start + NAME_BYTES_MAX)))
    .toLowerCase();
}

/** Returns where the attributes of the tag at `at` begin. */
export function attributesStart(text: string, at: number): number {
  return nameEnd(text, nameStart(text, at), text.length);
}

/**
 * Reads attributes from `at` up to the end of the tag and shows each to `visit`, until that returns something.
 *
 * Linear: every byte is looked at once.
 */
export function readAttributes(
  text: string,
  at: number,
  visit: (attribute: Attribute) => string | undefined,
): AttributeScan {
  let i = at;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (code === GREATER) return { evidence: undefined, end: i + 1 };
    if (isBlank(code) || code === SLASH) {
      i++;
      continue;
    }
    const start = i++;
    while (i < text.length && !endsName(text.charCodeAt(i))) i++;
    const name = text.slice(start, i).toLowerCase();
    let behind = i;
    while (behind < text.length && isBlank(text.charCodeAt(behind))) behind++;
    let value: string | undefined;
    if (text.charCodeAt(behind) === EQUALS) {
      behind++;
      while (behind < text.length && isBlank(text.charCodeAt(behind))) behind++;
      const found = valueEnd(text, behind);
      value = text.slice(found.start, found.end);
      i = found.behind;
    }
    const evidence = visit({ name, value });
    if (evidence !== undefined) return { evidence, end: i };
  }
  return { evidence: undefined, end: text.length };
}

function endsName(code: number): boolean {
  return isBlank(code) || code === SLASH || code === GREATER || code === EQUALS;
}

function valueEnd(text: string, at: number): { start: number; end: number; behind: number } {
  const quote = text.charAt(at);
  if (quote === '"' || quote === "'" || quote === '`') {
    const close = text.indexOf(quote, at + 1);
    return close === -1
      ? { start: at + 1, end: text.length, behind: text.length }
      : { start: at + 1, end: close, behind: close + 1 };
  }
  let end = at;
  while (end < text.length && !isBlank(text.charCodeAt(end)) && text.charCodeAt(end) !== GREATER) end++;
  return { start: at, end, behind: end };
}
