/**
 * SQL text -> tokens, one at a time, for all dialects at once.
 *
 * Plain block comments are blanks (`UNION/**\/SELECT`); the content of MySQL's executable comments (`/*!50000 ... *\/`) is code.
 * `--` is a comment unless a digit or a quote follows it directly: MySQL reads two minus signs there.
 *
 * Source: ISO/IEC 9075-2 section 5; MySQL manual 9.1, 9.2, 9.7; PostgreSQL manual 4.1; T-SQL reference, "Comments".
 */

import { isDigit, isLetter, isSpace, isWordByte } from '../../transformations/byte-class.ts';

export type SqlTokenKind =
  | 'number'
  | 'string'
  | 'word'
  | 'variable'
  | 'comparison'
  | 'logical'
  | 'arithmetic'
  | 'open'
  | 'close'
  | 'comma'
  | 'semicolon'
  | 'comment'
  | 'executable'
  | 'other'
  | 'end';

/** One token. */
export interface SqlToken {
  readonly kind: SqlTokenKind;
  /** Lower case. Names keep their dots: `information_schema.tables`. For a comment, what it says. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The quote of a string, else ''. */
  readonly quote: string;
  /** True for a string that nothing closes. */
  readonly isOpen: boolean;
}

const symbols: ReadonlyMap<string, SqlTokenKind> = new Map([
  ['<=>', 'comparison'],
  ['<>', 'comparison'],
  ['!=', 'comparison'],
  ['<=', 'comparison'],
  ['>=', 'comparison'],
  ['==', 'comparison'],
  [':=', 'comparison'],
  ['<<', 'arithmetic'],
  ['>>', 'arithmetic'],
  ['::', 'arithmetic'],
  ['->', 'arithmetic'],
  ['||', 'logical'],
  ['&&', 'logical'],
  ['=', 'comparison'],
  ['<', 'comparison'],
  ['>', 'comparison'],
  ['+', 'arithmetic'],
  ['-', 'arithmetic'],
  ['*', 'arithmetic'],
  ['/', 'arithmetic'],
  ['%', 'arithmetic'],
  ['^', 'arithmetic'],
  ['&', 'arithmetic'],
  ['|', 'arithmetic'],
  ['~', 'arithmetic'],
  ['!', 'arithmetic'],
  ['(', 'open'],
  [')', 'close'],
  [',', 'comma'],
  [';', 'semicolon'],
]);

const SYMBOL_LENGTH_MAX = 3;

/** Reads tokens as far as somebody asks. Owned by one look at one value. */
export class SqlTokens {
  readonly #text: string;
  readonly #tokens: SqlToken[] = [];
  #at: number;

  /** @param from Where reading begins; a string that opens before it is not seen. */
  constructor(text: string, from: number) {
    this.#text = text;
    this.#at = from;
  }

  /** Returns token `index`; behind the last one it is of kind `end`. */
  at(index: number): SqlToken {
    while (this.#tokens.length <= index) {
      const token = this.#read();
      this.#tokens.push(token);
      if (token.kind === 'end') break;
    }
    return this.#tokens[index] ?? this.#tokens.at(-1)!;
  }

