/**
 * `@rx`: PCRE syntax over bytes, in linear time.
 *
 * Policy, decided when the rules load and never at run time:
 *
 * - A pattern without look-around runs on our own automaton: linear for every pattern and every value. `TX:0` to `TX:9` come
 *   from a second, equally linear pass that is made only after a match and only when somebody wants them.
 * - A pattern with look-around runs on V8 when `isLinear` proves that an attempt costs a bounded number of steps.
 * - What is left (look-around beside unbounded repetition, back-references, possessive and atomic groups) is refused with the
 *   place and the reason. Nothing is given to a matcher that a value could stall.
 */

import assert from 'node:assert/strict';
import type { CompiledOperator, OperatorDefinition, OperatorMatch } from './operator.ts';
import { isAnchored, isLinear } from './regex/analysis.ts';
import { LazyAutomaton } from './regex/lazy-automaton.ts';
import { parsePattern } from './regex/parse.ts';
import type { Pattern } from './regex/pattern.ts';
import { compileProgram, type Program } from './regex/program.ts';
import { RegisterMachine } from './regex/register-machine.ts';
import { javascriptSource } from './regex/to-javascript.ts';

/** TX:0 to TX:9. */
const CAPTURES_MAX = 10;

/** Runs one program. Owns the automaton's table and, once needed, the register machine. */
class AutomatonOperator implements CompiledOperator {
  readonly name: string = 'rx';
  readonly #program: Program;
  readonly #automaton: LazyAutomaton;
  #machine: RegisterMachine | undefined;

  constructor(program: Program, canOnlyStart: boolean) {
    this.#program = program;
    this.#automaton = new LazyAutomaton(program, canOnlyStart);
  }

  test(value: string, match: OperatorMatch | null): boolean {
    if (match === null) return this.#automaton.matches(value);
    const from = this.#automaton.searchStart(value);
    if (from === -1) return false;
    this.#machine ??= new RegisterMachine(this.#program);
    assert(this.#machine.find(value, from), 'the automaton and the register machine disagree');
    const { captures } = this.#machine;
    match.captureCount = captures.length / 2;
    for (let i = 0; i < match.captureCount; i++) {
      const start = captures[2 * i]!;
      match.captures[i] = start === -1 ? '' : value.slice(start, captures[2 * i + 1]!);
    }
    return true;
  }
}

function backtrackingOperator(pattern: Pattern): CompiledOperator {
  const expression = new RegExp(javascriptSource(pattern));
  return {
    name: 'rx',
    test(value, match) {
      if (match === null) return expression.test(value);
      const found = expression.exec(value);
      if (found === null) return false;
      match.captureCount = Math.min(found.length, CAPTURES_MAX);
      for (let i = 0; i < match.captureCount; i++) match.captures[i] = found[i] ?? '';
      return true;
    },
  };
}

/** Compiles a pattern, or returns what is wrong with it and at which byte of it. */
export function compileRx(text: string): CompiledOperator | string {
  const pattern = parsePattern(text);
  if ('message' in pattern) return `pattern, byte ${pattern.at + 1}: ${pattern.message}`;
  if (pattern.hasLook) {
    if (isLinear(pattern)) return backtrackingOperator(pattern);
    return 'the pattern has look-around beside repetition without a small bound and cannot be matched in linear time; bound its repetitions or split the rule';
  }
  const program = compileProgram(pattern);
  return typeof program === 'string' ? program : new AutomatonOperator(program, isAnchored(pattern));
}

/** Matches a regular expression. */
export const rx: OperatorDefinition = {
  name: 'rx',
  argument: 'optional',
  compile: (text) => {
    // Not `%{2}`, which repeats a percent sign.
    const hasMacro = /%\{[a-z_]\w*(?:[.:][^}]*)?\}/i.test(text);
    return hasMacro
      ? 'macros in a pattern are not supported; compare with @streq or @within'
      : compileRx(text);
  },
};
