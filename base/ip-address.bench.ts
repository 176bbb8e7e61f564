import { isIP } from 'node:net';
import { benchmark } from './bench.ts';
import { maskAddress, parseIpAddress } from './ip-address.ts';

const operations = 100_000;
const v4 = Array.from({ length: 1_000 }, (_, n) => `198.51.${n % 256}.${(n * 7) % 256}`);
const v6 = Array.from({ length: 1_000 }, (_, n) => `2001:db8:${n.toString(16)}::${(n * 7).toString(16)}:1`);
const parsed6 = v6.map((text) => parseIpAddress(text)!);

function repeat<T>(inputs: readonly T[], run: (input: T) => number): () => number {
  return () => {
    let sum = 0;
    for (let operation = 0; operation < operations; operation++)
      sum += run(inputs[operation % inputs.length]!);
    return sum;
  };
}

benchmark(
  'parseIpAddress, IPv4',
  operations,
  repeat(v4, (text) => parseIpAddress(text)!.w3),
);
benchmark(
  'parseIpAddress, IPv6',
  operations,
  repeat(v6, (text) => parseIpAddress(text)!.w3),
);
benchmark(
  'maskAddress, IPv6 to /64',
  operations,
  repeat(parsed6, (address) => maskAddress(address, 64).w1),
);
benchmark('net.isIP, IPv4', operations, repeat(v4, isIP));
benchmark('net.isIP, IPv6', operations, repeat(v6, isIP));
