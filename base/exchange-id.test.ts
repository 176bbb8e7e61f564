import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdSource, exchangeIdLength } from './exchange-id.ts';
import { createSeededRandom, type Random, systemRandom } from './random.ts';

/** Counts up from 0 in the top five bits, which become one character each. */
function createCountingRandom(): Random {
  let next = 0;
  const uint32 = (): number => ((next++ % 32) << 27) >>> 0;
  return { uint32, fraction: () => uint32() / 2 ** 32 };
}

test('exchange id: 13 characters drawn, 7 counted', () => {
  const nextId = createIdSource(createCountingRandom());
  assert.equal(nextId(), '0123456789ABC0000000');
  assert.equal(nextId(), '0123456789ABC0000001');
});

test('exchange id: counts in Crockford base32 and carries', () => {
  const nextId = createIdSource(createCountingRandom());
  const ids = Array.from({ length: 1_026 }, nextId);
  assert.equal(ids[31], '0123456789ABC000000Z');
  assert.equal(ids[32], '0123456789ABC0000010');
  assert.equal(ids[1_023], '0123456789ABC00000ZZ');
  assert.equal(ids[1_024], '0123456789ABC0000100');
  assert.equal(ids[1_025], '0123456789ABC0000101');
});

test('exchange id: has the announced length and alphabet', () => {
  const id = createIdSource(systemRandom)();
  assert.equal(exchangeIdLength, 20);
  assert.match(id, /^[0-9A-HJKMNP-TV-Z]{20}$/);
});

test('exchange id: no two of 100,000 from 10 sources are equal', () => {
  const random = createSeededRandom(5);
  const ids = new Set<string>();
  for (let source = 0; source < 10; source++) {
    const nextId = createIdSource(random);
    for (let id = 0; id < 10_000; id++) ids.add(nextId());
  }
  assert.equal(ids.size, 100_000);
});
