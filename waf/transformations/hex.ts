/** `hexDecode`, `hexEncode`, `sqlHexDecode`. */

import { hexValue } from './byte-class.ts';
import { scratchOf, scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

/**
 * Half a byte in ModSecurity's lenient way: letters beyond `f` go on counting, other bytes wrap. Rules were written against
 * it, and a decoder that stops at the first foreign byte could be blinded by one.
 */
function lenientDigit(code: number): number {
  return code >= 0x41 ? (code & 0xdf) - 0x41 + 10 : code - 0x30;
}

function decode(value: string): string {
  const length = value.length >> 1;
  const bytes = scratchOf(length);
  for (let i = 0; i < length; i++) {
    const high = lenientDigit(value.charCodeAt(2 * i));
    bytes[i] = (high * 16 + lenientDigit(value.charCodeAt(2 * i + 1))) & 0xff;
  }
  return textOf(bytes, length);
}

function encode(value: string): string {
  if (value.length === 0) return value;
  return scratchWith(value).toString('hex', 0, value.length);
}

function decodeLiterals(value: string): string {
  if (!value.includes('0x') && !value.includes('0X')) return value;
  const bytes = scratchWith(value);
  const end = value.length;
  let length = 0;
  for (let i = 0; i < end; ) {
    const isLiteral =
      i + 3 < end &&
      bytes[i] === 0x30 &&
      (bytes[i + 1]! | 0x20) === 0x78 &&
      hexValue(bytes[i + 2]!) >= 0 &&
      hexValue(bytes[i + 3]!) >= 0;
    if (!isLiteral) {
      bytes[length++] = bytes[i++]!;
      continue;
    }
    i += 2;
    while (i + 1 < end && hexValue(bytes[i]!) >= 0 && hexValue(bytes[i + 1]!) >= 0) {
      bytes[length++] = hexValue(bytes[i]!) * 16 + hexValue(bytes[i + 1]!);
      i += 2;
    }
  }
  return length === end ? value : textOf(bytes, length);
}

/** Decodes pairs of hexadecimal digits; an odd last one is dropped. */
export const hexDecode: Transformation = { name: 'hexDecode', apply: decode };

/** Encodes each byte as two lower-case digits. */
export const hexEncode: Transformation = { name: 'hexEncode', apply: encode };

/** Decodes SQL's `0x414243` wherever it stands. */
export const sqlHexDecode: Transformation = { name: 'sqlHexDecode', apply: decodeLiterals };
