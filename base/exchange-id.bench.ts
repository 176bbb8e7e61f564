import { randomUUID } from 'node:crypto';
import { benchmark } from './bench.ts';
import { createIdSource } from './exchange-id.ts';
import { systemRandom } from './random.ts';

const operations = 200_000;
const nextId = createIdSource(systemRandom);

/** Reads a late character of each id, which makes V8 write out the concatenation. */
function repeat(draw: () => string): () => number {
  return () => {
    let sum = 0;
    for (let operation = 0; operation < operations; operation++) sum += draw().charCodeAt(19);
    return sum;
  };
}

benchmark('createIdSource()', operations, repeat(nextId));
benchmark('crypto.randomUUID()', operations, repeat(randomUUID));
