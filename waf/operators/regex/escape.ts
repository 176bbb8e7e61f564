/** Escapes that stand for one byte, the same in and outside brackets. Source: pcre2pattern(3), "Backslash". */

import { hexValue, isDigit, isLetter, isOctal } from '../../transformations/byte-class.ts';

const BYTE_MAX = 0xff;

const controls: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['e', 0x1b],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

/** A byte with the position behind its escape, or an error text. */
export interface EscapedByte {
  readonly byte: number;
  readonly end: number;
}

/** Reads the escape whose letter is at `at` (behind the backslash). */
export function readEscapedByte(source: string, at: number): EscapedByte | string {
  const letter = source.charAt(at);
  const code = source.charCodeAt(at);
  const control = controls.get(letter);
  if (control !== undefined) return { byte: control, end: at + 1 };
  if (letter === 'x') return readHex(source, at + 1);
  if (letter === 'o') return readBraced(source, at + 1, 8);
  if (letter === 'c') {
    const next = source.charCodeAt(at + 1);
    if (!(next >= 0x20 && next < 0x7f)) return '"\\c" needs a printable ASCII character behind it';
    const upper = isLetter(next) ? next & 0x5f : next;
    return { byte: upper ^ 0x40, end: at + 2 };
  }
  if (isOctal(code)) return readOctal(source, at);
  if (isLetter(code) || isDigit(code)) return `"\\${letter}" is not supported in a pattern`;
  return { byte: code, end: at + 1 };
}

function readHex(source: string, at: number): EscapedByte | string {
  if (source.charAt(at) === '{') return readBraced(source, at, 16);
  let byte = 0;
  let end = at;
  for (; end < at + 2 && hexValue(source.charCodeAt(end)) >= 0; end++) {
    byte = byte * 16 + hexValue(source.charCodeAt(end));
  }
  return { byte, end };
}

function readBraced(source: string, at: number, base: 8 | 16): EscapedByte | string {
  const close = source.indexOf('}', at);
  const digits = source.slice(at + 1, close);
  const isNumber = base === 16 ? /^[0-9a-fA-F]{1,8}$/.test(digits) : /^[0-7]{1,11}$/.test(digits);
  if (source.charAt(at) !== '{' || close === -1 || !isNumber) {
    return `a code in braces needs ${base === 16 ? 'hexadecimal' : 'octal'} digits, such as ${base === 16 ? '\\x{3c}' : '\\o{74}'}`;
  }
  const byte = Number.parseInt(digits, base);
  return byte > BYTE_MAX
    ? `the code ${digits} is no byte; patterns match bytes, so write a character above U+007F as its UTF-8 bytes`
    : { byte, end: close + 1 };
}

function readOctal(source: string, at: number): EscapedByte | string {
  let byte = 0;
  let end = at;
  for (; end < at + 3 && isOctal(source.charCodeAt(end)); end++) {
    byte = byte * 8 + source.charCodeAt(end) - 0x30;
  }
  return byte > BYTE_MAX ? `the octal code ${source.slice(at, end)} is no byte` : { byte, end };
}
