/**
 * `cssDecode`: the escapes of CSS strings and identifiers.
 *
 * A backslash with one to six hexadecimal digits and at most one blank behind them is one character; as bytes are wanted the
 * last two digits give it, and the full-width forms FF01 to FF5E give their ASCII twin. A backslash before a newline
 * vanishes with it, before anything else it vanishes alone.
 *
 * Source: CSS Syntax Module Level 3, section 4.3.7, read as ModSecurity does for bytes.
 */

import { hexValue, isSpace } from './byte-class.ts';
import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

const BACKSLASH = 0x5c;
const HEX_DIGITS_MAX = 6;
const NEWLINE = 0x0a;

function decode(value: string): string {
  const first = value.indexOf('\\');
  if (first === -1) return value;
  const bytes = scratchWith(value);
  const end = value.length;
  let length = first;
  for (let i = first; i < end; ) {
    const code = bytes[i]!;
    if (code !== BACKSLASH) {
      bytes[length++] = code;
      i++;
      continue;
    }
    i++;
    if (i === end) break;
    let point = 0;
    let digits = 0;
    for (; digits < HEX_DIGITS_MAX && i + digits < end; digits++) {
      const digit = hexValue(bytes[i + digits]!);
      if (digit < 0) break;
      point = point * 16 + digit;
    }
    if (digits > 0) {
      const isFullWidth = point >= 0xff01 && point <= 0xff5e;
      bytes[length++] = ((point & 0xff) + (isFullWidth ? 0x20 : 0)) & 0xff;
      i += digits;
      if (i < end && isSpace(bytes[i]!)) i++;
    } else {
      if (bytes[i] !== NEWLINE) bytes[length++] = bytes[i]!;
      i++;
    }
  }
  return textOf(bytes, length);
}

/** Decodes CSS escapes. */
export const cssDecode: Transformation = { name: 'cssDecode', apply: decode };
