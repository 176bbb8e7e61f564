import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressHash, addressHashCells, drawAddressHash } from './address-hash.ts';
import { createSeededRandom } from './random.ts';

type Words = readonly [number, number, number, number];

function createHash(seed: number): AddressHash {
  return new AddressHash(drawAddressHash(createSeededRandom(seed)));
}

test('address hash: the same secrets give the same places, others give others', () => {
  const places = [1, 1, 2].map((seed) => {
    const hash = createHash(seed);
    return [hash.bucketBits(1, 2, 3, 4), hash.tag(1, 2, 3, 4)];
  });
  assert.deepEqual(places[0], places[1]);
  assert.notDeepEqual(places[0], places[2]);
});

test('address hash: draws odd multipliers', () => {
  const secrets = drawAddressHash(createSeededRandom(3));
  assert.equal(secrets.length, addressHashCells);
  assert.equal(
    secrets.every((secret) => (secret & 1) === 1),
    true,
  );
});

test('address hash: signed and unsigned words are the same address', () => {
  const hash = createHash(4);
  assert.equal(hash.tag(0xffffffff, 0x80000000, 0, 1), hash.tag(-1, 0x80000000 | 0, 0, 1));
  assert.equal(hash.bucketBits(0xffffffff, 0x80000000, 0, 1), hash.bucketBits(-1, 0x80000000 | 0, 0, 1));
});

/** Sets of addresses as networks and attackers have them: each function gives the n-th of up to 65,536. */
const sets: readonly (readonly [string, (n: number) => Words])[] = [
  ['consecutive IPv4 addresses', (n) => [0, 0, 0xffff, 0x0a000000 + n]],
  ['the first address of 65,536 IPv4 networks', (n) => [0, 0, 0xffff, (n << 16) >>> 0]],
  ['IPv6 /64 networks of one /48', (n) => [0x20010db8, n, 0, 0]],
  ['IPv6 /48 networks', (n) => [0x20010000 + (n >>> 8), (n << 24) >>> 0, 0, 0]],
  [
    'addresses that differ in the top bits of each word',
    (n) => [n << 28, (n >>> 4) << 28, (n >>> 8) << 28, (n >>> 12) << 28],
  ],
  ['addresses with the same difference in two words', (n) => [0x20010db8, 0, n << 16, n << 16]],
];

for (const [name, addressOf] of sets) {
  test(`address hash: ${name} spread evenly over buckets and tags`, () => {
    const hash = createHash(5);
    const buckets = new Uint16Array(8_192);
    const tags = new Set<number>();
    for (let n = 0; n < 65_536; n++) {
      const [w0, w1, w2, w3] = addressOf(n);
      buckets[hash.bucketBits(w0, w1, w2, w3) & 8_191]!++;
      const tag = hash.tag(w0, w1, w2, w3);
      assert(Number.isInteger(tag) && tag > 0 && tag <= 0x7fffffff);
      tags.add(tag);
    }
    // 8 a bucket on average. Drawn at random, the fullest of 8,192 buckets has about 21; 1 tag in 65,536 pairs meets another.
    assert(Math.max(...buckets) <= 40, `fullest bucket: ${Math.max(...buckets)}`);
    assert(tags.size >= 65_500, `different tags: ${tags.size}`);
  });
}

test('address hash: no difference between two addresses collides under most secrets', () => {
  const pairs: readonly (readonly [Words, Words])[] = [
    [
      [0, 0, 0, 0],
      [0x80000000, 0x80000000, 0, 0],
    ],
    [
      [0, 0, 0, 0],
      [0, 0, 0x80000000, 0x80000000],
    ],
    [
      [0, 0, 0, 0],
      [0x80000000, 0x80010000, 0, 0],
    ],
    [
      [1, 2, 3, 4],
      [2, 1, 4, 3],
    ],
  ];
  for (const [a, b] of pairs) {
    let collisions = 0;
    for (let seed = 0; seed < 2_000; seed++) {
      const hash = createHash(seed);
      if (hash.tag(...a) === hash.tag(...b)) collisions++;
    }
    assert(collisions <= 2, `${a} and ${b} collide under ${collisions} of 2,000 secrets`);
  }
});
