/**
 * Tells whether a program matches anywhere in a value: a deterministic automaton, built as far as the traffic needs it.
 *
 * A state is the set of instructions that wait for a byte. Its row of the table says, per class of bytes, which state follows;
 * cells are filled when they are first needed. Known transitions cost one table look-up per byte, whatever the pattern.
 *
 *        classes ->   a-z   0-9   other   end   last LF
 *   row of state 0 |  40  |  0  |  0   |  no |   ?    |        ? = not built yet, no = cannot match, yes = has matched
 *   row of state 1 |  40  | yes |  0   |  no |   ?    |
 *
 * The search is not anchored: the start of the pattern waits in every state and is not stored in it. Assertions are decided
 * when the next byte is known; a state keeps what they need to know of the previous one.
 *
 * Linear: each byte is one look-up or one construction of a state, whose cost depends on the pattern alone. Bounded: the table
 * holds at most `CELLS_MAX` cells, its states at most `WAITING_MAX` instructions; when either is full all is emptied and built
 * anew from where the search stands.
 *
 * Source: K. Thompson 1968 (construction on the fly); A. Aho, R. Sethi, J. Ullman, "Compilers", section 3.7 (subset construction).
 */

import { holdsAt, NO_BYTE } from './assertion.ts';
import { type ByteSet, hasByte, setOfRanges } from './byte-set.ts';
import { escapedClasses } from './class-names.ts';
import { ASSERT, JUMP, MATCH, type Program, SAVE, SPLIT, TAKE } from './program.ts';

const UNKNOWN = -1;
const MATCHED = -2;
const DEAD = -3;

/** 256 KiB of table for one pattern. */
const CELLS_MAX = 65_536;
/** Instructions that the states of one pattern may name together: 1.5 MiB with their keys. */
const WAITING_MAX = 262_144;
const ROWS_MIN = 16;
const NEWLINE = 0x0a;
/** A byte of each kind that assertions tell apart. */
const SOME_WORD_BYTE = 0x61;
const SOME_OTHER_BYTE = 0x2d;

/** What is kept of one state. */
interface State {
  /** Instructions that wait for a byte or an assertion, sorted; the pattern's own start left out. */
  readonly waiting: Int32Array;
  /** Stands for the previous byte: `NO_BYTE`, LF, a word byte or another. */
  readonly previous: number;
}

/** One per pattern and thread: the table changes while it is used. */
export class LazyAutomaton {
  readonly #program: Program;
  readonly #isAnchored: boolean;
  readonly #hasAssertions: boolean;
  readonly #asksLastNewline: boolean;
  /** Class of each byte; `#width - 2` is the end, `#width - 1` an LF that is the last byte. */
  readonly #classOf: Uint8Array = new Uint8Array(256);
  /** One byte of each class. */
  readonly #byteOf: number[] = [];
  readonly #width: number;
  readonly #rowsMax: number;
  /** What waits at the pattern's start. */
  readonly #startWaiting: Int32Array;
  /** True when the pattern matches the empty text without asking anything. */
  readonly #startMatches: boolean;
  readonly #stamps: Uint32Array;
  #stamp = 0;
  readonly #stack: number[] = [];
  #found: number[] = [];
  #hasMatched = false;
  #table: Int32Array;
  #states: State[] = [];
  #rows: Map<string, number> = new Map();
  #waitingCount = 0;
  #startRow = UNKNOWN;
  /** How often a full table was emptied; for tests and benchmarks. */
  flushCount = 0;

  /** @param isAnchored True when the pattern can only match at the start of the value. */
  constructor(program: Program, isAnchored: boolean) {
    this.#program = program;
    this.#isAnchored = isAnchored;
    this.#hasAssertions = program.assertions.length > 0;
    this.#asksLastNewline = program.assertions.includes('end-or-last-newline');
    const classCount = this.#classify();
    this.#width = classCount + 2;
    this.#rowsMax = Math.max(ROWS_MIN, Math.floor(CELLS_MAX / this.#width));
    this.#table = new Int32Array(ROWS_MIN * this.#width).fill(UNKNOWN);
    this.#stamps = new Uint32Array(program.ops.length);
    this.#begin();
    this.#close(0);
    this.#startWaiting = Int32Array.from(this.#found);
    this.#startMatches = this.#hasMatched;
  }

