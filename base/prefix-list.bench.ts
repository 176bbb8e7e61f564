import { benchmark } from './bench.ts';
import { ipAddressFromWords, maskAddress } from './ip-address.ts';
import { buildPrefixList, type PrefixEntry, PrefixList } from './prefix-list.ts';
import { createSeededRandom } from './random.ts';

const operations = 200_000;
const random = createSeededRandom(1);

function drawEntries(count: number, version: 4 | 6): PrefixEntry[] {
  return Array.from({ length: count }, (_, value) => {
    const address =
      version === 4
        ? ipAddressFromWords(0, 0, 0xffff, random.uint32())
        : ipAddressFromWords(0x20000000 | (random.uint32() >>> 3), random.uint32(), 0, 0);
    const bits = version === 4 ? 16 + (random.uint32() % 17) : 32 + (random.uint32() % 33);
    return { prefix: { address: maskAddress(address, bits), bits, text: '' }, value };
  });
}

for (const [version, count] of [
  [4, 100],
  [4, 20_000],
  [4, 1_000_000],
  [6, 100],
  [6, 100_000],
] as const) {
  const entries = drawEntries(count, version);
  const startMs = performance.now();
  const buffer = buildPrefixList(entries);
  const buildMs = performance.now() - startMs;
  const list = new PrefixList(buffer);
  const name = `IPv${version}, ${count.toLocaleString('en')} prefixes`;
  console.log(`${name}: built in ${buildMs.toFixed(0)} ms, ${(buffer.byteLength / 2 ** 20).toFixed(1)} MiB`);
  const addresses = Array.from({ length: 65_536 }, (_, n) => {
    const { w0, w1, w2, w3 } = entries[n % count]!.prefix.address;
    if (version === 4) return ipAddressFromWords(0, 0, 0xffff, n % 2 === 0 ? random.uint32() : w3 + 1);
    return n % 2 === 0
      ? ipAddressFromWords(0x20000000 | (random.uint32() >>> 3), random.uint32(), 0, 1)
      : ipAddressFromWords(w0, w1, w2, w3 + 1);
  });
  benchmark(`  lookup, half random, half listed`, operations, () => {
    let sum = 0;
    for (let operation = 0; operation < operations; operation++)
      sum += list.lookup(addresses[operation & 65_535]!);
    return sum;
  });
}
