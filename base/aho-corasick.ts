/**
 * Finds many byte strings in a text in one pass, whatever their number.
 *
 * The trie of all patterns is completed to a deterministic automaton: one table lookup per byte, no going back. Bytes that no
 * pattern contains share one column, so the table has (states) x (different bytes + 1) cells of 4 bytes. States are numbered so that
 * those where a pattern ends come last: the scanning loop compares one number instead of reading a second table.
 *
 * Texts and patterns are latin1 strings, one character per byte. A character above U+00FF matches nothing.
 *
 * Source: A. Aho, M. Corasick, "Efficient string matching: an aid to bibliographic search" (1975), section 6 for the automaton
 * without failure transitions.
 */
import assert from 'node:assert/strict';

/** What was found: which pattern, and the offset behind its last byte. */
export interface PatternMatch {
  /** Index into the patterns as compiled. */
  readonly pattern: number;
  readonly end: number;
}

/** How patterns are compared. */
export interface AhoCorasickOptions {
  /** ASCII letters match in either case; other bytes never fold. */
  readonly ignoreCase: boolean;
}

/** Bounded: cells of the table, 256 MiB. A larger set is the caller's mistake. */
const tableCellsMax = 2 ** 26;

/** The compiled form. A state is the offset of its row in `next`; the root is 0. */
interface Tables {
  /** Column of each byte; 0 for bytes of no pattern. */
  readonly columns: Uint16Array;
  readonly columnCount: number;
  /** `next[state + column]`: the state after that byte. */
  readonly next: Int32Array;
  /** From this state on, a pattern ends in every state. The k-th of them is "final k". */
  readonly firstFinal: number;
  /** The patterns that end in final k and are as long as its path: `patterns[starts[k]]` up to `starts[k + 1]`, excluded. */
  readonly patternStarts: Int32Array;
  readonly patterns: Int32Array;
  /** By final: the final of its longest proper suffix that is itself a pattern, or -1. */
  readonly suffixes: Int32Array;
}

/** One automaton. Immutable but for what a scan leaves behind; not shared between threads. */
export class AhoCorasick {
  readonly #columns: Uint16Array;
  readonly #columnCount: number;
  readonly #next: Int32Array;
  readonly #firstFinal: number;
  readonly #patternStarts: Int32Array;
  readonly #patterns: Int32Array;
  readonly #suffixes: Int32Array;
  /** The final state that `#scan` stopped in. */
  #state = 0;
  readonly #match: { pattern: number; end: number } = { pattern: 0, end: 0 };

  /** For `compileAhoCorasick`. */
  constructor(tables: Tables) {
    this.#columns = tables.columns;
    this.#columnCount = tables.columnCount;
    this.#next = tables.next;
    this.#firstFinal = tables.firstFinal;
    this.#patternStarts = tables.patternStarts;
    this.#patterns = tables.patterns;
    this.#suffixes = tables.suffixes;
  }

  /** Whether any pattern occurs in `text`. Hot: one table lookup per byte, no allocation. */
  has(text: string): boolean {
    return this.#scan(text, 0, 0) >= 0;
  }

