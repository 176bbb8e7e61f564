/** What must hold of the baseline's texts, whatever they match. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePattern } from '@secbeat/waf/operators/regex/parse.ts';
import { compileRx } from '@secbeat/waf/operators/rx.ts';
import type { Case } from './case-file.ts';
import { compileBaseline, judge, readBaseline } from './judge.ts';

const files = readBaseline('conf');
const ids = files.flatMap(({ file, text }) =>
  [...text.matchAll(/"id:(\d+),phase:(\d)/g)].map((found) => ({ file, id: Number(found[1]) })),
);
const patterns = files.flatMap(({ file, text }) =>
  [...text.matchAll(/^\s*SecRule [^"]+ "!?@rx ((?:[^"\\]|\\.)*)"/gm)].map((found) => ({
    file,
    pattern: found[1]!.replaceAll('\\"', '"'),
  })),
);

describe('baseline, rules', () => {
  it('ids are of their file and stand once', () => {
    assert(ids.length > 50);
    assert.equal(new Set(ids.map(({ id }) => id)).size, ids.length);
    for (const { file, id } of ids) {
      assert.equal(Math.floor(id / 1000), 100 + Number(file.slice(0, 2)), `${id} in ${file}`);
    }
  });

  it('all patterns are found by this test', () => {
    const written = files.reduce((sum, { text }) => sum + text.split('"@rx ').length - 1, 0);
    assert.equal(patterns.length, written);
    assert(patterns.length > 40);
  });

  for (const [index, { file, pattern }] of patterns.entries()) {
    it(`${file}: pattern ${index} runs on the automaton, in linear time`, () => {
      const parsed = parsePattern(pattern);
      assert(!('message' in parsed), pattern);
      // A pattern with look-around would go to a backtracking matcher.
      assert.equal(parsed.hasLook, false, pattern);
      assert.equal(typeof compileRx(pattern), 'object', pattern);
    });
  }

  for (const [leaves, isDenied] of [
    [9_999, false],
    [10_000, false],
    [10_001, true],
  ] as const) {
    it(`a JSON body with ${leaves} leaves is ${isDenied ? 'refused: not all of it was read' : 'taken'}`, () => {
      const value = `[${'1,'.repeat(leaves - 1)}1]`;
      assert.equal(judge(compileBaseline(), caseOf('body:application/json', value)).isDenied, isDenied);
    });
  }

  for (const [pieces, isDenied] of [
    [9, false],
    [10, false],
    [11, true],
  ] as const) {
    it(`a range request for ${pieces} pieces is ${isDenied ? 'refused' : 'taken'}`, () => {
      const value = `bytes=${'0-1,'.repeat(pieces - 1)}0-1`;
      assert.equal(judge(compileBaseline(), caseOf('header:Range', value)).isDenied, isDenied);
    });
  }

  it('a request at the threshold is refused, one below it is not', () => {
    const ruleset = compileBaseline();
    const verdictOf = (target: string): readonly unknown[] => {
      const { score, isDenied } = judge(ruleset, caseOf('target', target));
      return [score, isDenied];
    };
    assert.deepEqual(verdictOf('/static/../x'), [2, false]);
    assert.deepEqual(verdictOf('/static/../x?q=document.cookie'), [4, false]);
    assert.deepEqual(verdictOf('/static/../x?q=information_schema.x'), [5, true]);
  });
});

function caseOf(place: string, value: string): Case {
  return { family: 'rules', group: 'rules', place, encoding: 'plain', value, name: value };
}
