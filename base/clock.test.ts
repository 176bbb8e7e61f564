import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createManualClock, systemClock, ticksPerSecond } from './clock.ts';

test('system clock: monotonic time is that of CLOCK_MONOTONIC within 1 ms', () => {
  const before = Number(process.hrtime.bigint()) / 1e6;
  const monotonicMs = systemClock.monotonicMs();
  const after = Number(process.hrtime.bigint()) / 1e6;
  assert(monotonicMs > before - 1 && monotonicMs < after + 1, `${before} ${monotonicMs} ${after}`);
});

test('system clock: monotonic time never goes back', () => {
  let last = systemClock.monotonicMs();
  for (let reading = 0; reading < 10_000; reading++) {
    const now = systemClock.monotonicMs();
    assert(now >= last);
    last = now;
  }
});

test('system clock: a tick is 10 us of monotonic time, as an Int32', () => {
  const before = Math.floor(systemClock.monotonicMs() * 100);
  const tick = systemClock.tick();
  const after = Math.floor(systemClock.monotonicMs() * 100);
  assert.equal(tick, tick | 0);
  const elapsed = (tick - (before | 0)) | 0;
  assert(elapsed >= 0 && elapsed <= after - before, `${before} ${tick} ${after}`);
  assert.equal(ticksPerSecond, 100_000);
});

test('system clock: a worker thread reads the same ticks within 1 ms', async () => {
  const source = `
    import { parentPort } from 'node:worker_threads';
    import { systemClock } from ${JSON.stringify(new URL('./clock.ts', import.meta.url).href)};
    parentPort.on('message', () => parentPort.postMessage(systemClock.tick()));
    parentPort.postMessage('ready');`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const answer = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
  try {
    assert.equal(await answer(), 'ready');
    for (let round = 0; round < 5; round++) {
      const before = systemClock.tick();
      worker.postMessage('read');
      const tick = await answer();
      const after = systemClock.tick();
      assert(typeof tick === 'number');
      assert(((tick - before) | 0) > -100 && ((after - tick) | 0) > -100, `${before} ${tick} ${after}`);
    }
  } finally {
    await worker.terminate();
  }
});

test('manual clock: stands still until it is advanced', () => {
  const clock = createManualClock({ nowMs: 1_000, monotonicMs: 50 });
  assert.deepEqual([clock.nowMs(), clock.monotonicMs(), clock.tick()], [1_000, 50, 5_000]);
  clock.advance(0.25);
  assert.deepEqual([clock.nowMs(), clock.monotonicMs(), clock.tick()], [1_000.25, 50.25, 5_025]);
});

test('manual clock: setting the wall time leaves the monotonic time alone', () => {
  const clock = createManualClock({ nowMs: 1_000, monotonicMs: 50 });
  clock.setWall(10);
  assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [10, 50]);
});

for (const [monotonicMs, tick] of [
  [21_474_836.47, 2_147_483_647],
  [21_474_836.48, -2_147_483_648],
  [42_949_672.96, 0],
] as const) {
  test(`manual clock: the tick at ${monotonicMs} ms is ${tick}`, () => {
    assert.equal(createManualClock({ monotonicMs }).tick(), tick);
  });
}
