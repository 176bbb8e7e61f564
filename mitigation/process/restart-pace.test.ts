import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '@secbeat/base/random.ts';
import { createRestartPace } from './restart-pace.ts';

/** Draws the ceiling of every wait. */
const highest: Random = { uint32: () => 0xffff_ffff, fraction: () => 0.999_999_999 };

const options = { deathsMax: 3, windowMs: 10_000, waitMs: 1000, waitMaxMs: 8000, random: highest };

const rows = [
  { name: 'fewer deaths than the maximum restart at once', deathsMs: [0, 1, 2], delaysMs: [0, 0, 0] },
  { name: 'one more within the window waits', deathsMs: [0, 1, 2, 3], delaysMs: [0, 0, 0, 1000] },
  {
    name: 'waits double up to their maximum',
    deathsMs: [0, 0, 0, 0, 1000, 3000, 7000, 15_000],
    delaysMs: [0, 0, 0, 1000, 2000, 4000, 8000, 8000],
  },
  { name: 'deaths outside the window do not count', deathsMs: [0, 1, 2, 10_003], delaysMs: [0, 0, 0, 0] },
  {
    name: 'a life of a window and the wait before it ends the waiting',
    deathsMs: [0, 0, 0, 0, 11_001],
    delaysMs: [0, 0, 0, 1000, 0],
  },
  {
    name: 'a shorter one does not',
    deathsMs: [0, 0, 0, 0, 11_000],
    delaysMs: [0, 0, 0, 1000, 2000],
  },
];

for (const { name, deathsMs, delaysMs } of rows) {
  test(`restart pace: ${name}`, () => {
    const pace = createRestartPace(options);
    assert.deepEqual(
      deathsMs.map((deathMs) => pace.nextDelayMs(deathMs)),
      delaysMs,
    );
  });
}
