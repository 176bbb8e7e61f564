import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drain } from './drain.ts';

/** Lets promise reactions run, and shows whether `promise` has settled by then. */
async function settledValue(promise: Promise<number>): Promise<number | 'pending'> {
  return Promise.race([promise, Promise.resolve().then(() => Promise.resolve('pending' as const))]);
}

test('drain: nothing open resolves at once', async () => {
  assert.equal(await new Drain().wait(1_000), 0);
});

test('drain: resolves with 0 when the last one leaves, and not before', async () => {
  const drain = new Drain();
  drain.enter();
  drain.enter();
  const drained = drain.wait(60_000);
  drain.leave();
  assert.equal(await settledValue(drained), 'pending');
  drain.leave();
  assert.equal(await drained, 0);
  assert.equal(drain.open, 0);
});

test('drain: one that enters while waiting is waited for', async () => {
  const drain = new Drain();
  drain.enter();
  const drained = drain.wait(60_000);
  drain.enter();
  drain.leave();
  assert.equal(await settledValue(drained), 'pending');
  drain.leave();
  assert.equal(await drained, 0);
});

for (const [passedMs, outcome] of [
  [999, 'pending'],
  [1_000, 2],
  [1_001, 2],
] as const) {
  test(`drain: a deadline of 1,000 ms with 2 open gives ${outcome} after ${passedMs} ms`, async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const drain = new Drain();
    drain.enter();
    drain.enter();
    const drained = drain.wait(1_000);
    context.mock.timers.tick(passedMs);
    assert.equal(await settledValue(drained), outcome);
    assert.equal(drain.open, 2);
  });
}

test('drain: several may wait, each with its own deadline', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const drain = new Drain();
  drain.enter();
  const short = drain.wait(10);
  const long = drain.wait(1_000);
  context.mock.timers.tick(10);
  assert.equal(await short, 1);
  drain.leave();
  assert.equal(await long, 0);
});

test('drain: leaving without having entered is a mistake', () => {
  assert.throws(() => new Drain().leave(), /without a matching enter/);
});
