import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyHistogram } from './latency-histogram.ts';

function createHistogram(): LatencyHistogram {
  return new LatencyHistogram(new Float64Array(LatencyHistogram.length));
}

/** Index of the only bucket that has something. */
function bucketOf(ms: number): number {
  const histogram = createHistogram();
  histogram.observe(ms);
  const filled: number[] = [];
  for (let bucket = 0; bucket <= LatencyHistogram.boundsMs.length; bucket++) {
    if (histogram.bucket(bucket) > 0) filled.push(bucket);
  }
  assert.equal(filled.length, 1);
  return filled[0]!;
}

test('latency histogram: 24 bounds from 50 us to 60 s, 6 of them below 1 ms, ascending', () => {
  const bounds = LatencyHistogram.boundsMs;
  assert.equal(bounds.length, 24);
  assert.equal(bounds[0], 0.05);
  assert.equal(bounds[23], 60_000);
  assert.equal(bounds.filter((bound) => bound < 1).length, 6);
  assert.deepEqual(
    bounds,
    [...bounds].sort((a, b) => a - b),
  );
  assert.equal(LatencyHistogram.length, 27);
});

for (const [ms, bucket] of [
  [0, 0],
  [0.049, 0],
  [0.05, 0],
  [0.051, 1],
  [0.75, 5],
  [0.999, 6],
  [1, 6],
  [1.001, 7],
  [42, 13],
  [59_999, 23],
  [60_000, 23],
  [60_001, 24],
  [1e12, 24],
  [Number.POSITIVE_INFINITY, 24],
  [-1, 0],
  [Number.NaN, 0],
] as const) {
  test(`latency histogram: ${ms} ms falls into bucket ${bucket}`, () => {
    assert.equal(bucketOf(ms), bucket);
  });
}

test('latency histogram: each bound belongs to its own bucket', () => {
  assert.equal(LatencyHistogram.boundsMs.length, 24);
  for (const [index, bound] of LatencyHistogram.boundsMs.entries()) assert.equal(bucketOf(bound), index);
});

test('latency histogram: keeps sum and count, impossible durations as 0', () => {
  const histogram = createHistogram();
  for (const ms of [1, 2.5, 0.25, -4, Number.NaN]) histogram.observe(ms);
  assert.equal(histogram.sumMs, 3.75);
  assert.equal(histogram.count, 5);
});

test('latency histogram: a second view of a shared region reads what the first wrote', () => {
  const buffer = new SharedArrayBuffer(8 * (LatencyHistogram.length + 2));
  const written = new LatencyHistogram(new Float64Array(buffer, 16, LatencyHistogram.length));
  written.observe(3);
  const read = new LatencyHistogram(new Float64Array(buffer, 16, LatencyHistogram.length));
  assert.deepEqual([read.count, read.sumMs, read.bucket(9)], [1, 3, 1]);
});

for (const length of [26, 28]) {
  test(`latency histogram: a region of ${length} cells is refused`, () => {
    assert.throws(() => new LatencyHistogram(new Float64Array(length)), /exactly LatencyHistogram.length/);
  });
}

for (const bucket of [-1, 25]) {
  test(`latency histogram: there is no bucket ${bucket}`, () => {
    assert.throws(() => createHistogram().bucket(bucket), /no bucket/);
  });
}
