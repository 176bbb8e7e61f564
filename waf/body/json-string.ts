/** One JSON string, decoded to UTF-8 bytes. Source: RFC 8259 section 7. */

import { hexValue } from '../transformations/byte-class.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

/** What was read: up to the closing quote, up to the end of a body that has none, or up to an error. */
export interface JsonString {
  readonly text: string;
  /** Behind the closing quote; where reading stopped otherwise. */
  readonly end: number;
  readonly state: 'closed' | 'unclosed' | 'invalid';
}

/** Reads the string whose opening quote is at `open`. */
export function readJsonString(body: string, open: number): JsonString {
  let text = '';
  let copied = open + 1;
  let at = copied;
  while (at < body.length) {
    const code = body.charCodeAt(at);
    if (code === QUOTE) return { text: text + body.slice(copied, at), end: at + 1, state: 'closed' };
    if (code < 0x20) return { text: text + body.slice(copied, at), end: at, state: 'invalid' };
    if (code !== BACKSLASH) {
      at++;
      continue;
    }
    text += body.slice(copied, at);
    const letter = body.charCodeAt(at + 1);
    const short = shortEscapes.get(letter);
    if (short !== undefined) {
      text += short;
      at += 2;
    } else if (letter === LOWER_U) {
      const unit = codeUnit(body, at + 2);
      if (unit < 0) return at + 6 > body.length ? unclosed(text, body) : { text, end: at, state: 'invalid' };
      at += 6;
      const isHigh = unit >= 0xd800 && unit <= 0xdbff;
      const low = isHigh && body.startsWith('\\u', at) ? codeUnit(body, at + 2) : -1;
      if (low >= 0xdc00 && low <= 0xdfff) {
        text += utf8Of(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        at += 6;
      } else {
        text += utf8Of(unit);
      }
    } else {
      return at + 1 >= body.length ? unclosed(text, body) : { text, end: at, state: 'invalid' };
    }
    copied = at;
  }
  return unclosed(text + body.slice(copied), body);
}

function unclosed(text: string, body: string): JsonString {
  return { text, end: body.length, state: 'unclosed' };
}

/** The number of four hexadecimal digits, or -1. */
function codeUnit(body: string, at: number): number {
  if (at + 4 > body.length) return -1;
  let unit = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = hexValue(body.charCodeAt(i));
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/** The UTF-8 bytes of a code point. A lone surrogate gets its three bytes too, so that encoding checks can see it. */
function utf8Of(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  const last = 0x80 | (point & 0x3f);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), last);
  const third = 0x80 | ((point >> 6) & 0x3f);
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), third, last);
  return String.fromCharCode(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), third, last);
}
