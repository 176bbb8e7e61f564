/**
 * Finds where a program matches and what it captures: all threads in step, each with its registers.
 *
 * Threads are kept in order of preference, so the first to match is the one that a backtracking matcher would have found
 * (leftmost, then greedy or lazy as written), but every byte is looked at once per thread: linear in the value.
 *
 * A capture inside a repetition keeps its last value, as in PCRE.
 *
 * Source: R. Pike, sam(1); R. Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009.
 */

import { holdsAt, NO_BYTE } from './assertion.ts';
import { hasByte } from './byte-set.ts';
import { ASSERT, JUMP, MATCH, type Program, SAVE, SPLIT, TAKE } from './program.ts';

/** Threads of one position, in order of preference. */
class ThreadList {
  readonly pcs: Int32Array;
  /** Row `i` holds the registers of thread `i`. */
  readonly registers: Int32Array;
  readonly stamps: Int32Array;
  count = 0;

  constructor(instructions: number, registerCount: number) {
    this.pcs = new Int32Array(instructions);
    this.registers = new Int32Array(instructions * registerCount);
    this.stamps = new Int32Array(instructions).fill(-1);
  }
}

/** One per pattern and thread of execution; made when the first capture is asked for. */
export class RegisterMachine {
  readonly #program: Program;
  readonly #width: number;
  #current: ThreadList;
  #next: ThreadList;
  /** Registers of the thread that is being followed. */
  readonly #registers: Int32Array;
  /** Instructions to follow; a negative one restores register `-1 - x` to the number below it. */
  readonly #stack: number[] = [];
  /** Two per capture: start and end, -1 when the group took no part. Valid after `find` returned true. */
  readonly captures: Int32Array;

  constructor(program: Program) {
    this.#program = program;
    this.#width = program.registerCount;
    this.#current = new ThreadList(program.ops.length, this.#width);
    this.#next = new ThreadList(program.ops.length, this.#width);
    this.#registers = new Int32Array(this.#width);
    this.captures = new Int32Array(this.#width);
  }

  /** Searches from `from` on and fills `captures`. Returns whether it matched. */
  find(value: string, from: number): boolean {
    const { ops, xs, sets } = this.#program;
    let isFound = false;
    this.#current.count = 0;
    this.#current.stamps.fill(-1);
    this.#next.stamps.fill(-1);
    for (let at = from; at <= value.length; at++) {
      const current = this.#current;
      if (!isFound) {
        this.#registers.fill(-1);
        this.#registers[0] = at;
        this.#follow(current, 0, value, at);
      }
      if (current.count === 0) {
        if (isFound) break;
        continue;
      }
      this.#next.count = 0;
      const byte = at < value.length ? value.charCodeAt(at) : NO_BYTE;
      for (let i = 0; i < current.count; i++) {
        const pc = current.pcs[i]!;
        const row = i * this.#width;
        if (ops[pc] === MATCH) {
          for (let r = 0; r < this.#width; r++) this.captures[r] = current.registers[row + r]!;
          this.captures[1] = at;
          isFound = true;
          break;
        }
        if (byte === NO_BYTE || !hasByte(sets[xs[pc]!]!, byte)) continue;
        for (let r = 0; r < this.#width; r++) this.#registers[r] = current.registers[row + r]!;
        this.#follow(this.#next, pc + 1, value, at + 1);
      }
      this.#current = this.#next;
      this.#next = current;
    }
    return isFound;
  }

  /** Adds to `list` the threads behind `from`, in order of preference. */
  #follow(list: ThreadList, from: number, value: string, at: number): void {
    const { ops, xs, ys, assertions } = this.#program;
    const stack = this.#stack;
    const registers = this.#registers;
    stack.push(from);
    while (stack.length > 0) {
      const pc = stack.pop()!;
      if (pc < 0) {
        registers[-1 - pc] = stack.pop()!;
        continue;
      }
      if (list.stamps[pc] === at) continue;
      list.stamps[pc] = at;
      switch (ops[pc]) {
        case SPLIT:
          stack.push(ys[pc]!, xs[pc]!);
          break;
        case JUMP:
          stack.push(xs[pc]!);
          break;
        case SAVE: {
          const register = xs[pc]!;
          stack.push(registers[register]!, -1 - register, pc + 1);
          registers[register] = at;
          break;
        }
        case ASSERT: {
          const previous = at === 0 ? NO_BYTE : value.charCodeAt(at - 1);
          const next = at < value.length ? value.charCodeAt(at) : NO_BYTE;
          if (holdsAt(assertions[xs[pc]!]!, previous, next, at === value.length - 1)) stack.push(pc + 1);
          break;
        }
        case TAKE:
        case MATCH: {
          const row = list.count * this.#width;
          for (let r = 0; r < this.#width; r++) list.registers[row + r] = registers[r]!;
          list.pcs[list.count++] = pc;
          break;
        }
      }
    }
  }
}
