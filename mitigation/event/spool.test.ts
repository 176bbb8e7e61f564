import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventSpool } from './spool.ts';

const line = '0123456789\n'; // 11 bytes

function filled(bytesMax: number, batches: number): EventSpool {
  const spool = new EventSpool({ bytesMax });
  for (let n = 0; n < batches; n += 1) spool.append(line, 1);
  return spool;
}

for (const [bytesMax, kept, dropped] of [
  [32, 2, 1],
  [33, 3, 0],
  [34, 3, 0],
] as const) {
  test(`EventSpool: of three batches of 11 bytes ${kept} stay in ${bytesMax} bytes`, () => {
    const stats = filled(bytesMax, 3).stats();
    assert.equal(stats.events, kept);
    assert.equal(stats.bytes, kept * 11);
    assert.equal(stats.droppedEvents, dropped);
    assert.equal(stats.droppedBytes, dropped * 11);
    assert.equal(stats.appendedEvents, 3);
  });
}

test('EventSpool: the oldest batch is dropped first', () => {
  const spool = new EventSpool({ bytesMax: 4 });
  for (const lines of ['a\n', 'b\n', 'c\n']) spool.append(lines, 1);
  assert.equal(spool.take(100)?.lines.toString(), 'b\nc\n');
});

test('EventSpool: a batch larger than the spool is dropped and the others stay', () => {
  const spool = filled(33, 2);
  spool.append(line.repeat(4), 4);
  const stats = spool.stats();
  assert.equal(stats.events, 2);
  assert.equal(stats.droppedEvents, 4);
});

for (const [maxBytes, count] of [
  [0, 1],
  [21, 1],
  [22, 2],
  [23, 2],
  [33, 3],
  [1000, 3],
] as const) {
  test(`EventSpool: take(${maxBytes}) gives ${count} of three batches of 11 bytes`, () => {
    const spool = filled(100, 3);
    const batch = spool.take(maxBytes);
    assert.equal(batch?.count, count);
    assert.equal(batch?.lines.toString(), line.repeat(count));
    assert.equal(spool.stats().events, 3 - count);
    assert.equal(spool.stats().takenEvents, count);
  });
}

test('EventSpool: an empty one gives nothing, also after everything was taken', () => {
  const spool = filled(100, 1);
  spool.append('', 0);
  spool.take(100);
  assert.equal(spool.take(100), undefined);
  assert.equal(spool.stats().bytes, 0);
});

test('EventSpool: size is counted in bytes of UTF-8', () => {
  const spool = new EventSpool({ bytesMax: 100 });
  spool.append('é\n', 1);
  assert.equal(spool.stats().bytes, 3);
});

test('EventSpool: keeps order and figures over many appends and takes', () => {
  const spool = new EventSpool({ bytesMax: 1_000_000 });
  const taken: string[] = [];
  for (let n = 0; n < 5000; n += 1) {
    spool.append(`${n}\n`, 1);
    if (n % 3 === 0) taken.push(spool.take(1)!.lines.toString());
  }
  for (let batch = spool.take(1); batch !== undefined; batch = spool.take(1))
    taken.push(batch.lines.toString());
  assert.deepEqual(
    taken,
    Array.from({ length: 5000 }, (_, n) => `${n}\n`),
  );
  assert.equal(spool.stats().takenEvents, 5000);
  assert.equal(spool.stats().bytes, 0);
});
