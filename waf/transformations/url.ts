/**
 * `urlDecode`, `urlDecodeUni`, `urlEncode`. Escapes that are not valid stay as they are.
 *
 * `urlDecodeUni` knows also IIS's `%uHHHH`: the low byte of the code point, and for the full-width forms FF01 to FF5E their
 * ASCII twin.
 *
 * Source: WHATWG URL, section 5 (application/x-www-form-urlencoded).
 */

import { hexValue, isDigit, isLetter } from './byte-class.ts';
import { scratchOf, scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const STAR = 0x2a;
const HEX = '0123456789abcdef';

/** The byte of the two hexadecimal digits at `at`, or -1. */
function hexByte(bytes: Buffer, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const high = hexValue(bytes[at]!);
  const low = hexValue(bytes[at + 1]!);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** The byte of `uHHHH` at `at`, or -1. */
function unicodeByte(bytes: Buffer, at: number, end: number): number {
  if (at >= end || (bytes[at]! | 0x20) !== 0x75) return -1;
  const high = hexByte(bytes, at + 1, end);
  const low = hexByte(bytes, at + 3, end);
  if (high < 0 || low < 0) return -1;
  return high === 0xff && low >= 0x01 && low <= 0x5e ? low + 0x20 : low;
}

/** Decodes percent escapes and `+`. Hot: also the argument parser calls it. */
export function decodeUrl(value: string, knowsUnicode: boolean): string {
  const percent = value.indexOf('%');
  const plus = value.indexOf('+');
  if (percent === -1 && plus === -1) return value;
  const first = percent === -1 ? plus : plus === -1 ? percent : Math.min(plus, percent);
  const bytes = scratchWith(value);
  const end = value.length;
  let length = first;
  let isChanged = false;
  for (let i = first; i < end; ) {
    const code = bytes[i]!;
    let byte = code;
    let size = 1;
    if (code === PLUS) {
      byte = SPACE;
      isChanged = true;
    } else if (code === PERCENT) {
      let decoded = hexByte(bytes, i + 1, end);
      size = 3;
      if (decoded < 0 && knowsUnicode) {
        decoded = unicodeByte(bytes, i + 1, end);
        size = 6;
      }
      if (decoded < 0) {
        size = 1;
      } else {
        byte = decoded;
        isChanged = true;
      }
    }
    bytes[length++] = byte;
    i += size;
  }
  return isChanged ? textOf(bytes, length) : value;
}

/** Position of the first `%` that no two hexadecimal digits follow, or -1. */
export function brokenEscapeAt(value: string): number {
  for (let at = value.indexOf('%'); at !== -1; at = value.indexOf('%', at + 3)) {
    const isBroken =
      at + 2 >= value.length ||
      hexValue(value.charCodeAt(at + 1)) < 0 ||
      hexValue(value.charCodeAt(at + 2)) < 0;
    if (isBroken) return at;
  }
  return -1;
}

function encode(value: string): string {
  let plain = 0;
  while (plain < value.length && isPlain(value.charCodeAt(plain))) plain++;
  if (plain === value.length) return value;
  const bytes = scratchOf(value.length * 3);
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (isPlain(code)) {
      bytes[length++] = code;
    } else if (code === SPACE) {
      bytes[length++] = PLUS;
    } else {
      bytes[length++] = PERCENT;
      bytes[length++] = HEX.charCodeAt(code >> 4);
      bytes[length++] = HEX.charCodeAt(code & 0x0f);
    }
  }
  return textOf(bytes, length);
}

function isPlain(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === STAR;
}

/** Decodes percent escapes and `+`. */
export const urlDecode: Transformation = { name: 'urlDecode', apply: (value) => decodeUrl(value, false) };

/** Decodes percent escapes, `%uHHHH` and `+`. */
export const urlDecodeUni: Transformation = {
  name: 'urlDecodeUni',
  apply: (value) => decodeUrl(value, true),
};

/** Encodes all but letters, digits and `*`; space becomes `+`. */
export const urlEncode: Transformation = { name: 'urlEncode', apply: encode };
