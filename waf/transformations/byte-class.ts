/** ASCII classes of one byte, as C's `<ctype.h>` in the "C" locale has them. Hot: no tables, no allocation. */

/** Returns 0 to 15, or -1 when `code` is no hexadecimal digit. */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Tells whether `code` is SP, HT, LF, VT, FF or CR. Not 0xA0: that is half of many UTF-8 characters. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Tells whether `code` is an ASCII decimal digit. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Tells whether `code` is an octal digit. */
export function isOctal(code: number): boolean {
  return code >= 0x30 && code <= 0x37;
}

/** Tells whether `code` is an ASCII letter. */
export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Tells whether `code` is an ASCII letter, a digit or `_`: what a regular expression calls `\w`. */
export function isWordByte(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 0x5f;
}