  #token(kind: SqlTokenKind, start: number, end: number, text: string, quote = '', isOpen = false): SqlToken {
    this.#at = end;
    return { kind, text, start, end, quote, isOpen };
  }

  #read(): SqlToken {
    const text = this.#text;
    for (;;) {
      while (this.#at < text.length && isBlank(text.charCodeAt(this.#at))) this.#at++;
      if (text.startsWith('*/', this.#at)) {
        // The end of an executable comment.
        this.#at += 2;
        continue;
      }
      if (!text.startsWith('/*', this.#at) || isExecutable(text, this.#at)) break;
      const close = text.indexOf('*/', this.#at + 2);
      if (close === -1) return this.#token('comment', this.#at, text.length, text.slice(this.#at + 2));
      this.#at = close + 2;
    }
    const start = this.#at;
    if (start >= text.length) return this.#token('end', start, start, '');
    if (isExecutable(text, start)) {
      const digits = /^\d*/.exec(text.slice(start + 3, start + 9))?.[0].length ?? 0;
      return this.#token('executable', start, start + 3 + digits, '/*!');
    }
    const code = text.charCodeAt(start);
    if (code === 0x23 || (text.startsWith('--', start) && !/["'`\d]/.test(text.charAt(start + 2)))) {
      const newline = text.indexOf('\n', start);
      const end = newline === -1 ? text.length : newline;
      return this.#token('comment', start, end, text.slice(start + (code === 0x23 ? 1 : 2), end));
    }
    if (code === 0x27 || code === 0x22) return this.#string(start, start);
    if (code === 0x60 || code === 0x5b) return this.#quotedName(start, code === 0x60 ? '`' : ']');
    if (code === 0x40) return this.#variable(start);
    if (isDigit(code) || (code === 0x2e && isDigit(text.charCodeAt(start + 1)))) return this.#number(start);
    if (isLetter(code) || code === 0x5f || code === 0x24 || code >= 0x80) return this.#word(start);
    for (let length = SYMBOL_LENGTH_MAX; length > 0; length--) {
      const symbol = text.slice(start, start + length);
      const kind = symbol.length === length ? symbols.get(symbol) : undefined;
      if (kind !== undefined) return this.#token(kind, start, start + length, symbol);
    }
    return this.#token('other', start, start + 1, text.charAt(start));
  }

  /** Reads a string whose quote is at `open`; `start` is where its prefix (`N'..'`, `x'..'`) begins. */
  #string(start: number, open: number): SqlToken {
    const text = this.#text;
    const quote = text.charAt(open);
    for (let i = open + 1; i < text.length; i++) {
      const char = text.charAt(i);
      if (char === '\\') i++;
      else if (char === quote) {
        if (text.charAt(i + 1) !== quote)
          return this.#token('string', start, i + 1, text.slice(open + 1, i), quote);
        i++;
      }
    }
    return this.#token('string', start, text.length, text.slice(open + 1), quote, true);
  }

  #quotedName(start: number, close: string): SqlToken {
    const end = this.#text.indexOf(close, start + 1);
    if (end === -1) return this.#token('other', start, start + 1, this.#text.charAt(start));
    return this.#token('word', start, end + 1, `${this.#text.slice(start, end + 1).toLowerCase()}`);
  }

  #variable(start: number): SqlToken {
    let end = start + 1;
    if (this.#text.charAt(end) === '@') end++;
    if (/['"`]/.test(this.#text.charAt(end))) {
      const quoted = this.#string(start, end);
      return this.#token('variable', start, quoted.end, '@');
    }
    const name = end;
    while (isNameByte(this.#text.charCodeAt(end))) end++;
    if (end === name) return this.#token('other', start, start + 1, '@');
    return this.#token('variable', start, end, this.#text.slice(start, end).toLowerCase());
  }

  #number(start: number): SqlToken {
    const found = /^(?:0x[0-9a-f]+|0b[01]+|\d*\.?\d*(?:e[+-]?\d+)?)/i.exec(
      this.#text.slice(start, start + 64),
    );
    const end = start + Math.max(found?.[0].length ?? 1, 1);
    // `1a` is a name that begins with a digit; `1e` and `1.` are numbers that want more.
    let behind = end;
    while (isNameByte(this.#text.charCodeAt(behind))) behind++;
    const kind =
      behind > end && !/^\d+(?:or|and|union|xor)$/i.test(this.#text.slice(start, behind)) ? 'word' : 'number';
    return this.#token(
      kind,
      start,
      kind === 'word' ? behind : end,
      this.#text.slice(start, kind === 'word' ? behind : end),
    );
  }

  #word(start: number): SqlToken {
    const text = this.#text;
    let end = start;
    while (
      isNameByte(text.charCodeAt(end)) ||
      (text.charCodeAt(end) === 0x2e && isNameByte(text.charCodeAt(end + 1)))
    )
      end++;
    const word = text.slice(start, end).toLowerCase();
    const isPrefix =
      word === 'n' || word === 'x' || word === 'b' || word === 'e' || /^_[a-z0-9]+$/.test(word);
    if (isPrefix && text.charAt(end) === "'") return this.#string(start, end);
    return this.#token('word', start, end, word);
  }
}

/** Blanks of any dialect; NUL ends some parsers and is skipped by others. 0xA0 is a blank for MySQL. */
function isBlank(code: number): boolean {
  return isSpace(code) || code === 0 || code === 0xa0;
}

function isNameByte(code: number): boolean {
  return isWordByte(code) || code === 0x24 || (code >= 0x80 && code !== 0xa0);
}

function isExecutable(text: string, at: number): boolean {
  return text.startsWith('/*!', at) || text.startsWith('/*M!', at);
}