  /** Tells whether the pattern matches somewhere in `value`. Hot: one look-up per byte, no allocation on known ground. */
  matches(value: string): boolean {
    return this.#run(value, undefined);
  }

  /**
   * Returns a position from which a search finds the same leftmost match, or -1 when there is no match.
   *
   * It is the last place before the earliest end of a match at which nothing was under way.
   */
  searchStart(value: string): number {
    const idle = { at: 0 };
    return this.#run(value, idle) ? idle.at : -1;
  }

  #run(value: string, idle: { at: number } | undefined): boolean {
    if (this.#startMatches) return true;
    let row = this.#startRow >= 0 ? this.#startRow : this.#addState([], NO_BYTE);
    this.#startRow = row;
    const end = this.#asksLastNewline && value.endsWith('\n') ? value.length - 1 : value.length;
    const classOf = this.#classOf;
    let table = this.#table;
    for (let i = 0; i < end; i++) {
      const byteClass = classOf[value.charCodeAt(i) & 0xff]!;
      let next = table[row + byteClass]!;
      if (next < 0) {
        if (next === UNKNOWN) next = this.#step(row, byteClass);
        if (next === MATCHED) return true;
        if (next === DEAD) return false;
        table = this.#table;
      }
      row = next;
      if (idle !== undefined && this.#states[row / this.#width]!.waiting.length === 0) idle.at = i + 1;
    }
    if (end < value.length) {
      const next = this.#cell(row, this.#width - 1);
      if (next < 0) return next === MATCHED;
      row = next;
    }
    return this.#cell(row, this.#width - 2) === MATCHED;
  }

  #cell(row: number, byteClass: number): number {
    const next = this.#table[row + byteClass]!;
    return next === UNKNOWN ? this.#step(row, byteClass) : next;
  }

