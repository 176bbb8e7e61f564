/**
 * Which bytes may stand where in an HTTP/1.1 message, as tables of 256 entries: one load decides one byte.
 *
 * Source: RFC 9110 section 5.6.2 (token), section 5.5 (field-value), RFC 9112 section 3 (request line).
 */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

function tableOf(isMember: (byte: number) => boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1) table[byte] = isMember(byte) ? 1 : 0;
  return table;
}

const tokenMarks = "!#$%&'*+-.^_`|~";

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** tchar: what methods, field names and Connection options are made of. */
export const isTokenByte: Uint8Array = tableOf(
  (byte) => isAlphanumeric(byte) || (byte < 0x80 && tokenMarks.includes(String.fromCharCode(byte))),
);

/** What a field value may hold: HTAB, SP, VCHAR and obs-text; no other control and no DEL. */
export const isValueByte: Uint8Array = tableOf((byte) => byte === HTAB || (byte >= SP && byte !== 0x7f));

/**
 * What a request target may hold here: 0x21 to 0xFF without DEL, `?` and `#`.
 *
 * Wider than RFC 3986 on purpose: real clients send raw UTF-8 and `"<>\^{|}`, and the WAF has to see them. `?` is left
 * out because the reader notes where the query starts, `#` because a fragment is refused.
 */
export const isTargetByte: Uint8Array = tableOf(
  (byte) => byte > SP && byte !== 0x7f && byte !== 0x3f && byte !== 0x23,
);

/** unreserved characters of a host name, lower case, upper case and digits alike. Source: RFC 3986 section 2.3. */
export const isHostNameByte: Uint8Array = tableOf(
  (byte) => isAlphanumeric(byte) || (byte < 0x80 && '-._~'.includes(String.fromCharCode(byte))),
);

/** Value of a hexadecimal digit, 255 for any other byte. */
export const hexValue: Uint8Array = (() => {
  const table = new Uint8Array(256).fill(255);
  for (let value = 0; value < 16; value += 1) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = value;
    table[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return table;
})();
