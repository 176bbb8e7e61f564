import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chunkEnd,
  chunkHeaderBytesMax,
  chunkHeaderOf,
  createHttpDate,
  lastChunk,
  reasonPhraseOf,
  statusLineOf,
  writeChunkHeader,
} from './write.ts';

test('write: status lines', () => {
  assert.equal(statusLineOf(200), 'HTTP/1.1 200 OK\r\n');
  assert.equal(statusLineOf(431), 'HTTP/1.1 431 Request Header Fields Too Large\r\n');
  assert.equal(statusLineOf(299), 'HTTP/1.1 299 \r\n');
  assert.equal(statusLineOf(999), 'HTTP/1.1 999 \r\n');
  assert.equal(reasonPhraseOf(404), 'Not Found');
  assert.equal(reasonPhraseOf(299), '');
  for (const status of [0, 99, 1_000, -1, 200.5, Number.NaN])
    assert.throws(() => statusLineOf(status), RangeError);
});

const headers: readonly (readonly [size: number, text: string])[] = [
  [1, '1\r\n'],
  [9, '9\r\n'],
  [10, 'a\r\n'],
  [15, 'f\r\n'],
  [16, '10\r\n'],
  [255, 'ff\r\n'],
  [65_536, '10000\r\n'],
  [4_294_967_296, '100000000\r\n'],
  [9_007_199_254_740_991, '1fffffffffffff\r\n'],
];
for (const [size, text] of headers) {
  test(`write: the header of a chunk of ${size} bytes`, () => {
    const target = Buffer.alloc(2 + chunkHeaderBytesMax + 1, '.');
    assert.equal(writeChunkHeader(target, 2, size), 2 + text.length);
    assert.equal(target.toString('latin1'), `..${text}`.padEnd(target.length, '.'));
    assert.equal(chunkHeaderOf(size), text);
  });
}

test('write: a chunk of no bytes would end the body and is refused', () => {
  for (const size of [0, -1, Number.NaN, 2 ** 53]) {
    assert.throws(() => writeChunkHeader(Buffer.alloc(32), 0, size), RangeError);
    assert.throws(() => chunkHeaderOf(size), RangeError);
  }
  assert.equal(chunkEnd, '\r\n');
  assert.equal(lastChunk, '0\r\n\r\n');
});

test('write: the date is made once per second', () => {
  let now = Date.UTC(1994, 10, 6, 8, 49, 37, 999);
  const date = createHttpDate(() => now);
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:37 GMT');
  now -= 999;
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:37 GMT');
  now += 1_000;
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:38 GMT');
  now -= 10_000;
  assert.equal(date(), 'Sun, 06 Nov 1994 08:49:28 GMT');
});
