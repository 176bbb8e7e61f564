/** `base64Decode`, `base64DecodeExt`, `base64Encode`. Source: RFC 4648 section 4. */

import { scratchOf, scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

function sextetOf(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41;
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
  if (code === 0x2b) return 62;
  return code === 0x2f ? 63 : -1;
}

/** Decodes up to the first byte outside the alphabet, or past such bytes when `skipForeign`. A lone last sextet is dropped. */
function decode(value: string, skipForeign: boolean): string {
  if (value.length === 0) return value;
  const bytes = scratchOf(value.length);
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (let i = 0; i < value.length; i++) {
    const sextet = sextetOf(value.charCodeAt(i));
    if (sextet < 0) {
      if (skipForeign) continue;
      break;
    }
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = (bits >> bitCount) & 0xff;
    }
  }
  return textOf(bytes, length);
}

function encode(value: string): string {
  if (value.length === 0) return value;
  return scratchWith(value).toString('base64', 0, value.length);
}

/** Decodes up to the first foreign byte, padding included, as ModSecurity 2 does: what stands before it still counts. */
export const base64Decode: Transformation = { name: 'base64Decode', apply: (value) => decode(value, false) };

/** Decodes and skips every foreign byte, padding included, as PHP's lenient `base64_decode` does. */
export const base64DecodeExt: Transformation = {
  name: 'base64DecodeExt',
  apply: (value) => decode(value, true),
};

/** Encodes with padding. */
export const base64Encode: Transformation = { name: 'base64Encode', apply: encode };
