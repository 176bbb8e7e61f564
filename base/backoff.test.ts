import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackoff } from './backoff.ts';
import type { Random } from './random.ts';

function createConstantRandom(fraction: number): Random {
  return { uint32: () => Math.floor(fraction * 2 ** 32), fraction: () => fraction };
}

test('backoff: the ceiling doubles up to its maximum', () => {
  const backoff = createBackoff({ baseMs: 100, maxMs: 1_000, random: createConstantRandom(0.999999) });
  const waits = Array.from({ length: 6 }, () => backoff.nextMs());
  assert.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000]);
  assert.equal(backoff.attempts, 6);
});

test('backoff: jitter is full, down to 0', () => {
  const backoff = createBackoff({ baseMs: 100, maxMs: 1_000, random: createConstantRandom(0) });
  assert.deepEqual([backoff.nextMs(), backoff.nextMs()], [0, 0]);
});

test('backoff: half a fraction is half the ceiling', () => {
  const backoff = createBackoff({ baseMs: 100, maxMs: 1_000, random: createConstantRandom(0.5) });
  assert.deepEqual([backoff.nextMs(), backoff.nextMs()], [50, 100]);
});

test('backoff: reset starts over', () => {
  const backoff = createBackoff({ baseMs: 10, maxMs: 1_000, random: createConstantRandom(0.999999) });
  backoff.nextMs();
  backoff.nextMs();
  backoff.reset();
  assert.equal(backoff.attempts, 0);
  assert.equal(backoff.nextMs(), 10);
});

test('backoff: ten thousand failures still wait the maximum', () => {
  const backoff = createBackoff({ baseMs: 1, maxMs: 30_000, random: createConstantRandom(0.999999) });
  let lastMs = 0;
  for (let attempt = 0; attempt < 10_000; attempt++) lastMs = backoff.nextMs();
  assert.equal(lastMs, 30_000);
});

for (const [baseMs, maxMs] of [
  [0, 10],
  [10, 9],
  [Number.NaN, 10],
] as const) {
  test(`backoff: from ${baseMs} to ${maxMs} ms is refused`, () => {
    const random = createConstantRandom(0);
    assert.throws(() => createBackoff({ baseMs, maxMs, random }), /expected 1 <= baseMs <= maxMs/);
  });
}
