import { benchmark } from './bench.ts';
import { systemClock } from './clock.ts';
import { createSeededRandom, systemRandom } from './random.ts';
import { SharedGcraTable } from './shared-gcra-table.ts';

const operations = 200_000;
const random = createSeededRandom(1);
const keys = Int32Array.from({ length: 2 ** 17 }, () => random.uint32());

function createTable(): SharedGcraTable {
  return SharedGcraTable.create({
    buckets: 65_536,
    rate: { ratePerSecond: 100, burst: 200 },
    random: systemRandom,
    nowTick: systemClock.tick(),
  });
}

for (const [name, keyMask] of [
  ['one client, mostly over its limit', 0],
  ['1,024 clients', 2 ** 10 - 1],
  ['131,072 clients', 2 ** 17 - 1],
] as const) {
  const table = createTable();
  benchmark(`take, ${name}`, operations, () => {
    const nowTick = systemClock.tick();
    let sum = 0;
    for (let operation = 0; operation < operations; operation++) {
      sum += table.take(0, 0, 0xffff, keys[operation & keyMask]!, nowTick);
    }
    return sum;
  });
}

const flooded = createTable();
benchmark('take, a new address each time (spoofed flood)', operations, () => {
  const nowTick = systemClock.tick();
  let sum = 0;
  for (let operation = 0; operation < operations; operation++) {
    sum += flooded.take(0, 0, 0xffff, random.uint32(), nowTick);
  }
  return sum;
});

const swept = createTable();
benchmark('sweep, per bucket', swept.buckets, () => swept.sweep(systemClock.tick(), 0, swept.buckets));
