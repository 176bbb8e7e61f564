/** What the baseline rules let through: every value of testdata/benign, in every place where people put such values. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCases } from './case-file.ts';
import { compileBaseline, judge } from './judge.ts';
import { readKnownCases } from './known-cases.ts';

const valuesMin = 700;
const requestsMin = 2_500;

const ruleset = compileBaseline();
const cases = readCases(new URL('./testdata/benign/', import.meta.url), [
  'query',
  'form',
  'json',
  'multipart',
]);
const known = readKnownCases(new URL('./testdata/known-false-positives.md', import.meta.url));

describe('baseline, ordinary requests', () => {
  it(`there are at least ${valuesMin} values in ${requestsMin} requests`, () => {
    assert(new Set(cases.map((each) => each.value)).size >= valuesMin);
    assert(cases.length >= requestsMin);
  });

  for (const group of new Set(cases.map((each) => `${each.family}: ${each.group}`))) {
    it(`${group}: none is refused`, () => {
      const ours = cases.filter((each) => `${each.family}: ${each.group}` === group);
      const refused: string[] = [];
      for (const each of ours) {
        const { isDenied, matches } = judge(ruleset, each);
        if (isDenied && !known.includes(each.name)) refused.push(`${each.name} (${matches.join(', ')})`);
      }
      assert(ours.length > 0);
      assert.deepEqual(refused, []);
    });
  }

  it('every known false positive is still one', () => {
    const refused = cases.filter((each) => known.includes(each.name) && judge(ruleset, each).isDenied);
    assert.deepEqual(refused.map((each) => each.name).toSorted(), known.toSorted());
  });
});
