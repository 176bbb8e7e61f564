/**
 * Where an address lies in a shared hash table: a bucket, and a tag that tells it from others in that bucket.
 *
 * Two independent mixes of the four words, each with secret multipliers that belong to the table: a botnet that picks its
 * addresses cannot aim at one bucket, because what its addresses meet there was drawn at random and is never shown. Each round
 * folds the high half of a word onto the low half before it multiplies, since a difference in the topmost bit alone would pass
 * through any number of odd multiplications unchanged and could be cancelled by the next word. Not a cryptographic hash.
 */
import type { Random } from './random.ts';

/** Int32 cells that a hash needs in the table's header. */
export const addressHashCells = 12;

/** Draws the secrets of a table. Multipliers are odd, so that each round can be undone and loses nothing. */
export function drawAddressHash(random: Random): Int32Array {
  const secrets = new Int32Array(addressHashCells);
  for (let cell = 0; cell < addressHashCells; cell++) secrets[cell] = random.uint32() | 1;
  return secrets;
}

/** Hash of one table. Holds its secrets in fields: reading them from shared memory each time is slower. */
export class AddressHash {
  readonly #a0: number;
  readonly #a1: number;
  readonly #a2: number;
  readonly #a3: number;
  readonly #a4: number;
  readonly #a5: number;
  readonly #b0: number;
  readonly #b1: number;
  readonly #b2: number;
  readonly #b3: number;
  readonly #b4: number;
  readonly #b5: number;

  /** @param secrets Copied: `addressHashCells` cells from `drawAddressHash`. */
  constructor(secrets: Int32Array) {
    this.#a0 = secrets[0]!;
    this.#a1 = secrets[1]!;
    this.#a2 = secrets[2]!;
    this.#a3 = secrets[3]!;
    this.#a4 = secrets[4]!;
    this.#a5 = secrets[5]!;
    this.#b0 = secrets[6]!;
    this.#b1 = secrets[7]!;
    this.#b2 = secrets[8]!;
    this.#b3 = secrets[9]!;
    this.#b4 = secrets[10]!;
    this.#b5 = secrets[11]!;
  }

  /** Returns 32 mixed bits for the bucket. Hot. */
  bucketBits(w0: number, w1: number, w2: number, w3: number): number {
    let hash = round(this.#a0 ^ w0, this.#a1);
    hash = round(hash ^ w1, this.#a2);
    hash = round(hash ^ w2, this.#a3);
    hash = round(hash ^ w3, this.#a4);
    hash = round(hash, this.#a5);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  /** Returns the tag: 31 bits, never 0, which stands for a way that nobody has used. Hot. */
  tag(w0: number, w1: number, w2: number, w3: number): number {
    let hash = round(this.#b0 ^ w0, this.#b1);
    hash = round(hash ^ w1, this.#b2);
    hash = round(hash ^ w2, this.#b3);
    hash = round(hash ^ w3, this.#b4);
    hash = round(hash, this.#b5);
    return (hash ^ (hash >>> 15)) >>> 1 || 1;
  }
}

function round(word: number, multiplier: number): number {
  return Math.imul(word ^ (word >>> 16), multiplier);
}
