/**
 * Cuts a rule file into statements: a directive with its words.
 *
 * The lexical rules are those of Apache's configuration, which SecLang inherited: a line is one statement; a backslash
 * at its end joins the next line; words are separated by blanks; a word that starts with `"` or `'` ends at the same
 * mark, and a backslash before that mark makes it part of the word. Every other backslash stays as it is: a regex is
 * written as it will be compiled (ModSecurity 3 and Coraza; Apache alone also folds `\\` into `\`).
 * A comment is one physical line. Apache would let a backslash at its end swallow the next line; here that is a warning.
 */
import type { Diagnostics } from './diagnostic.ts';
import { type SourceText, Word } from './source-text.ts';

/** The UTF-8 byte order mark as latin1 bytes, which editors put at the start of a file. */
const byteOrderMark = '\xef\xbb\xbf';

/** One directive as written. */
export interface Statement {
  readonly directive: Word;
  readonly words: readonly Word[];
}

/** Reads all statements of a file; what cannot be read is reported and skipped. */
export function parseStatements(source: SourceText, diagnostics: Diagnostics): Statement[] {
  const statements: Statement[] = [];
  const text = source.text;
  let offset = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  while (offset < text.length) {
    offset = skipBlanks(text, offset);
    if (offset >= text.length) break;
    const start = text[offset];
    if (start === '\n') {
      offset++;
    } else if (start === '#') {
      offset = skipComment(source, offset, diagnostics);
    } else {
      offset = readStatement(source, offset, statements, diagnostics);
    }
  }
  return statements;
}

function skipComment(source: SourceText, offset: number, diagnostics: Diagnostics): number {
  const text = source.text;
  const end = lineEnd(text, offset);
  if (text[lastOfLine(text, end)] === '\\' && end < text.length) {
    const next = skipBlanks(text, end + 1);
    if (next < text.length && text[next] !== '#' && text[next] !== '\n') {
      diagnostics.warning(
        source.placeAt(lastOfLine(text, end)),
        'a comment ends with its line: the next line is read as rules, although Apache would take it into the comment; remove the backslash or comment the next line too',
      );
    }
  }
  return end + 1;
}

/** Reads one statement and returns the offset behind it. */
function readStatement(
  source: SourceText,
  start: number,
  statements: Statement[],
  diagnostics: Diagnostics,
): number {
  const text = source.text;
  const words: Word[] = [];
  let offset = start;
  for (;;) {
    offset = skipBlanks(text, offset);
    if (offset >= text.length || text[offset] === '\n') break;
    const reader = new WordReader(source, offset);
    const quote = text[offset];
    if (quote === '"' || quote === "'") {
      if (!reader.readQuoted(quote)) {
        reportOpenQuote(source, offset, reader.offset, quote, diagnostics);
        return skipToDirective(text, reader.offset);
      }
      const next = text[reader.offset];
      if (next !== undefined && !isBlank(next) && next !== '\n' && !isContinuation(text, reader.offset)) {
        diagnostics.error(
          source.placeAt(reader.offset),
          `expected a blank after the closing ${quote}, met "${next}"; put a backslash before a ${quote} that belongs to the word`,
        );
        return skipToDirective(text, lineEnd(text, reader.offset));
      }
    } else {
      reader.readBare();
    }
    words.push(reader.word());
    offset = reader.offset;
  }
  const directive = words.shift();
  if (directive !== undefined) statements.push({ directive, words });
  return offset + 1;
}

function reportOpenQuote(
  source: SourceText,
  start: number,
  end: number,
  quote: string,
  diagnostics: Diagnostics,
): void {
  const text = source.text;
  const last = lastOfLine(text, end);
  let beforeBlanks = last;
  while (beforeBlanks > start && (text[beforeBlanks] === ' ' || text[beforeBlanks] === '\t')) beforeBlanks--;
  if (beforeBlanks < last && text[beforeBlanks] === '\\') {
    diagnostics.error(
      source.placeAt(beforeBlanks),
      'a backslash continues a line only as its last character; remove the blanks behind it',
    );
    return;
  }
  diagnostics.error(
    source.placeAt(start),
    `expected a closing ${quote} before the end of the line; close it, or end the line with a backslash to continue it`,
  );
}

/** After a broken statement: the next line that looks like a directive, so that one mistake is reported once. */
function skipToDirective(text: string, offset: number): number {
  let at = offset;
  while (at < text.length) {
    at = lineEnd(text, at) + 1;
    const start = skipBlanks(text, at);
    if (/^(?:Sec[A-Za-z]|Include|#)/i.test(text.slice(start, start + 8))) return start;
  }
  return text.length;
}

/** Collects one word with its runs. */
class WordReader {
  offset: number;
  readonly #source: SourceText;
  readonly #pieces: string[] = [];
  readonly #starts: number[] = [];
  readonly #origins: number[] = [];
  #length = 0;

  constructor(source: SourceText, offset: number) {
    this.#source = source;
    this.offset = offset;
  }

  /** Reads behind an opening quote; false when the line ends first (`offset` is then at that end). */
  readQuoted(quote: string): boolean {
    const text = this.#source.text;
    let runStart = ++this.offset;
    while (this.offset < text.length) {
      const char = text[this.offset]!;
      if (char === quote) {
        this.#addRun(runStart, this.offset);
        this.offset++;
        return true;
      }
      if (char === '\n') return false;
      if (char !== '\\') {
        this.offset++;
        continue;
      }
      if (text[this.offset + 1] === quote) {
        this.#addRun(runStart, this.offset);
        runStart = this.offset + 1;
        this.offset += 2;
      } else if (isContinuation(text, this.offset)) {
        this.#addRun(runStart, this.offset);
        this.offset = runStart = lineEnd(text, this.offset) + 1;
      } else {
        // The pair is taken whole, so that in `\\"` the second backslash does not escape the quote.
        this.offset += text[this.offset + 1] === '\\' ? 2 : 1;
      }
    }
    return false;
  }

  readBare(): void {
    const text = this.#source.text;
    const start = this.offset;
    while (this.offset < text.length) {
      const char = text[this.offset]!;
      if (isBlank(char) || char === '\n' || isContinuation(text, this.offset)) break;
      this.offset++;
    }
    this.#addRun(start, this.offset);
  }

  word(): Word {
    return new Word(this.#source, this.#pieces.join(''), this.#starts, this.#origins);
  }

  #addRun(start: number, end: number): void {
    if (end === start && this.#starts.length > 0) return;
    this.#pieces.push(this.#source.text.slice(start, end));
    this.#starts.push(this.#length);
    this.#origins.push(start);
    this.#length += end - start;
  }
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r';
}

function isContinuation(text: string, offset: number): boolean {
  if (text[offset] !== '\\') return false;
  const next = text[offset + 1];
  return next === '\n' || (next === '\r' && text[offset + 2] === '\n');
}

/** Skips blanks and joined line ends. */
function skipBlanks(text: string, offset: number): number {
  let at = offset;
  while (at < text.length) {
    if (isBlank(text[at]!)) at++;
    else if (isContinuation(text, at)) at = lineEnd(text, at) + 1;
    else break;
  }
  return at;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

/** The offset of the last character of the line that ends at `end`, a carriage return not counted. */
function lastOfLine(text: string, end: number): number {
  return text[end - 1] === '\r' ? end - 2 : end - 1;
}
