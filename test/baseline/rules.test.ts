/** What must hold of the baseline's texts, whatever they match. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePattern } from '@secbeat/waf/operators/regex/parse.ts';
import { compileRx } from '@secbeat/waf/operators/rx.ts';
import { type Case, parseCases } from './case-file.ts';
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

  it('a request at the threshold is refused, one below it is not', () => {
    const ruleset = compileBaseline();
    const [climb, cookie, both] = parseCases(
      [
        '# hints',
        '## hints',
        'in: target',
        '```lines',
        '/static/../x',
        '/?q=document.cookie',
        '/static/../x?q=document.cookie+information_schema.x',
        '```',
      ].join('\n'),
      [],
    ) as [Case, Case, Case];
    assert.deepEqual([judge(ruleset, climb).score, judge(ruleset, climb).isDenied], [2, false]);
    assert.deepEqual([judge(ruleset, cookie).score, judge(ruleset, cookie).isDenied], [2, false]);
    assert.deepEqual([judge(ruleset, both).score, judge(ruleset, both).isDenied], [7, true]);
  });
});
