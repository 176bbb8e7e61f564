import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyHistogram } from '@secbeat/base/latency-histogram.ts';
import { verdicts } from '@secbeat/contracts/verdict.ts';
import {
  adoptSlot,
  Counter,
  countEventsTaken,
  counterCount,
  counterForReason,
  counterForStatus,
  counterForVerdict,
  Latency,
  latencyOffset,
  openPairs,
  retireSlot,
  WorkerMetrics,
} from './worker-metrics.ts';

function createRegion(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(WorkerMetrics.regionLength() * 8));
}

test('Counter: ids are the numbers from 0 to counterCount - 1, each once', () => {
  const ids = Object.values(Counter).sort((a, b) => a - b);
  assert.equal(ids.length, counterCount);
  assert.deepEqual(
    ids,
    Array.from({ length: counterCount }, (_, id) => id),
  );
});

for (const [status, counter] of [
  [-1, Counter.responseNone],
  [0, Counter.responseNone],
  [99, Counter.responseNone],
  [100, Counter.response1xx],
  [199, Counter.response1xx],
  [200, Counter.response2xx],
  [299, Counter.response2xx],
  [304, Counter.response3xx],
  [403, Counter.response4xx],
  [499, Counter.response4xx],
  [500, Counter.response5xx],
  [599, Counter.response5xx],
  [600, Counter.responseNone],
  [Number.NaN, Counter.responseNone],
] as const) {
  test(`counterForStatus: ${status} counts in cell ${counter}`, () => {
    assert.equal(counterForStatus(status), counter);
  });
}

test('counterForVerdict, counterForReason: every one has a cell of its own', () => {
  assert.deepEqual(Object.keys(counterForVerdict), [...verdicts]);
  assert.equal(new Set(Object.values(counterForVerdict)).size, 7);
  assert.equal(new Set(Object.values(counterForReason)).size, 18);
});

test('WorkerMetrics: adds to its cells and observes into its histograms', () => {
  const region = createRegion();
  const metrics = new WorkerMetrics(region);
  metrics.add(Counter.exchangeDeny, 1);
  metrics.add(Counter.exchangeDeny, 2);
  metrics.observe(Latency.exchange, 0.05);
  metrics.observe(Latency.waf, 70_000);
  assert.equal(region[Counter.exchangeDeny], 3);
  assert.equal(region[latencyOffset(Latency.exchange)], 1);
  assert.equal(region[latencyOffset(Latency.waf) + LatencyHistogram.boundsMs.length], 1);
  assert.equal(region.at(-1), 1);
  assert.equal(
    region.reduce((sum, cell) => sum + cell, 0),
    3 + (1 + 0.05 + 1) + (1 + 70_000 + 1),
  );
});

for (const cells of [WorkerMetrics.regionLength() - 1, WorkerMetrics.regionLength() + 1]) {
  test(`WorkerMetrics: a region of ${cells} cells is refused`, () => {
    assert.throws(() => new WorkerMetrics(new Float64Array(cells)), RangeError);
  });
}

test('WorkerMetrics: a successor goes on where a dead worker stopped', () => {
  const region = createRegion();
  new WorkerMetrics(region).add(Counter.exchangePass, 5);
  new WorkerMetrics(region).add(Counter.exchangePass, 1);
  assert.equal(region[Counter.exchangePass], 6);
});

test('retireSlot: what a dead worker had open is closed and totals stay; twice is once', () => {
  const region = createRegion();
  assert.equal(openPairs.length, 4);
  for (const [opened, closed] of openPairs) {
    region[opened] = 10;
    region[closed] = 4;
  }
  region[Counter.exchangePass] = 7;
  for (let time = 0; time < 2; time += 1) {
    retireSlot(region);
    for (const [opened, closed] of openPairs) assert.deepEqual([region[opened], region[closed]], [10, 10]);
    assert.equal(region[Counter.exchangePass], 7);
  }
});

test('retireSlot: events that were neither taken nor dropped are lost, each counted once', () => {
  const region = createRegion();
  region[Counter.eventRecorded] = 100;
  region[Counter.eventDropped] = 10;
  countEventsTaken(region, 60);
  retireSlot(region);
  retireSlot(region);
  assert.equal(region[Counter.eventLost], 30);
  region[Counter.eventRecorded] = 105;
  countEventsTaken(region, 3);
  retireSlot(region);
  assert.equal(region[Counter.eventLost], 32);
});

test('adoptSlot: events under way in the generation before are not lost, now or later', () => {
  const region = createRegion();
  region[Counter.connectionPlainAccepted] = 3;
  region[Counter.eventRecorded] = 100;
  countEventsTaken(region, 60);
  adoptSlot(region);
  retireSlot(region);
  assert.equal(region[Counter.eventLost], 0);
  assert.equal(region[Counter.connectionPlainClosed], 3);
});
