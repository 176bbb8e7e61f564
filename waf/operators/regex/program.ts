/**
 * Pattern -> program: Thompson's construction as a flat list of instructions in typed arrays.
 *
 * A program is what both matchers run: the lazy automaton (does it match?) and the register machine (where are the captures?).
 * Of two targets of a split the first is preferred, which is how greedy and lazy differ.
 *
 * Bounded: counted repetitions are unrolled, so the length is capped by `INSTRUCTIONS_MAX` and a larger pattern is refused.
 *
 * Source: K. Thompson, "Regular Expression Search Algorithm", CACM 11(6), 1968; R. Cox, "Regular Expression Matching: the
 * Virtual Machine Approach", 2009.
 */

import type { ByteSet } from './byte-set.ts';
import type { Assertion, Pattern, PatternNode } from './pattern.ts';

/** Takes one byte of set `x`, then goes to the next instruction. */
export const TAKE = 0;
/** Goes to `x`, and with less preference to `y`. */
export const SPLIT = 1;
/** Goes to `x`. */
export const JUMP = 2;
/** Goes on if assertion `x` holds. */
export const ASSERT = 3;
/** Stores the position in register `x`. */
export const SAVE = 4;
/** The pattern has matched. */
export const MATCH = 5;

/** The largest pattern of CRS 4.28 needs 7,320. */
const INSTRUCTIONS_MAX = 20_000;
/** Captures that SecLang can read: TX:0 to TX:9. */
const CAPTURES_MAX = 9;

/** A compiled pattern. Immutable and shared by every matcher. */
export interface Program {
  readonly ops: Uint8Array;
  readonly xs: Int32Array;
  readonly ys: Int32Array;
  readonly sets: readonly ByteSet[];
  readonly assertions: readonly Assertion[];
  /** Two per capture, the whole match included. */
  readonly registerCount: number;
}

/** Grows while one pattern is compiled. */
class ProgramBuilder {
  readonly ops: number[] = [];
  readonly xs: number[] = [];
  readonly ys: number[] = [];
  readonly sets: ByteSet[] = [];
  readonly assertions: Assertion[] = [];
  readonly setIndexes: Map<string, number> = new Map();
  isTooLarge = false;

  add(op: number, x: number, y: number): number {
    if (this.ops.length >= INSTRUCTIONS_MAX) {
      this.isTooLarge = true;
      return 0;
    }
    this.ops.push(op);
    this.xs.push(x);
    this.ys.push(y);
    return this.ops.length - 1;
  }

  take(set: ByteSet): void {
    const key = set.join();
    let index = this.setIndexes.get(key);
    if (index === undefined) {
      index = this.sets.push(set) - 1;
      this.setIndexes.set(key, index);
    }
    this.add(TAKE, index, 0);
  }

  /** Points a split's two ways: the body first when greedy, last when lazy. */
  aim(split: number, body: number, exit: number, isLazy: boolean): void {
    this.xs[split] = isLazy ? exit : body;
    this.ys[split] = isLazy ? body : exit;
  }

  compile(node: PatternNode): void {
    if (this.isTooLarge) return;
    switch (node.kind) {
      case 'set':
        this.take(node.set);
        return;
      case 'sequence':
        for (const item of node.items) this.compile(item);
        return;
      case 'choice':
        this.choice(node.options);
        return;
      case 'repeat':
        this.repeat(node.node, node.min, node.max, node.isLazy);
        return;
      case 'capture':
        this.capture(node.node, node.index);
        return;
      case 'assertion':
        this.add(ASSERT, this.assertions.push(node.assertion) - 1, 0);
        return;
      case 'look':
        throw new TypeError('look-around has no program');
    }
  }

  choice(options: readonly PatternNode[]): void {
    const exits: number[] = [];
    for (const [index, option] of options.entries()) {
      if (index === options.length - 1) {
        this.compile(option);
        break;
      }
      const split = this.add(SPLIT, 0, 0);
      this.compile(option);
      exits.push(this.add(JUMP, 0, 0));
      this.aim(split, split + 1, this.ops.length, false);
    }
    for (const exit of exits) this.xs[exit] = this.ops.length;
  }

  repeat(node: PatternNode, min: number, max: number, isLazy: boolean): void {
    for (let i = 0; i < min && !this.isTooLarge; i++) this.compile(node);
    if (max === Number.POSITIVE_INFINITY) {
      const split = this.add(SPLIT, 0, 0);
      this.compile(node);
      this.add(JUMP, split, 0);
      this.aim(split, split + 1, this.ops.length, isLazy);
      return;
    }
    const splits: number[] = [];
    for (let i = min; i < max && !this.isTooLarge; i++) {
      splits.push(this.add(SPLIT, 0, 0));
      this.compile(node);
    }
    for (const split of splits) this.aim(split, split + 1, this.ops.length, isLazy);
  }

  capture(node: PatternNode, index: number): void {
    const isReadable = index <= CAPTURES_MAX;
    if (isReadable) this.add(SAVE, 2 * index, 0);
    this.compile(node);
    if (isReadable) this.add(SAVE, 2 * index + 1, 0);
  }
}

/** Compiles a pattern without look-around, or returns an error text when it is too large. */
export function compileProgram(pattern: Pattern): Program | string {
  const builder = new ProgramBuilder();
  builder.compile(pattern.root);
  builder.add(MATCH, 0, 0);
  if (builder.isTooLarge) {
    return `the pattern needs more than ${INSTRUCTIONS_MAX} instructions; make its counted repetitions smaller`;
  }
  return {
    ops: Uint8Array.from(builder.ops),
    xs: Int32Array.from(builder.xs),
    ys: Int32Array.from(builder.ys),
    sets: builder.sets,
    assertions: builder.assertions,
    registerCount: 2 * (Math.min(pattern.captureCount, CAPTURES_MAX) + 1),
  };
}
