/**
 * PCRE syntax -> `Pattern`, with the options that ModSecurity 2 compiles with: DOTALL and DOLLAR_ENDONLY, bytes, no UTF.
 *
 * So `.` takes newlines, `$` means the very end, and `^` the very start, until `(?-s)` or `(?m)` say otherwise. Not supported,
 * with an error that says so: what cannot be matched in linear time (back-references, recursion, conditions) or needs
 * backtracking to mean anything (atomic groups, possessive quantifiers, verbs, `\K`).
 *
 * Bounded: nesting by `NESTING_MAX`; repetition counts by `REPEAT_MAX`.
 *
 * Source: pcre2pattern(3); ModSecurity 2 `msre_op_rx` for the options.
 */

import { isDigit, isLetter, isSpace } from '../../transformations/byte-class.ts';
import { type PatternError, readBracket } from './bracket.ts';
import { type ByteSet, foldSet, setOfRanges } from './byte-set.ts';
import { anyByte, escapedClasses, noNewline } from './class-names.ts';
import { readEscapedByte } from './escape.ts';
import type { Assertion, Pattern, PatternNode } from './pattern.ts';

const NESTING_MAX = 200;
const REPEAT_MAX = 1000;

interface Flags {
  readonly ignoresCase: boolean;
  readonly dotTakesNewline: boolean;
  readonly isMultiline: boolean;
  readonly isExtended: boolean;
}

const defaultFlags: Flags = {
  ignoresCase: false,
  dotTakesNewline: true,
  isMultiline: false,
  isExtended: false,
};

const assertions: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'start'],
  ['z', 'end'],
  ['Z', 'end-or-last-newline'],
  ['b', 'word-boundary'],
  ['B', 'no-word-boundary'],
]);

/** Carries a `PatternError` out of the recursive descent; never leaves this file. */
class SyntaxFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Owns the position in one pattern while it is read. */
class Parser {
  readonly source: string;
  at = 0;
  captureCount = 0;
  hasLook = false;
  depth = 0;

  constructor(source: string) {
    this.source = source;
  }

  parse(): Pattern {
    const root = this.choice(defaultFlags);
    if (this.at < this.source.length) this.fail('this ")" closes nothing', this.at);
    return { root, captureCount: this.captureCount, hasLook: this.hasLook };
  }

  fail(message: string, at: number): never {
    throw new SyntaxFault(message, at);
  }

  /** Reads alternatives up to `)` or the end. Flags set inside reach to the end of the group, across `|`. */
  choice(outer: Flags): PatternNode {
    if (++this.depth > NESTING_MAX) this.fail(`groups are nested deeper than ${NESTING_MAX}`, this.at);
    let flags = outer;
    const options: PatternNode[] = [];
    let items: PatternNode[] = [];
    while (this.at < this.source.length && this.source.charAt(this.at) !== ')') {
      const char = this.source.charAt(this.at);
      if (char === '|') {
        options.push(sequenceOf(items));
        items = [];
        this.at++;
      } else if (flags.isExtended && this.skipBlank()) {
        // The blank was the work.
      } else if (this.source.startsWith('\\Q', this.at)) {
        this.quoted(items, flags);
      } else if (this.source.startsWith('\\E', this.at)) {
        this.at += 2;
      } else {
        const start = this.at;
        const inner = this.inlineFlags(flags);
        if (inner !== undefined) {
          flags = inner;
          continue;
        }
        const node = this.atom(flags);
        if (node !== undefined) items.push(this.repeated(node, start, flags));
      }
    }
    this.depth--;
    if (options.length === 0) return sequenceOf(items);
    options.push(sequenceOf(items));
    return { kind: 'choice', options };
  }

  /** Skips one blank or comment of the extended syntax; false when there is none. */
  skipBlank(): boolean {
    const code = this.source.charCodeAt(this.at);
    if (isSpace(code)) {
      this.at++;
      return true;
    }
    if (code !== 0x23) return false;
    const newline = this.source.indexOf('\n', this.at);
    this.at = newline === -1 ? this.source.length : newline + 1;
    return true;
  }

