import { benchmark } from './bench.ts';
import { systemClock } from './clock.ts';

const operations = 500_000;

function repeat(read: () => number): () => number {
  return () => {
    let sum = 0;
    for (let operation = 0; operation < operations; operation++) sum += read();
    return Math.trunc(sum);
  };
}

benchmark(
  'systemClock.tick()',
  operations,
  repeat(() => systemClock.tick()),
);
benchmark(
  'performance.now()',
  operations,
  repeat(() => performance.now()),
);
benchmark(
  'process.hrtime()',
  operations,
  repeat(() => process.hrtime()[1]),
);
benchmark(
  'process.hrtime.bigint()',
  operations,
  repeat(() => Number(process.hrtime.bigint() & 0xffn)),
);
benchmark(
  'Date.now()',
  operations,
  repeat(() => Date.now()),
);
