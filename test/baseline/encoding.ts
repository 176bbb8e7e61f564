/** Ways in which a value travels. All texts are latin1: one character for each byte. */

/**
 * `plain`: as the place needs it. `escaped`: the data file writes `\n`, `\xHH` and the like for bytes that it cannot show.
 * The others replace the place's own encoding, and only some places know them.
 */
export const encodings = ['plain', 'escaped', 'url-twice', 'percent-all', 'unicode', 'json-unicode'] as const;
export type Encoding = (typeof encodings)[number];

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/** Reads `\n`, `\r`, `\t`, `\\` and `\xHH`. */
export function unescapeText(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|([nrt\\]))/g, (_, digits: string | undefined, letter: string) =>
    digits === undefined ? escapes[letter]! : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Percent-encodes what `encodeURIComponent` would, byte by byte. */
export function percentEncode(value: string): string {
  return value.replace(/[^\w.!~*'()-]/g, (char) => `%${hex(char.charCodeAt(0), 2).toUpperCase()}`);
}

/** Encodes a value for a query, a form or a path. */
export function encodeForUrl(value: string, encoding: Encoding): string {
  switch (encoding) {
    case 'plain':
    case 'escaped':
      return percentEncode(value);
    case 'url-twice':
      return percentEncode(percentEncode(value).replaceAll("'", '%27'));
    case 'percent-all':
      return value.replace(/[\s\S]/g, (char) => `%${hex(char.charCodeAt(0), 2)}`);
    case 'unicode':
      return value.replace(/[^\w]/g, (char) => `%u${hex(char.charCodeAt(0), 4)}`);
    default:
      throw new Error(`no URL knows the encoding "${encoding}"`);
  }
}

/** Encodes a value as a JSON string, with its quotes. */
export function encodeForJson(value: string, encoding: Encoding): string {
  if (encoding === 'json-unicode')
    return `"${value.replace(/[\s\S]/g, (char) => `\\u${hex(char.charCodeAt(0), 4)}`)}"`;
  if (encoding !== 'plain' && encoding !== 'escaped')
    throw new Error(`no JSON knows the encoding "${encoding}"`);
  return JSON.stringify(value);
}
