import { benchmark } from './bench.ts';
import { createSeededRandom, systemRandom } from './random.ts';
import { SharedCountTable } from './shared-count-table.ts';

const operations = 100_000;
const random = createSeededRandom(1);
const keys = Int32Array.from({ length: 65_536 }, () => random.uint32());

for (const slots of [2, 16]) {
  const table = SharedCountTable.create({ buckets: 16_384, slots, random: systemRandom });
  benchmark(`increment, countAt, decrement with ${slots} slots`, operations, () => {
    let sum = 0;
    for (let operation = 0; operation < operations; operation++) {
      const handle = table.increment(0, 0, 0xffff, keys[operation & 65_535]!, 1);
      sum += table.countAt(handle);
      table.decrement(handle, 1);
    }
    return sum;
  });
}
