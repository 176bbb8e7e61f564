/**
 * `htmlEntityDecode`: character references of HTML, as bytes.
 *
 * Numeric references may lack their semicolon and give the low byte of the code point. `quot amp lt gt nbsp` are taken in
 * any case and without a semicolon, as ModSecurity takes them. The other references of HTML that name an ASCII character
 * are taken exactly as browsers take them, with their case and their semicolon: `javascript&colon;alert&lpar;1&rpar;` works
 * in every browser.
 *
 * Source: HTML, sections 13.2.5.72 to 13.2.5.80 and 13.5 (named character references).
 */

import { hexValue, isDigit, isLetter } from './byte-class.ts';
import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const NAME_LENGTH_MAX = 12;
/** Positions stay below this; a byte stands above it in the packed result of `readReference`. */
const END_RANGE = 2 ** 32;

const lenientNames: ReadonlyMap<string, number> = new Map([
  ['quot', 0x22],
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['nbsp', 0xa0],
]);

const exactNames: ReadonlyMap<string, number> = new Map([
  ['Tab', 0x09],
  ['NewLine', 0x0a],
  ['excl', 0x21],
  ['num', 0x23],
  ['dollar', 0x24],
  ['percnt', 0x25],
  ['apos', 0x27],
  ['lpar', 0x28],
  ['rpar', 0x29],
  ['ast', 0x2a],
  ['midast', 0x2a],
  ['plus', 0x2b],
  ['comma', 0x2c],
  ['period', 0x2e],
  ['sol', 0x2f],
  ['colon', 0x3a],
  ['semi', 0x3b],
  ['equals', 0x3d],
  ['quest', 0x3f],
  ['commat', 0x40],
  ['lsqb', 0x5b],
  ['lbrack', 0x5b],
  ['bsol', 0x5c],
  ['rsqb', 0x5d],
  ['rbrack', 0x5d],
  ['Hat', 0x5e],
  ['lowbar', 0x5f],
  ['UnderBar', 0x5f],
  ['grave', 0x60],
  ['lcub', 0x7b],
  ['lbrace', 0x7b],
  ['verbar', 0x7c],
  ['vert', 0x7c],
  ['VerticalLine', 0x7c],
  ['rcub', 0x7d],
  ['rbrace', 0x7d],
]);

/** Reads the reference whose `&` is at `at`. Returns byte * 2^32 + end, or -1: two results without an object. */
function readReference(value: string, at: number): number {
  return value.charCodeAt(at + 1) === 0x23 ? readNumber(value, at + 2) : readName(value, at + 1);
}

function packed(byte: number, end: number): number {
  return byte * END_RANGE + end;
}

function readNumber(value: string, at: number): number {
  const isHex = (value.charCodeAt(at) | 0x20) === 0x78;
  const start = isHex ? at + 1 : at;
  let i = start;
  let low = 0;
  for (; i < value.length; i++) {
    const digit = hexValue(value.charCodeAt(i));
    if (digit < 0 || (!isHex && digit > 9)) break;
    low = (low * (isHex ? 16 : 10) + digit) & 0xff;
  }
  if (i === start) return -1;
  return packed(low, value.charCodeAt(i) === SEMICOLON ? i + 1 : i);
}

function readName(value: string, at: number): number {
  let i = at;
  while (i < value.length && i - at <= NAME_LENGTH_MAX) {
    const code = value.charCodeAt(i);
    if (!isLetter(code) && !isDigit(code)) break;
    i++;
  }
  if (i === at || i - at > NAME_LENGTH_MAX) return -1;
  const name = value.slice(at, i);
  const isClosed = value.charCodeAt(i) === SEMICOLON;
  const byte = lenientNames.get(name.toLowerCase()) ?? (isClosed ? exactNames.get(name) : undefined);
  return byte === undefined ? -1 : packed(byte, isClosed ? i + 1 : i);
}

function decode(value: string): string {
  const first = value.indexOf('&');
  if (first === -1) return value;
  const bytes = scratchWith(value);
  const end = value.length;
  let length = first;
  let i = first;
  let isChanged = false;
  while (i < end) {
    const code = bytes[i]!;
    if (code === AMPERSAND) {
      const reference = readReference(value, i);
      if (reference >= 0) {
        bytes[length++] = Math.floor(reference / END_RANGE);
        i = reference % END_RANGE;
        isChanged = true;
        continue;
      }
    }
    bytes[length++] = code;
    i++;
  }
  return isChanged ? textOf(bytes, length) : value;
}

/** Decodes HTML character references. */
export const htmlEntityDecode: Transformation = { name: 'htmlEntityDecode', apply: decode };