  quoted(items: PatternNode[], flags: Flags): void {
    const close = this.source.indexOf('\\E', this.at + 2);
    const end = close === -1 ? this.source.length : close;
    for (let i = this.at + 2; i < end; i++) {
      const start = i;
      const node = literal(this.source.charCodeAt(i), flags);
      if (i === end - 1 && close !== -1) {
        this.at = end + 2;
        items.push(this.repeated(node, start, flags));
        return;
      }
      items.push(node);
    }
    this.at = close === -1 ? end : end + 2;
  }

  /** Reads `(?flags)`, which holds for the rest of the group, or returns undefined. */
  inlineFlags(flags: Flags): Flags | undefined {
    const found = /^\(\?([a-zA-Z^]*(?:-[a-zA-Z]*)?)\)/.exec(this.source.slice(this.at, this.at + 24));
    if (found === null) return undefined;
    const changed = this.changeFlags(flags, found[1] ?? '');
    this.at += found[0].length;
    return changed;
  }

  changeFlags(flags: Flags, text: string): Flags {
    let { ignoresCase, dotTakesNewline, isMultiline, isExtended } = flags;
    let isOn = true;
    for (const letter of text) {
      if (letter === '-') isOn = false;
      else if (letter === 'i') ignoresCase = isOn;
      else if (letter === 's') dotTakesNewline = isOn;
      else if (letter === 'm') isMultiline = isOn;
      else if (letter === 'x') isExtended = isOn;
      else this.fail(`the flag "${letter}" is not supported; expected i, m, s or x`, this.at);
    }
    return { ignoresCase, dotTakesNewline, isMultiline, isExtended };
  }

  atom(flags: Flags): PatternNode | undefined {
    const at = this.at;
    const char = this.source.charAt(at);
    switch (char) {
      case '(':
        return this.group(flags);
      case '[': {
        const bracket = readBracket(this.source, at, flags.ignoresCase);
        if ('message' in bracket) return this.fail(bracket.message, bracket.at);
        this.at = bracket.end;
        return { kind: 'set', set: bracket.set };
      }
      case '.':
        this.at++;
        return { kind: 'set', set: flags.dotTakesNewline ? anyByte : noNewline };
      case '^':
        this.at++;
        return { kind: 'assertion', assertion: flags.isMultiline ? 'line-start' : 'start' };
      case '$':
        this.at++;
        return { kind: 'assertion', assertion: flags.isMultiline ? 'line-end' : 'end' };
      case '\\':
        return this.escape(flags);
      case '*':
      case '+':
      case '?':
        return this.fail(`"${char}" has nothing to repeat`, at);
      default:
        this.at++;
        return literal(this.source.charCodeAt(at), flags);
    }
  }

  escape(flags: Flags): PatternNode {
    const at = this.at;
    const letter = this.source.charAt(at + 1);
    if (letter === '') this.fail('the pattern ends in a backslash', at);
    const named = escapedClasses.get(letter) ?? (letter === 'N' ? noNewline : undefined);
    if (named !== undefined) {
      this.at += 2;
      return { kind: 'set', set: named };
    }
    const assertion = assertions.get(letter);
    if (assertion !== undefined) {
      this.at += 2;
      return { kind: 'assertion', assertion };
    }
    if (letter === 'R') {
      this.at += 2;
      const pair = sequenceOf([literal(0x0d, defaultFlags), literal(0x0a, defaultFlags)]);
      const single: PatternNode = { kind: 'set', set: setOfRanges([0x0a, 0x0d], [0x85, 0x85]) };
      return { kind: 'choice', options: [pair, single] };
    }
    if ((isDigit(letter.charCodeAt(0)) && letter !== '0') || letter === 'k' || letter === 'g') {
      const isOctalCode = /^[1-3][0-7]{2}/.test(this.source.slice(at + 1, at + 4));
      if (!isOctalCode) {
        this.fail('back-references are not supported: they cannot be matched in linear time', at);
      }
    }
    const escaped = readEscapedByte(this.source, at + 1);
    if (typeof escaped === 'string') return this.fail(escaped, at);
    this.at = escaped.end;
    return literal(escaped.byte, flags);
  }

