/**
 * Token buckets by client address, shared by all threads of a process without a lock.
 *
 *     header | bucket 0 | bucket 1 | ...            one bucket = one cache line = 8 ways
 *              [ tag tag tag tag tag tag tag tag | tat tat tat tat tat tat tat tat ]
 *
 * An address is mixed into a bucket and a 31-bit tag (address-hash.ts); its TAT (gcra.ts) lies in the way whose tag is its own. Keys
 * are not stored: two addresses of one bucket share a way with a chance of 1 in 2^31. Memory: 8 bytes a way; 65,536 buckets hold
 * 524,288 clients in 4 MiB. Nothing is ever deleted: a way whose TAT is not ahead of now is *idle*, which is the state of a client
 * that was never seen, so taking it over loses nothing.
 *
 * A thread may die between any two instructions, so each step leaves a state that means something:
 *
 *  1. A way is claimed by one compare-and-swap of its tag. The TAT needs no second step: it is idle as it is.
 *  2. Two threads that claim different ways for one new key both look at the whole bucket afterwards; at least one sees both. The
 *     lower way stays, takes over the later TAT, and the other tag is cleared.
 *  3. Whoever took a cell looks at the tag again. If the way went to another key meanwhile, it takes one for its own key
 *     anew; the new owner is charged one cell too much.
 *  4. When all eight ways are active, the one nearest to idle is taken over and counted: that client gets its burst back early.
 *     Under a flood from more addresses than the table holds, limits per address loosen; they never refuse a newcomer.
 *
 * Known and accepted: while a way changes hands, its old and its new client may each be off by one cell per thread, and so may a
 * new client that several threads bring at once; a thread that dies between steps 1 and 2 can leave a second way, which nobody
 * finds and which falls idle. shared-tables-interleaving.test.ts goes through these races step by step.
 */
import assert from 'node:assert/strict';
import { AddressHash, addressHashCells, drawAddressHash } from './address-hash.ts';
import { compileGcraPolicy, type GcraPolicy, type Rate, refreshCell, takeCell, ticksAhead } from './gcra.ts';
import type { Random } from './random.ts';

const ways = 8;
const bucketCells = 2 * ways;

/** Header cells: counts, then the hash's secrets, then the policy rows (as Float64), up to a whole cache line. */
const cellBuckets = 0;
const cellGeneration = 1;
const cellEvictedActive = 2;
const cellSecrets = 4;
const policyRows = 8;
const policyRowsByte = 64;
const headerCells = 64;

/** How often one `take` starts over because its way went to another key. Bounded: then the last answer stands. */
const attemptsMax = 4;

/** What a new table is made of. */
export interface SharedGcraTableOptions {
  /** A power of two; 8 clients each. */
  readonly buckets: number;
  readonly rate: Rate;
  readonly random: Random;
  /** The clock's tick now: all ways start idle as of it. */
  readonly nowTick: number;
}

/** A view of one table; each thread opens its own over the same buffer. */
export class SharedGcraTable {
  readonly buffer: SharedArrayBuffer;
  readonly buckets: number;
  readonly #cells: Int32Array;
  readonly #rows: Float64Array;
  readonly #hash: AddressHash;
  readonly #bucketMask: number;
  #generation: number;
  #policy: GcraPolicy;

  /** Opens the table that `create` has laid out in `buffer`. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
    this.buckets = this.#cells[cellBuckets]!;
    assert.equal(
      buffer.byteLength,
      SharedGcraTable.byteLength(this.buckets),
      'not the buffer of a SharedGcraTable',
    );
    this.#rows = new Float64Array(buffer, policyRowsByte, 2 * policyRows);
    this.#hash = new AddressHash(this.#cells.slice(cellSecrets, cellSecrets + addressHashCells));
    this.#bucketMask = this.buckets - 1;
    this.#generation = Atomics.load(this.#cells, cellGeneration);
    this.#policy = this.#readPolicy();
  }

  /** Bytes of a table of so many buckets (a power of two). */
  static byteLength(buckets: number): number {
    const isPowerOfTwo = Number.isSafeInteger(buckets) && buckets >= 1 && (buckets & (buckets - 1)) === 0;
    assert(isPowerOfTwo && buckets <= 2 ** 24, `${buckets} buckets is not a power of two from 1 to 2^24`);
    return 4 * (headerCells + buckets * bucketCells);
  }

  /** Lays out a new table in a buffer of its own. */
  static create(options: SharedGcraTableOptions): SharedGcraTable {
    const buffer = new SharedArrayBuffer(SharedGcraTable.byteLength(options.buckets));
    const cells = new Int32Array(buffer);
    cells[cellBuckets] = options.buckets;
    cells.set(drawAddressHash(options.random), cellSecrets);
    for (let tats = headerCells + ways; tats < cells.length; tats += bucketCells) {
      cells.fill(options.nowTick, tats, tats + ways);
    }
    const table = new SharedGcraTable(buffer);
    table.setRate(options.rate);
    return table;
  }