  /**
   * Returns the occurrence that ends first; of several that end there the longest, of equal patterns the first given.
   *
   * Hot. Borrowed: the record is overwritten by the next call.
   */
  first(text: string): PatternMatch | undefined {
    const end = this.#scan(text, 0, 0);
    if (end < 0) return undefined;
    let final = this.#finalNumber();
    while (this.#patternStarts[final] === this.#patternStarts[final + 1]) final = this.#suffixes[final]!;
    this.#match.pattern = this.#patterns[this.#patternStarts[final]!]!;
    this.#match.end = end;
    return this.#match;
  }

  /** Calls `visit` for each occurrence of each pattern, overlapping ones too, in the order of their ends, the longest first. */
  forEach(text: string, visit: (pattern: number, end: number) => void): void {
    let state = 0;
    for (let end = this.#scan(text, 0, state); end >= 0; end = this.#scan(text, end, state)) {
      state = this.#state;
      for (let final = this.#finalNumber(); final >= 0; final = this.#suffixes[final]!) {
        const patternsEnd = this.#patternStarts[final + 1]!;
        for (let at = this.#patternStarts[final]!; at < patternsEnd; at++) visit(this.#patterns[at]!, end);
      }
    }
  }

  /**
   * Sets `marks[pattern]` to 1 for each pattern that occurs; leaves the others. For prefilters.
   *
   * Hot: no allocation.
   */
  mark(text: string, marks: Uint8Array): void {
    let state = 0;
    for (let end = this.#scan(text, 0, state); end >= 0; end = this.#scan(text, end, state)) {
      state = this.#state;
      for (let final = this.#finalNumber(); final >= 0; final = this.#suffixes[final]!) {
        const patternsEnd = this.#patternStarts[final + 1]!;
        for (let at = this.#patternStarts[final]!; at < patternsEnd; at++) marks[this.#patterns[at]!] = 1;
      }
    }
  }

  /** Reads on until a pattern ends; returns the offset behind it and leaves `#state`, or returns -1. */
  #scan(text: string, from: number, fromState: number): number {
    const columns = this.#columns;
    const next = this.#next;
    const firstFinal = this.#firstFinal;
    const length = text.length;
    let state = fromState;
    for (let at = from; at < length; at++) {
      const code = text.charCodeAt(at);
      state = code < 256 ? next[state + columns[code]!]! : 0;
      if (state >= firstFinal) {
        this.#state = state;
        return at + 1;
      }
    }
    return -1;
  }

  #finalNumber(): number {
    return (this.#state - this.#firstFinal) / this.#columnCount;
  }
}

/**
 * Compiles patterns. An empty pattern, or one with a character above U+00FF, is a programmer's mistake.
 *
 * Cold: time and memory grow with all their bytes together, times the number of different bytes.
 */
export function compileAhoCorasick(patterns: readonly string[], options: AhoCorasickOptions): AhoCorasick {
  const folded = patterns.map((pattern) => (options.ignoreCase ? foldAscii(pattern) : pattern));
  const { columns, columnCount } = assignColumns(folded, options.ignoreCase);
  const statesMax = 1 + folded.reduce((sum, pattern) => sum + pattern.length, 0);
  assert(
    statesMax * columnCount <= tableCellsMax,
    `${patterns.length} patterns are too large for one automaton`,
  );

  const trie = new Int32Array(statesMax * columnCount);
  const endsIn = new Map<number, number[]>();
  let stateCount = 1;
  for (const [index, pattern] of folded.entries()) {
    let state = 0;
    for (let at = 0; at < pattern.length; at++) {
      const cell = state * columnCount + columns[pattern.charCodeAt(at)]!;
      if (trie[cell] === 0) trie[cell] = stateCount++;
      state = trie[cell]!;
    }
    const ended = endsIn.get(state);
    if (ended === undefined) endsIn.set(state, [index]);
    else ended.push(index);
  }
  const suffixes = completeTrie(trie, stateCount, columnCount, endsIn);
  return new AhoCorasick({
    columns,
    columnCount,
    ...layOut(trie, stateCount, columnCount, endsIn, suffixes),
  });
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function assignColumns(
  patterns: readonly string[],
  ignoreCase: boolean,
): { columns: Uint16Array; columnCount: number } {
  const columns = new Uint16Array(256);
  let columnCount = 1;
  for (const pattern of patterns) {
    assert(pattern.length > 0, 'an empty pattern would match everywhere');
    for (let at = 0; at < pattern.length; at++) {
      const code = pattern.charCodeAt(at);
      if (code > 255)
        assert.fail(`pattern ${JSON.stringify(pattern)} has a character above U+00FF: it is not latin1`);
      if (columns[code] === 0) columns[code] = columnCount++;
    }
  }
  if (ignoreCase) for (let upper = 0x41; upper <= 0x5a; upper++) columns[upper] = columns[upper | 0x20]!;
  return { columns, columnCount };
}

/**
 * Fills the missing transitions of the trie, shallow states first, and returns for each state the longest proper suffix of its path
 * that is a pattern (0 for none).
 */
function completeTrie(
  trie: Int32Array,
  stateCount: number,
  columnCount: number,
  endsIn: ReadonlyMap<number, readonly number[]>,
): Int32Array {
  const fallbacks = new Int32Array(stateCount);
  const suffixes = new Int32Array(stateCount);
  const queue = new Int32Array(stateCount);
  let queued = 1;
  for (let at = 0; at < queued; at++) {
    const state = queue[at]!;
    const fallback = fallbacks[state]!;
    suffixes[state] = endsIn.has(fallback) ? fallback : suffixes[fallback]!;
    for (let column = 0; column < columnCount; column++) {
      const cell = state * columnCount + column;
      const fallbackTarget = state === 0 ? 0 : trie[fallback * columnCount + column]!;
      if (trie[cell] === 0) {
        trie[cell] = fallbackTarget;
      } else {
        fallbacks[trie[cell]!] = fallbackTarget;
        queue[queued++] = trie[cell]!;
      }
    }
  }
  return suffixes;
}

/** Numbers the states anew, final ones last, and writes the tables for scanning. */
function layOut(
  trie: Int32Array,
  stateCount: number,
  columnCount: number,
  endsIn: ReadonlyMap<number, readonly number[]>,
  suffixes: Int32Array,
): Omit<Tables, 'columns' | 'columnCount'> {
  const plain: number[] = [];
  const finals: number[] = [];
  for (let state = 0; state < stateCount; state++) {
    (endsIn.has(state) || suffixes[state] !== 0 ? finals : plain).push(state);
  }
  const order = [...plain, ...finals];
  const position = new Int32Array(stateCount);
  for (const [index, state] of order.entries()) position[state] = index;

  const next = new Int32Array(stateCount * columnCount);
  for (const [index, state] of order.entries()) {
    for (let column = 0; column < columnCount; column++) {
      next[index * columnCount + column] = position[trie[state * columnCount + column]!]! * columnCount;
    }
  }
  const patterns: number[] = [];
  const patternStarts = new Int32Array(finals.length + 1);
  const finalSuffixes = new Int32Array(finals.length);
  for (const [index, state] of finals.entries()) {
    patterns.push(...(endsIn.get(state) ?? []));
    patternStarts[index + 1] = patterns.length;
    finalSuffixes[index] = suffixes[state] === 0 ? -1 : position[suffixes[state]!]! - plain.length;
  }
  return {
    next,
    firstFinal: plain.length * columnCount,
    patternStarts,
    patterns: Int32Array.from(patterns),
    suffixes: finalSuffixes,
  };
}
