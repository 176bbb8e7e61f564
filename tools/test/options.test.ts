import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTestOptions } from './options.ts';
import { lastLine } from './report.ts';
import type { Suite, SuiteOutcome } from './suite.ts';

const run = { kind: 'entry', entry: 'none.ts', args: [] } as const;
const all: readonly Suite[] = [
  { name: 'unit', kind: 'required', long: false, needs: [], minutesMax: 1, run },
  { name: 'soak', kind: 'optional', long: true, needs: [], minutesMax: 1, run },
];

const rows: readonly { readonly args: readonly string[]; readonly picks: readonly string[] }[] = [
  { args: [], picks: ['unit'] },
  { args: ['--long'], picks: ['soak'] },
  { args: ['--only', 'soak'], picks: ['soak'] },
  { args: ['--only', 'soak', '--only', 'unit'], picks: ['unit', 'soak'] },
];
for (const { args, picks } of rows) {
  test(`options: ${args.join(' ') || 'nothing'} picks ${picks.join(', ')}`, () => {
    assert.deepEqual(
      parseTestOptions(args, all).suites.map((suite) => suite.name),
      picks,
    );
  });
}

test('options: an unknown suite names the nearest and all', () => {
  assert.throws(() => parseTestOptions(['--only', 'unti'], all), {
    code: 'unknown-suite',
    message: 'there is no suite "unti"; did you mean "unit"? Suites: unit, soak',
  });
});

test('options: an unknown option shows the usage', () => {
  assert.throws(() => parseTestOptions(['--onyl', 'unit'], all), {
    code: 'bad-option',
    message: /--onyl[\s\S]*--only NAME/,
  });
});

const outcome: SuiteOutcome = { suite: 'a', passed: 3, failed: 1, skipped: 0, seconds: 1, failures: [] };
test('report: the last line is what CI reads', () => {
  assert.equal(lastLine([outcome, { ...outcome, passed: 4, failed: 0 }]), '7 passed, 1 failed');
  assert.equal(
    lastLine([outcome, { ...outcome, passed: 0, failed: 0, skipped: 2 }]),
    '3 passed, 1 failed, 2 skipped',
  );
});
