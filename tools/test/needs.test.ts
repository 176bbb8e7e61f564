import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Machine, missingNeeds, missingPackages } from './needs.ts';
import { missingOutcome } from './run.ts';
import type { Suite } from './suite.ts';

const bare: Machine = {
  isRoot: false,
  sharedDirectory: '/nowhere/shared',
  hasProgram: () => false,
  hasDirectory: () => false,
  canMakeNetworkNamespace: () => false,
};
const full: Machine = {
  isRoot: true,
  sharedDirectory: '/somewhere/shared',
  hasProgram: () => true,
  hasDirectory: () => true,
  canMakeNetworkNamespace: () => true,
};

test('needs: a full machine misses nothing', () => {
  assert.deepEqual(missingNeeds(['root', 'netns', 'shared-data', 'nginx', 'chromium'], full), []);
  assert.deepEqual(missingPackages(['root', 'nginx', 'chromium'], full), []);
});

test('needs: packages are named once, sorted, and only where a package helps', () => {
  assert.deepEqual(missingPackages(['wrk', 'nginx', 'root', 'wrk', 'shared-data'], bare), [
    'nginx-light',
    'wrk',
  ]);
});

test('needs: each reason says what is missing and what to do', () => {
  assert.deepEqual(missingNeeds(['root', 'shared-data', 'nginx'], bare), [
    'it needs root: run npm test as root',
    'the shared test data is not at /nowhere/shared: set SECBEAT_SHARED to its directory',
    'nginx is not installed: apt-get install nginx-light, or run as root',
  ]);
});

const suite: Suite = {
  name: 'browser',
  kind: 'required',
  long: false,
  needs: ['chromium'],
  minutesMax: 1,
  run: { kind: 'entry', entry: 'none.ts', args: [] },
};
const rows: readonly {
  readonly kind: Suite['kind'];
  readonly isCi: boolean;
  readonly counts: readonly number[];
}[] = [
  { kind: 'required', isCi: true, counts: [1, 0] },
  { kind: 'required', isCi: false, counts: [0, 1] },
  { kind: 'optional', isCi: true, counts: [0, 1] },
  { kind: 'optional', isCi: false, counts: [0, 1] },
];
for (const { kind, isCi, counts } of rows) {
  test(`needs: a missing need of an ${kind} suite, CI ${isCi}`, () => {
    const outcome = missingOutcome({ ...suite, kind }, ['chromium is not installed'], isCi);
    assert.deepEqual([outcome.failed, outcome.skipped], counts);
    const told = outcome.skipReason ?? outcome.failures[0]?.detail ?? '';
    assert.match(told, /chromium is not installed/);
  });
}
