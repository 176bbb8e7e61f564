/** What the baseline rules catch: every value of testdata/attack, in every place that its group names. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Case, readCases } from './case-file.ts';
import { compileBaseline, judge } from './judge.ts';
import { readKnownCases } from './known-cases.ts';

/** Of each family: the requests that there must be at least, and the share of them that must be refused. */
const floors: Readonly<Record<string, { readonly requestsMin: number; readonly shareMin: number }>> = {
  code: { requestsMin: 300, shareMin: 0.98 },
  command: { requestsMin: 300, shareMin: 0.97 },
  files: { requestsMin: 200, shareMin: 0.98 },
  protocol: { requestsMin: 40, shareMin: 0.97 },
  scanner: { requestsMin: 40, shareMin: 1 },
  sql: { requestsMin: 300, shareMin: 0.96 },
  xss: { requestsMin: 300, shareMin: 0.99 },
};

const ruleset = compileBaseline();
const cases = readCases(new URL('./testdata/attack/', import.meta.url), []);
const knownMisses = readKnownCases(new URL('./testdata/known-misses.md', import.meta.url));

describe('baseline, attacks', () => {
  it('the families of the data are those that have a floor', () => {
    assert.deepEqual([...new Set(cases.map((each) => each.family))].sort(), Object.keys(floors).sort());
  });

  it('no request is there twice', () => {
    const names = cases.map(nameOf);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it('every known miss names a request of the data', () => {
    const names = new Set(cases.map(nameOf));
    assert.deepEqual(
      knownMisses.filter((name) => !names.has(name)),
      [],
    );
  });

  for (const [family, { requestsMin, shareMin }] of Object.entries(floors)) {
    it(`${family}: at least ${shareMin * 100} % are refused, and all that are not are known`, (context) => {
      const ours = cases.filter((each) => each.family === family);
      const missed = ours.filter((each) => !judge(ruleset, each).isDenied).map(nameOf);
      const caught = ours.length - missed.length;
      context.diagnostic(`${family}: ${caught} of ${ours.length} refused`);
      for (const name of missed) context.diagnostic(`missed: ${name}`);
      assert(ours.length >= requestsMin, `${ours.length} requests, at least ${requestsMin} expected`);
      assert(caught / ours.length >= shareMin, `${caught} of ${ours.length} is less than ${shareMin}`);
      // Both ways: a miss that is not listed is new, and one that is listed and refused has been repaired.
      const known = knownMisses.filter((name) => name.startsWith(`${family}, `));
      assert.deepEqual(missed.toSorted(), known.toSorted());
    });
  }
});

function nameOf(each: Case): string {
  return `${each.family}, ${each.name}`;
}
