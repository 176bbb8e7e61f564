import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAnchored, isLinear } from './analysis.ts';
import { LazyAutomaton } from './lazy-automaton.ts';
import { parsePattern } from './parse.ts';
import type { Pattern } from './pattern.ts';
import { compileProgram } from './program.ts';

function patternOf(source: string): Pattern {
  const pattern = parsePattern(source);
  assert.ok(!('message' in pattern), source);
  return pattern;
}

function automatonOf(source: string): LazyAutomaton {
  const pattern = patternOf(source);
  const program = compileProgram(pattern);
  assert.ok(typeof program !== 'string', source);
  return new LazyAutomaton(program, isAnchored(pattern));
}

/** A text of `length` letters, each `first` or `second`, the same for the same seed. */
function seededText(seed: number, length: number, first: string, second: string): string {
  let state = seed;
  let text = '';
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += (state >>> 16) % 2 === 0 ? first : second;
  }
  return text;
}

test('lazy automaton: a table that is full is emptied and the answer stays right', () => {
  // Whether the 15th byte from the end is an `a`: 2^15 states.
  const automaton = automatonOf('a[ab]{14}$');
  for (let round = 0; round < 10; round++) {
    const value = seededText(round, 4000, 'a', 'b');
    assert.equal(automaton.matches(value), value.at(-15) === 'a', `round ${round}`);
  }
  assert.ok(automaton.flushCount > 0, 'the table was never full');
});

test('lazy automaton: states that name many instructions are dropped before they fill the memory', () => {
  // Each `a` begins one more count, so that a state names some 250 instructions.
  const automaton = automatonOf('a[^c]{500}c');
  const value = seededText(1, 3000, 'a', 'x');
  assert.equal(automaton.matches(`${value}a${'x'.repeat(500)}c`), true);
  assert.equal(automaton.matches(value), false);
  assert.equal(automaton.matches(`a${'x'.repeat(499)}c`), false);
  assert.ok(automaton.flushCount > 0, 'the states were never too large');
});

const starts: readonly (readonly [pattern: string, value: string, start: number])[] = [
  ['abc', 'xxabxabc', 5],
  ['abc', 'xxx', -1],
  ['a.*c', 'xabxc', 1],
  ['\\bfoo', 'xfoo foo', 5],
  ['', 'x', 0],
];

for (const [pattern, value, start] of starts) {
  test(`lazy automaton: the search for ${pattern} in ${value} may begin at ${start}`, () => {
    assert.equal(automatonOf(pattern).searchStart(value), start);
  });
}

const anchored: readonly (readonly [pattern: string, isAnchored: boolean])[] = [
  ['^a', true],
  ['\\Aa', true],
  ['(?:^a|^b)c', true],
  ['(^a)+', true],
  ['^a|b', false],
  ['(?m)^a', false],
  ['(?:^a)?', false],
  ['a^', false],
];

for (const [pattern, expected] of anchored) {
  test(`analysis: ${pattern} is ${expected ? '' : 'not '}anchored`, () => {
    assert.equal(isAnchored(patternOf(pattern)), expected);
  });
}

const costs: readonly (readonly [pattern: string, isLinear: boolean])[] = [
  ['a', true],
  ['<\\?(?!xml)', true],
  ['a*', false],
  ['(?=a*)', false],
  ['a{1,100}', true],
  ['(?:a{1,100}){1,100}', false],
  ['a?'.repeat(11), true],
  ['a?'.repeat(13), false],
  ['(?:a|b|c|d){6}', false],
  ['[abcd]{6}', true],
  ['[abcd]{1000}(?!x)', true],
];

for (const [pattern, expected] of costs) {
  test(`analysis: one attempt of ${pattern} is ${expected ? '' : 'not '}proved to be bounded`, () => {
    assert.equal(isLinear(patternOf(pattern)), expected);
  });
}
