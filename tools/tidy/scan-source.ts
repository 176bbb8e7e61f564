/**
 * Reads a TypeScript file just far enough to tell code from comments, strings and regular expressions.
 *
 * The rules of `tidy` must not stumble over a word in a string or a comment, and must find every import. That needs no
 * parser: one pass over the characters that knows where each literal ends. What it cannot know without a parser is
 * whether a slash divides or begins a regular expression; it decides by the last significant token, which is right for
 * every form that the formatter lets through.
 */

/** One import or re-export. */
export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
}

/** A file, split by meaning. Both texts have the length and the lines of the original. */
export interface ScannedSource {
  /** Code alone: the contents of comments, strings, templates and regular expressions are blank. */
  readonly code: string;
  /** Comments alone: everything else is blank. */
  readonly comments: string;
  readonly imports: readonly SourceImport[];
}

/** Words after which a slash begins a regular expression. */
const wordsBeforeRegex = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'delete',
  'await',
  'yield',
  'throw',
]);

/** A string literal: where its content stands. */
interface Literal {
  readonly start: number;
  readonly end: number;
}

/** Splits `text` into code and comments and finds its imports. */
export function scanSource(text: string): ScannedSource {
  const scanner = new Scanner(text);
  scanner.run();
  const code = scanner.code.join('');
  return { code, comments: scanner.comments.join(''), imports: findImports(text, code, scanner.strings) };
}

/** Mutable state of one pass. */
class Scanner {
  readonly code: string[];
  readonly comments: string[];
  readonly strings: Literal[] = [];
  readonly #text: string;
  #at = 0;
  /** Last significant character and word of code, for the slash question. */
  #lastChar = '';
  #lastWord = '';
  /** Depth of braces inside each open `${`. */
  readonly #templateDepths: number[] = [];

  constructor(text: string) {
    this.#text = text;
    this.code = blank(text);
    this.comments = blank(text);
  }

  run(): void {
    if (this.#text.startsWith('#!')) this.#skipTo('\n', this.comments);
    while (this.#at < this.#text.length) this.#step();
  }

  #step(): void {
    const char = this.#text.charAt(this.#at);
    const next = this.#text.charAt(this.#at + 1);
    if (char === '/' && next === '/') this.#skipTo('\n', this.comments);
    else if (char === '/' && next === '*') this.#skipTo('*/', this.comments);
    else if (char === "'" || char === '"') this.#quoted(char);
    else if (char === '`') this.#template();
    else if (char === '/' && this.#regexMayStart()) this.#regex();
    else if (char === '}' && this.#templateDepths.at(-1) === 0) {
      this.#templateDepths.pop();
      this.#template();
    } else this.#plain(char);
  }

  /** Copies the text up to and including `end` into `target`; a comment leaves the last token as it was. */
  #skipTo(end: string, target: string[]): void {
    const found = this.#text.indexOf(end, this.#at + 2);
    const stop = found === -1 ? this.#text.length : found + (end === '\n' ? 0 : end.length);
    for (let index = this.#at; index < stop; index += 1) target[index] = this.#text.charAt(index);
    this.#at = stop;
  }

  #quoted(quote: string): void {
    const start = this.#at + 1;
    let index = start;
    while (
      index < this.#text.length &&
      this.#text.charAt(index) !== quote &&
      this.#text.charAt(index) !== '\n'
    ) {
      index += this.#text.charAt(index) === '\\' ? 2 : 1;
    }
    this.strings.push({ start, end: index });
    this.code[start - 1] = quote;
    if (this.#text.charAt(index) === quote) this.code[index] = quote;
    this.#at = this.#text.charAt(index) === quote ? index + 1 : index;
    this.#token(quote, '');
  }

  /** From a backtick, or from the brace that ends an expression in a template, to the next expression or the end. */
  #template(): void {
    this.code[this.#at] = this.#text.charAt(this.#at);
    let index = this.#at + 1;
    while (index < this.#text.length) {
      const char = this.#text.charAt(index);
      if (char === '\\') index += 2;
      else if (char === '`') {
        this.code[index] = char;
        this.#at = index + 1;
        this.#token('`', '');
        return;
      } else if (char === '$' && this.#text.charAt(index + 1) === '{') {
        this.#templateDepths.push(0);
        this.#at = index + 2;
        this.#token('{', '');
        return;
      } else index += 1;
    }
    this.#at = index;
  }

  #regexMayStart(): boolean {
    if (this.#lastWord !== '') return wordsBeforeRegex.has(this.#lastWord);
    return !(
      this.#lastChar === ')' ||
      this.#lastChar === ']' ||
      this.#lastChar === '}' ||
      /["'`]/.test(this.#lastChar)
    );
  }

  #regex(): void {
    let index = this.#at + 1;
    let inClass = false;
    while (index < this.#text.length) {
      const char = this.#text.charAt(index);
      if (char === '\n') break;
      if (char === '\\') index += 1;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) break;
      index += 1;
    }
    this.#at = index + 1;
    this.#token(')', '');
  }

  #plain(char: string): void {
    if (/[\w$]/.test(char)) {
      const word = /^[\w$]+/.exec(this.#text.slice(this.#at, this.#at + 256))?.[0] ?? char;
      for (let index = 0; index < word.length; index += 1) this.code[this.#at + index] = word.charAt(index);
      this.#at += word.length;
      this.#token('', word);
      return;
    }
    const depth = this.#templateDepths.length - 1;
    if (depth >= 0 && char === '{') this.#templateDepths[depth] = (this.#templateDepths[depth] ?? 0) + 1;
    if (depth >= 0 && char === '}') this.#templateDepths[depth] = (this.#templateDepths[depth] ?? 0) - 1;
    this.code[this.#at] = char;
    this.#at += 1;
    if (!/\s/.test(char)) this.#token(char, '');
  }

  #token(char: string, word: string): void {
    this.#lastChar = char;
    this.#lastWord = word;
  }
}

/** As many blanks as `text` has characters, with its line ends. */
function blank(text: string): string[] {
  return Array.from({ length: text.length }, (_, index) => (text.charAt(index) === '\n' ? '\n' : ' '));
}

/** A string literal is a specifier when `from`, `import` or `import(` stands before it. */
function findImports(text: string, code: string, strings: readonly Literal[]): readonly SourceImport[] {
  const imports: SourceImport[] = [];
  for (const { start, end } of strings) {
    const before = code.slice(Math.max(0, start - 64), start - 1);
    if (!/(?:\bfrom|\bimport|\bimport\s*\()\s*$/.test(before)) continue;
    imports.push({ specifier: text.slice(start, end), line: lineAt(text, start) });
  }
  return imports;
}

/** The line (from 1) of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < offset; index = text.indexOf('\n', index + 1))
    line += 1;
  return line;
}
