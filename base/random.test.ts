import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom, type Random, systemRandom } from './random.ts';

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

test('seeded random: the same seed gives the same numbers', () => {
  assert.deepEqual(draw(createSeededRandom(7), 20), draw(createSeededRandom(7), 20));
});

test('seeded random: numbers are the same on every machine', () => {
  assert.deepEqual(draw(createSeededRandom(1), 4), [2442144158, 3238099751, 3819917871, 2104621829]);
});

test('seeded random: neighbouring seeds give different numbers', () => {
  const firsts = new Set(Array.from({ length: 1_000 }, (_, seed) => createSeededRandom(seed).uint32()));
  assert.equal(firsts.size, 1_000);
});

for (const [name, random] of [
  ['seeded', createSeededRandom(3)],
  ['system', systemRandom],
] as const) {
  test(`${name} random: 32-bit words and fractions lie in their ranges and fill them evenly`, () => {
    const octiles = new Array<number>(8).fill(0);
    for (let draw = 0; draw < 8_000; draw++) {
      const word = random.uint32();
      assert(Number.isInteger(word) && word >= 0 && word <= 0xffffffff);
      const fraction = random.fraction();
      assert(fraction >= 0 && fraction < 1);
      octiles[Math.floor(fraction * 8)]!++;
    }
    // 1,000 expected, standard deviation 30: beyond 7 of them is not chance.
    for (const octile of octiles) assert(octile > 790 && octile < 1_210, String(octiles));
  });
}

test('system random: does not repeat when its pool is refilled', () => {
  assert.equal(new Set(draw(systemRandom, 1_000)).size > 990, true);
});