  /** Splits the bytes into classes that no set and no assertion tells apart. Returns their number. */
  #classify(): number {
    const sets: ByteSet[] = [...this.#program.sets];
    if (this.#hasAssertions) sets.push(setOfRanges([NEWLINE, NEWLINE]), escapedClasses.get('w')!);
    let count = 1;
    for (const set of sets) {
      const moved = new Map<number, number>();
      const present = new Set<number>();
      for (let byte = 0; byte < 256; byte++) if (!hasByte(set, byte)) present.add(this.#classOf[byte]!);
      for (let byte = 0; byte < 256; byte++) {
        const old = this.#classOf[byte]!;
        if (!hasByte(set, byte) || !present.has(old)) continue;
        let fresh = moved.get(old);
        if (fresh === undefined) {
          fresh = count++;
          moved.set(old, fresh);
        }
        this.#classOf[byte] = fresh;
      }
    }
    for (let byte = 255; byte >= 0; byte--) this.#byteOf[this.#classOf[byte]!] = byte;
    return count;
  }

  #begin(): void {
    this.#stamp++;
    this.#found = [];
    this.#hasMatched = false;
  }

  /** Adds to `#found` what waits behind `from`, without passing assertions. */
  #close(from: number): void {
    const { ops, xs, ys } = this.#program;
    const stack = this.#stack;
    stack.push(from);
    while (stack.length > 0) {
      const pc = stack.pop()!;
      if (this.#stamps[pc] === this.#stamp) continue;
      this.#stamps[pc] = this.#stamp;
      switch (ops[pc]) {
        case SPLIT:
          stack.push(ys[pc]!, xs[pc]!);
          break;
        case JUMP:
          stack.push(xs[pc]!);
          break;
        case SAVE:
          stack.push(pc + 1);
          break;
        case MATCH:
          this.#hasMatched = true;
          break;
        default:
          this.#found.push(pc);
      }
    }
  }

  /** Builds the transition of the state at `row` and stores it in its cell. */
  #step(row: number, byteClass: number): number {
    const state = this.#states[row / this.#width]!;
    const isEnd = byteClass === this.#width - 2;
    const isLastNewline = byteClass === this.#width - 1;
    const next = isEnd ? NO_BYTE : isLastNewline ? NEWLINE : this.#byteOf[byteClass]!;
    let waiting: Iterable<number> = state.waiting;
    const restarts = !this.#isAnchored || state.previous === NO_BYTE;
    if (this.#hasAssertions) {
      waiting = this.#passAssertions(state, restarts, next, isLastNewline);
      if (this.#hasMatched) return this.#store(row, byteClass, MATCHED);
    }
    if (isEnd) return this.#store(row, byteClass, DEAD);
    const { ops, xs, sets } = this.#program;
    this.#begin();
    const takes = (pc: number): void => {
      if (ops[pc] === TAKE && hasByte(sets[xs[pc]!]!, next)) this.#close(pc + 1);
    };
    for (const pc of waiting) takes(pc);
    if (restarts && !this.#hasAssertions) for (const pc of this.#startWaiting) takes(pc);
    if (this.#hasMatched) return this.#store(row, byteClass, MATCHED);
    if (this.#found.length === 0 && this.#isAnchored) return this.#store(row, byteClass, DEAD);
    return this.#store(row, byteClass, UNKNOWN, this.#found, this.#kindOf(next));
  }

  /** Returns all that waits once the assertions that hold are passed; sets `#hasMatched` when the end is reached so. */
  #passAssertions(state: State, restarts: boolean, next: number, isNextLast: boolean): number[] {
    const { ops, xs, assertions } = this.#program;
    this.#begin();
    for (const pc of state.waiting) this.#close(pc);
    if (restarts) for (const pc of this.#startWaiting) this.#close(pc);
    for (let i = 0; i < this.#found.length; i++) {
      const pc = this.#found[i]!;
      if (ops[pc] !== ASSERT) continue;
      if (holdsAt(assertions[xs[pc]!]!, state.previous, next, isNextLast)) this.#close(pc + 1);
    }
    return this.#found;
  }

  #kindOf(byte: number): number {
    if (!this.#hasAssertions) return NO_BYTE;
    if (byte === NEWLINE) return NEWLINE;
    return hasByte(escapedClasses.get('w')!, byte) ? SOME_WORD_BYTE : SOME_OTHER_BYTE;
  }

  /** Fills a cell with `result`, or with the state of `found` when that is given. Returns what the cell says. */
  #store(row: number, byteClass: number, result: number, found?: number[], previous = NO_BYTE): number {
    const flushes = this.flushCount;
    const next = found === undefined ? result : this.#addState(found, previous);
    if (this.flushCount === flushes) this.#table[row + byteClass] = next;
    return next;
  }

  /** Returns the row of the state, new or known. */
  #addState(found: number[], previous: number): number {
    const waiting = Int32Array.from(found).sort();
    const key = keyOf(waiting, previous);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#states.length >= this.#rowsMax || this.#waitingCount > WAITING_MAX) this.#flush();
    const row = this.#states.length * this.#width;
    if (row + this.#width > this.#table.length) {
      const larger = new Int32Array(Math.min(2 * this.#table.length, this.#rowsMax * this.#width)).fill(
        UNKNOWN,
      );
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#states.push({ waiting, previous });
    this.#waitingCount += waiting.length;
    this.#rows.set(key, row);
    return row;
  }

  #flush(): void {
    this.#states = [];
    this.#rows = new Map();
    this.#waitingCount = 0;
    this.#table = new Int32Array(ROWS_MIN * this.#width).fill(UNKNOWN);
    this.#startRow = UNKNOWN;
    this.flushCount++;
  }
}

/** A text that is equal for equal states. Instructions number less than 2^16. */
function keyOf(waiting: Int32Array, previous: number): string {
  let key = String.fromCharCode(previous + 1);
  for (let i = 0; i < waiting.length; i += 4096) {
    key += String.fromCharCode(...waiting.subarray(i, i + 4096));
  }
  return key;
}
