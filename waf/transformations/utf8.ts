/**
 * Reading UTF-8 from a byte string, and `utf8toUnicode`.
 *
 * Source: RFC 3629; the Unicode Standard, table 3-7 (well-formed byte sequences): no overlong form, no surrogate, nothing
 * above U+10FFFF.
 */

import type { Transformation } from './transformation.ts';

const REPLACED_BYTES_MIN = 0x80;

/** Number of bytes of the well-formed character at `at`, or 0 when there is none. Hot: no allocation. */
export function utf8Length(value: string, at: number): number {
  const lead = value.charCodeAt(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const second = value.charCodeAt(at + 1);
  if (!(second >= 0x80 && second <= 0xbf)) return 0;
  if (lead < 0xe0) return 2;
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  const third = value.charCodeAt(at + 2);
  if (!(third >= 0x80 && third <= 0xbf)) return 0;
  if (lead < 0xf0) return 3;
  const fourth = value.charCodeAt(at + 3);
  return fourth >= 0x80 && fourth <= 0xbf ? 4 : 0;
}

/** The code point of the well-formed character of `length` bytes at `at`. */
function codePoint(value: string, at: number, length: number): number {
  let point = value.charCodeAt(at) & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) point = (point << 6) | (value.charCodeAt(at + i) & 0x3f);
  return point;
}

function spellOut(value: string): string {
  let first = 0;
  while (first < value.length && value.charCodeAt(first) < REPLACED_BYTES_MIN) first++;
  if (first === value.length) return value;
  let text = '';
  let copied = 0;
  for (let i = first; i < value.length; ) {
    const length = utf8Length(value, i);
    if (length < 2) {
      i++;
      continue;
    }
    text += `${value.slice(copied, i)}%u${codePoint(value, i, length).toString(16).padStart(4, '0')}`;
    i += length;
    copied = i;
  }
  return copied === 0 ? value : text + value.slice(copied);
}

/** Writes each well-formed character above ASCII as `%uHHHH` (more digits where needed); other bytes stay. */
export const utf8toUnicode: Transformation = { name: 'utf8toUnicode', apply: spellOut };
