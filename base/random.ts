/** Randomness, injected: the system's for the product, a seeded one for tests that must replay. */
import { randomFillSync } from 'node:crypto';

/** Source of random numbers. */
export interface Random {
  /** An integer in [0, 2^32), uniform. */
  uint32(): number;
  /** A number in [0, 1), uniform, 32 bits fine. */
  fraction(): number;
}

const poolWords = 256;

/** Security: draws from the kernel's generator through `node:crypto`, a pool at a time, and forgets what it gave out. */
class SystemRandom implements Random {
  #pool: Uint32Array<ArrayBuffer> | undefined;
  #next = poolWords;

  uint32(): number {
    this.#pool ??= new Uint32Array(poolWords);
    if (this.#next === poolWords) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const word = this.#pool[this.#next]!;
    this.#pool[this.#next++] = 0;
    return word;
  }

  fraction(): number {
    return this.uint32() / 4_294_967_296;
  }
}

/** Unpredictable numbers. One pool per thread. */
export const systemRandom: Random = new SystemRandom();

/**
 * Creates a generator that gives the same numbers for the same seed on every machine.
 *
 * Not for secrets: a few outputs reveal the rest. A test prints its seed when it fails.
 *
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (2021): xoshiro128**, with its state
 * filled from the seed by the 32-bit finaliser of MurmurHash3.
 */
export function createSeededRandom(seed: number): Random {
  const state = new Uint32Array(4);
  for (let word = 0; word < 4; word++) state[word] = finalise(seed + Math.imul(word + 1, 0x9e3779b9));
  if ((state[0]! | state[1]! | state[2]! | state[3]!) === 0) state[0] = 1;

  function uint32(): number {
    const s1 = state[1]!;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    state[2]! ^= state[0]!;
    state[3]! ^= s1;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= s1 << 9;
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  }

  return { uint32, fraction: () => uint32() / 4_294_967_296 };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function finalise(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