  group(flags: Flags): PatternNode | undefined {
    const open = this.at;
    const head = this.source.slice(open, open + 4);
    if (head.startsWith('(*')) this.fail('backtracking verbs are not supported', open);
    if (!head.startsWith('(?')) {
      this.at++;
      return this.captured(open, flags);
    }
    if (head.startsWith('(?#')) {
      const close = this.source.indexOf(')', open);
      if (close === -1) this.fail('this comment has no ")"', open);
      this.at = close + 1;
      return undefined;
    }
    const look = /^\(\?(<?)([=!])/.exec(head);
    if (look !== null) {
      this.hasLook = true;
      this.at += look[0].length;
      const node = this.closed(open, flags);
      return { kind: 'look', node, isAhead: look[1] === '', isNegative: look[2] === '!' };
    }
    const name = /^\(\?(?:P?<[A-Za-z_]\w{0,31}>|'[A-Za-z_]\w{0,31}')/.exec(
      this.source.slice(open, open + 40),
    );
    if (name !== null) {
      this.at += name[0].length;
      return this.captured(open, flags);
    }
    const scoped = /^\(\?([a-zA-Z]*(?:-[a-zA-Z]*)?):/.exec(this.source.slice(open, open + 24));
    if (scoped !== null) {
      const inner = this.changeFlags(flags, scoped[1] ?? '');
      this.at += scoped[0].length;
      return this.closed(open, inner);
    }
    if (head.startsWith('(?>')) this.fail('atomic groups are not supported', open);
    return this.fail(`the group "${head}..." is not supported`, open);
  }

  captured(open: number, flags: Flags): PatternNode {
    const index = ++this.captureCount;
    return { kind: 'capture', node: this.closed(open, flags), index };
  }

  closed(open: number, flags: Flags): PatternNode {
    const node = this.choice(flags);
    if (this.source.charAt(this.at) !== ')') this.fail('this "(" has no ")"', open);
    this.at++;
    return node;
  }

  /** Wraps `node` in the quantifiers that follow it. */
  repeated(node: PatternNode, start: number, flags: Flags): PatternNode {
    while (flags.isExtended && this.at < this.source.length && this.skipBlank()) {
      // Blanks may stand before a quantifier.
    }
    const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(this.source.slice(this.at, this.at + 24));
    if (found === null) return node;
    const at = this.at;
    const [text, low, comma, high] = found;
    let min = text === '+' ? 1 : 0;
    let max = text === '?' ? 1 : Number.POSITIVE_INFINITY;
    if (low !== undefined) {
      min = Number(low);
      max = comma === '' ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
      if (min > REPEAT_MAX || (max !== Number.POSITIVE_INFINITY && max > REPEAT_MAX)) {
        this.fail(`"${text}" repeats more than ${REPEAT_MAX} times`, at);
      }
      if (min > max) this.fail(`"${text}" is out of order`, at);
    }
    this.at += text.length;
    const suffix = this.source.charAt(this.at);
    if (suffix === '+') this.fail('possessive quantifiers are not supported', at);
    if (suffix === '?') this.at++;
    if (/^[*+]|^\?|^\{\d+,?\d*\}/.test(this.source.slice(this.at, this.at + 24))) {
      this.fail(`"${this.source.slice(start, this.at)}" is already repeated`, this.at);
    }
    return { kind: 'repeat', node, min, max, isLazy: suffix === '?' };
  }
}

function sequenceOf(items: readonly PatternNode[]): PatternNode {
  const only = items[0];
  return items.length === 1 && only !== undefined ? only : { kind: 'sequence', items };
}

function literal(byte: number, flags: Flags): PatternNode {
  const set: ByteSet = setOfRanges([byte, byte]);
  return { kind: 'set', set: flags.ignoresCase && isLetter(byte) ? foldSet(set) : set };
}

/** Parses a pattern (a byte string), or returns what is wrong and where. */
export function parsePattern(source: string): Pattern | PatternError {
  const foreign = /[^\0-\xff]/.exec(source);
  if (foreign !== null) return { message: 'a pattern is a byte string', at: foreign.index };
  try {
    return new Parser(source).parse();
  } catch (thrown) {
    if (thrown instanceof SyntaxFault) return { message: thrown.message, at: thrown.at };
    throw thrown;
  }
}
