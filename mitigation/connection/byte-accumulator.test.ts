import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteAccumulator } from './byte-accumulator.ts';

test('ByteAccumulator: one byte at a time gives the whole back', () => {
  const accumulator = new ByteAccumulator();
  const source = Buffer.from('abcdefghij'.repeat(1_000), 'latin1');
  let buffer = Buffer.alloc(0);
  for (let at = 0; at < source.length; at += 1)
    buffer = accumulator.append(source, at, at + 1) as Buffer<ArrayBuffer>;
  assert.equal(accumulator.length, 10_000);
  assert.deepEqual(buffer.subarray(0, accumulator.length), source);
});

test('ByteAccumulator: what was taken is not written again', () => {
  const accumulator = new ByteAccumulator();
  const first = accumulator.append(Buffer.from('first'), 0, 5);
  accumulator.take();
  accumulator.append(Buffer.from('other'), 0, 5);
  assert.equal(first.toString('latin1', 0, 5), 'first');
  assert.equal(accumulator.length, 5);
});
