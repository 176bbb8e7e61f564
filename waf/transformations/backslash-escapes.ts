/**
 * `jsDecode` and `escapeSeqDecode`: backslash escapes of JavaScript and of ANSI C.
 *
 * Both know `\a \b \f \n \r \t \v`, `\xHH` and up to three octal digits, and drop the backslash before anything else; a
 * backslash that ends the value stays. They differ in `\uHHHH` (JavaScript only: the low byte, full-width forms give their
 * ASCII twin) and in an octal number above \377 (JavaScript takes two digits of it, C takes it modulo 256).
 *
 * Source: ECMA-262 section 12.9.4 with annex B.1.2; ISO C 6.4.4.4.
 */

import { hexValue, isOctal } from './byte-class.ts';
import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const LOWER_X = 0x78;

/** The byte that a one-letter escape stands for, or -1. */
function controlOf(letter: number): number {
  switch (letter) {
    case 0x61:
      return 0x07;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case 0x76:
      return 0x0b;
    default:
      return -1;
  }
}

/** The number written by exactly `count` hexadecimal digits at `at`, or -1. */
function hexNumber(bytes: Buffer, at: number, count: number, end: number): number {
  if (at + count > end) return -1;
  let number = 0;
  for (let i = 0; i < count; i++) {
    const digit = hexValue(bytes[at + i]!);
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}

function decode(value: string, isJavaScript: boolean): string {
  const first = value.indexOf('\\');
  if (first === -1 || first === value.length - 1) return value;
  const bytes = scratchWith(value);
  const end = value.length;
  let length = first;
  for (let i = first; i < end; ) {
    const code = bytes[i]!;
    if (code !== BACKSLASH || i + 1 === end) {
      bytes[length++] = code;
      i++;
      continue;
    }
    const letter = bytes[i + 1]!;
    i += 2;
    if (letter === LOWER_X || (isJavaScript && letter === LOWER_U)) {
      const digits = letter === LOWER_X ? 2 : 4;
      const point = hexNumber(bytes, i, digits, end);
      if (point < 0) {
        bytes[length++] = letter;
        continue;
      }
      const isFullWidth = point >= 0xff01 && point <= 0xff5e;
      bytes[length++] = ((point & 0xff) + (isFullWidth ? 0x20 : 0)) & 0xff;
      i += digits;
    } else if (isOctal(letter)) {
      const digitsMax = isJavaScript && letter > 0x33 ? 2 : 3;
      let number = letter - 0x30;
      for (let digits = 1; digits < digitsMax && i < end && isOctal(bytes[i]!); digits++, i++) {
        number = number * 8 + bytes[i]! - 0x30;
      }
      bytes[length++] = number & 0xff;
    } else {
      const control = controlOf(letter);
      bytes[length++] = control < 0 ? letter : control;
    }
  }
  return textOf(bytes, length);
}

/** Decodes the escapes of JavaScript strings. */
export const jsDecode: Transformation = { name: 'jsDecode', apply: (value) => decode(value, true) };

/** Decodes the escapes of ANSI C strings. */
export const escapeSeqDecode: Transformation = {
  name: 'escapeSeqDecode',
  apply: (value) => decode(value, false),
};