  /** Clients that lost their state because eight others of their bucket were active. Wraps at 2^32. */
  get evictedActive(): number {
    return Atomics.load(this.#cells, cellEvictedActive) >>> 0;
  }

  /**
   * Changes rate and burst for all clients, in all threads from their next cell on. Only one thread may call it.
   *
   * TATs stay: what a client has used stays used. The new policy is written to a row that nobody reads, then the generation is
   * raised; a reader that meets a generation it does not know reads the row and looks again.
   */
  setRate(rate: Rate): void {
    const policy = compileGcraPolicy(rate);
    const generation = (Atomics.load(this.#cells, cellGeneration) + 1) | 0;
    const row = 2 * (generation & (policyRows - 1));
    this.#rows[row] = policy.interval;
    this.#rows[row + 1] = policy.tolerance;
    Atomics.store(this.#cells, cellGeneration, generation);
  }

  /**
   * Takes one cell for an address. Returns 0 when it conforms, else how long to wait (ticks, > 0).
   *
   * Hot: once per request, no allocation, one cache line. See shared-gcra-table.bench.ts.
   *
   * @param w0 First word of the address, masked as clients are keyed; so are the others.
   */
  take(w0: number, w1: number, w2: number, w3: number, nowTick: number): number {
    const cells = this.#cells;
    if (Atomics.load(cells, cellGeneration) !== this.#generation) this.#policy = this.#readPolicy();
    const tag = this.#hash.tag(w0, w1, w2, w3);
    const bucket = headerCells + (this.#hash.bucketBits(w0, w1, w2, w3) & this.#bucketMask) * bucketCells;
    for (let attempt = 1; ; attempt++) {
      let way = this.#find(bucket, tag);
      if (way < 0) way = this.#claim(bucket, tag, nowTick);
      const waitTicks = takeCell(cells, way + ways, nowTick, this.#policy);
      if (Atomics.load(cells, way) === tag || attempt === attemptsMax) return waitTicks;
    }
  }

  /**
   * Keeps idle ways from looking active when the clock wraps, and counts the active ones among them.
   *
   * Each bucket must be visited at least every 5.9 hours; calling it each second for 1/256 of the buckets does it in 4.3 minutes. Bounded:
   * `count` buckets from `fromBucket` on, both wrapping around at the end of the table.
   */
  sweep(nowTick: number, fromBucket: number, count: number): number {
    let active = 0;
    for (let offset = 0; offset < count; offset++) {
      const bucket = headerCells + ((fromBucket + offset) & this.#bucketMask) * bucketCells;
      for (let tat = bucket + ways; tat < bucket + bucketCells; tat++) {
        if (refreshCell(this.#cells, tat, nowTick)) active++;
      }
    }
    return active;
  }

  /** Returns the cell of the way that has the tag, the lowest if two have it; -1 when none has. */
  #find(bucket: number, tag: number): number {
    const cells = this.#cells;
    for (let way = bucket; way < bucket + ways; way++) if (cells[way] === tag) return way;
    return -1;
  }

  /** Gives the key a way: an idle one, else the one nearest to idle. Bounded: as many tries as there are ways. */
  #claim(bucket: number, tag: number, nowTick: number): number {
    const cells = this.#cells;
    let way = bucket;
    for (let attempt = 0; attempt < ways; attempt++) {
      let least = Number.POSITIVE_INFINITY;
      let oldTag = 0;
      let oldTat = 0;
      for (let candidate = bucket; candidate < bucket + ways && least > 0; candidate++) {
        const candidateTag = Atomics.load(cells, candidate);
        if (candidateTag === tag) return candidate;
        const candidateTat = Atomics.load(cells, candidate + ways);
        const ahead = ticksAhead(candidateTat, nowTick);
        if (ahead >= least) continue;
        least = ahead;
        way = candidate;
        oldTag = candidateTag;
        oldTat = candidateTat;
      }
      if (Atomics.compareExchange(cells, way, oldTag, tag) !== oldTag) continue;
      if (least > 0) {
        Atomics.compareExchange(cells, way + ways, oldTat, nowTick);
        if (oldTag !== 0) Atomics.add(cells, cellEvictedActive, 1);
      }
      return this.#settle(bucket, way, tag);
    }
    return way;
  }

  /** Step 2 above: leaves one way for the tag and returns it. */
  #settle(bucket: number, claimed: number, tag: number): number {
    const cells = this.#cells;
    let kept = claimed;
    for (let other = bucket; other < bucket + ways; other++) {
      if (other === kept || Atomics.load(cells, other) !== tag) continue;
      const lost = Math.max(kept, other);
      kept = Math.min(kept, other);
      const lostTat = Atomics.load(cells, lost + ways);
      const keptTat = Atomics.load(cells, kept + ways);
      if (((lostTat - keptTat) | 0) > 0) Atomics.compareExchange(cells, kept + ways, keptTat, lostTat);
      Atomics.compareExchange(cells, lost, tag, 0);
    }
    return kept;
  }

  /** Bounded: goes round again only when the rate was changed in between. */
  #readPolicy(): GcraPolicy {
    for (;;) {
      const generation = Atomics.load(this.#cells, cellGeneration);
      const row = 2 * (generation & (policyRows - 1));
      const policy = { interval: this.#rows[row]!, tolerance: this.#rows[row + 1]! };
      if (Atomics.load(this.#cells, cellGeneration) !== generation) continue;
      this.#generation = generation;
      return policy;
    }
  }
}
