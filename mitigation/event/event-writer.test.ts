import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, WorkerMetrics } from '../admin/worker-metrics.ts';
import { encodeEvent } from './encode-event.ts';
import { servedEvent } from './event-samples.ts';
import { EventWriter } from './event-writer.ts';

function setUp(options: { batchMax: number; batchBytesMax?: number }) {
  const region = new Float64Array(WorkerMetrics.regionLength());
  const batches: { lines: string; count: number }[] = [];
  const writer = new EventWriter({
    emit: (lines, count) => batches.push({ lines, count }),
    metrics: new WorkerMetrics(region),
    ...options,
  });
  return { region, batches, writer };
}

function recordMany(writer: EventWriter, count: number): void {
  for (let n = 0; n < count; n += 1) writer.record(servedEvent({ id: `id-${n}` }));
}

for (const [recorded, batches] of [
  [2, []],
  [3, [3]],
  [4, [3]],
  [6, [3, 3]],
] as const) {
  test(`EventWriter: ${recorded} events with batches of 3 are handed on as [${batches}]`, () => {
    const { writer, batches: emitted } = setUp({ batchMax: 3 });
    recordMany(writer, recorded);
    assert.deepEqual(
      emitted.map((batch) => batch.count),
      batches,
    );
  });
}

test('EventWriter: a batch is its events in order, one per line', () => {
  const { writer, batches } = setUp({ batchMax: 3 });
  recordMany(writer, 3);
  const ids = batches[0]!.lines
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
  assert.deepEqual(ids, ['id-0', 'id-1', 'id-2']);
  assert.ok(batches[0]!.lines.endsWith('}\n'));
});

test('EventWriter: flush hands the rest on once, and nothing when there is none', () => {
  const { writer, batches } = setUp({ batchMax: 10 });
  writer.flush();
  recordMany(writer, 2);
  writer.flush();
  writer.flush();
  assert.deepEqual(
    batches.map((batch) => batch.count),
    [2],
  );
});

const eventBytes = encodeEvent(servedEvent({ id: 'id-0' })).length;

for (const [what, batchBytesMax, expected] of [
  ['one byte more than two events', eventBytes * 2 + 1, 0],
  ['exactly two events', eventBytes * 2, 1],
  ['one byte less than two events', eventBytes * 2 - 1, 1],
] as const) {
  test(`EventWriter: after two events a byte limit of ${what} has completed ${expected} batches`, () => {
    const { writer, batches } = setUp({ batchMax: 100, batchBytesMax });
    recordMany(writer, 2);
    assert.equal(batches.length, expected);
  });
}

test('EventWriter: every recorded event is counted', () => {
  const { writer, region } = setUp({ batchMax: 3 });
  recordMany(writer, 5);
  assert.equal(region[Counter.eventRecorded], 5);
});

test('EventWriter: a batch of no event is a mistake of the programmer', () => {
  assert.throws(() => setUp({ batchMax: 0 }), /batchMax is 0, expected at least 1/);
});
