/** The fuzzers of CI, for an hour instead of seconds: what `npm run test:long` adds. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const minutesMax = 50;

const runs: readonly (readonly [
  name: string,
  file: string,
  environment: Readonly<Record<string, string>>,
])[] = [
  [
    'two million requests, read as node:http reads them',
    'http/h1/differential.test.ts',
    { SECBEAT_FUZZ_CASES: '2000000' },
  ],
  [
    'thirty minutes of random peers on both sides of a node',
    'test/fuzz/proxy-fuzz.test.ts',
    { SECBEAT_FUZZ_MS: '1800000' },
  ],
];

for (const [name, file, environment] of runs) {
  test(`soak: ${name}`, () => {
    const seed = String(Date.now() % 1_000_000_000);
    // A child of the test runner that is told so would report to it instead of printing.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const child = spawnSync(process.execPath, ['--test', file], {
      cwd: root,
      env: { ...inherited, SECBEAT_FUZZ_SEED: seed, ...environment },
      encoding: 'utf8',
      timeout: minutesMax * 60_000,
    });
    assert.equal(child.status, 0, `seed ${seed}\n${child.stdout}\n${child.stderr}`);
    assert.match(child.stdout, /pass [1-9]/);
  });
}
