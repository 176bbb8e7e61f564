import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import { createSeededRandom } from '@secbeat/base/random.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { LimitsConfig } from '../config/model.ts';
import { findLimitsFault, openSharedState, SharedMemory } from './shared-state.ts';
import { createTestConfig } from './testing/node-config.ts';

const clock = createManualClock({ monotonicMs: 1000 });
const { limits } = createTestConfig('', '');
const client = [0, 0, 0xffff, 0xc0000201] as const;

function create(seed: number, change: Partial<LimitsConfig> = {}): SharedMemory {
  return new SharedMemory({
    slots: 2,
    limits: { ...limits, ...change },
    clock,
    random: createSeededRandom(seed),
  });
}

/** How many cells in a row conform now, at most 10. */
function admitted(memory: SharedMemory, slot = 0): number {
  const { requestLimits } = openSharedState(memory.buffers, slot);
  let count = 0;
  while (count < 10 && requestLimits.take(...client, clock.tick()) === 0) count += 1;
  return count;
}

test('shared state: all slots take from one bucket', () => {
  const memory = create(1);
  assert.equal(admitted(memory, 0), 3);
  assert.equal(admitted(memory, 1), 0);
});

test('shared state: regions of metrics are apart, a retired one has nothing open', () => {
  const memory = create(1);
  const [zero, one] = [openSharedState(memory.buffers, 0), openSharedState(memory.buffers, 1)];
  zero.metrics[Counter.connectionPlainAccepted] = 5;
  one.metrics[Counter.connectionPlainAccepted] = 7;
  memory.retire(0);
  const [first, second] = memory.regions();
  assert.equal(first![Counter.connectionPlainClosed], 5);
  assert.equal(second![Counter.connectionPlainClosed], 0);
  assert.equal((one.metrics.byteOffset - zero.metrics.byteOffset) % 64, 0);
});

test('shared state: retiring a slot forgets its connections and what it had under way', () => {
  const memory = create(1);
  const { connectionCounts, backlogs } = openSharedState(memory.buffers, 0);
  connectionCounts.increment(...client, 0);
  connectionCounts.increment(...client, 1);
  Atomics.store(backlogs, 0, 99);
  memory.retire(0);
  assert.equal(connectionCounts.count(...client), 1);
  assert.equal(Atomics.load(backlogs, 0), 0);
});

test('snapshot: a client over its limit stays over it in the next generation, also for views opened in between', () => {
  const before = create(1);
  const next = create(2);
  assert.equal(next.restore(before.snapshot(), true), true);
  const view = openSharedState(next.buffers, 1);
  assert.equal(admitted(before), 3);
  assert.equal(next.restore(before.snapshot(), false), true);
  assert.ok(view.requestLimits.take(...client, clock.tick()) > 0);
  assert.equal(admitted(next), 0);
});

test('snapshot: the limits of the next generation are its own', () => {
  const before = create(1);
  const next = create(2, { requestsBurst: 5 });
  next.restore(before.snapshot(), true);
  const view = openSharedState(next.buffers, 0);
  next.restore(before.snapshot(), false);
  let count = 0;
  while (count < 10 && view.requestLimits.take(...client, clock.tick()) === 0) count += 1;
  assert.equal(count, 5);
});

test('snapshot: totals go on, and what the generation before has open is not open here', () => {
  const before = create(1);
  openSharedState(before.buffers, 1).metrics[Counter.connectionTlsAccepted] = 4;
  const next = create(2);
  next.restore(before.snapshot(), true);
  assert.equal(next.regions()[1]![Counter.connectionTlsAccepted], 4);
  assert.equal(next.regions()[1]![Counter.connectionTlsClosed], 4);
});

test('snapshot: one of another layout, from too long ago, or without a first is not taken', () => {
  const before = create(1);
  admitted(before);
  const snapshot = before.snapshot();
  const unfit = [
    { ...snapshot, version: snapshot.version + 1 },
    { ...snapshot, requestLimits: snapshot.requestLimits.slice(1) },
    { ...snapshot, metrics: snapshot.metrics.slice(1) },
    { ...snapshot, tick: (snapshot.tick - 6_000_000) | 0 },
    { ...snapshot, tick: (snapshot.tick + 1) | 0 },
  ];
  const next = create(2);
  for (const wrong of unfit) assert.equal(next.restore(wrong, true), false);
  assert.equal(next.restore(snapshot, false), false);
  assert.equal(admitted(next), 3);
  assert.equal(create(3).restore({ ...snapshot, tick: (snapshot.tick - 5_999_999) | 0 }, true), true);
});

test('limits: what no bucket can do is a fault with its place', () => {
  assert.equal(findLimitsFault(limits), undefined);
  assert.match(findLimitsFault({ ...limits, requestsBurst: 0 }) ?? '', /^limits: a burst of 0/);
});
