/**
 * How much each client holds open, counted by all threads of a process without a lock.
 *
 *     header | bucket 0 | bucket 1 | ...
 *              [ 8 tags | way 0: slot 0, slot 1, .. | way 1: slot 0, slot 1, .. | ... ]
 *
 * An address is mixed into a bucket and a 31-bit tag (address-hash.ts). A way has one column per worker slot, written by that worker
 * alone: when a worker dies, its columns are set to 0 and what it held is gone with it. A client's count is the sum over columns, over
 * all ways of its bucket with its tag. Memory: 4 bytes a tag and 4 a column; 16,384 buckets with 8 slots hold 131,072 clients in
 * 4.5 MiB.
 *
 * A way is free when all its columns are 0. It must not be given to another key while somebody is about to count in it:
 *
 *     worker A counts for its key                     worker B claims the way for another key
 *     1. finds its tag                                1. sees all columns 0
 *     2. adds 1 to its column                         2. tag -> -(slot + 1), by compare-and-swap: nobody's tag
 *     3. reads the tag again: still its own?          3. sees all columns 0 again?
 *        yes: counted. no: takes its 1 back,             yes: marker -> its tag. no: marker -> the old tag,
 *        and looks again                                 and tries another way
 *
 * Atomics are sequentially consistent, so of A2-A3 and B2-B3 at least one sees the other: A and B cannot both go on. Both may step
 * back, and look again. Once A has counted, its column keeps the way until it is taken back: a handle never goes stale.
 * Between B's second and third step a reader may miss what the way held, for nanoseconds.
 *
 * Two workers may claim two ways for one new key. That is harmless, because counts are summed over all ways with the tag.
 *
 * A worker may die between any two instructions: what it had added lies in its own columns, and a marker names its slot; `clearSlot`
 * removes both. (A marker over a way that A counted in during B's steps 2 to 3 loses that way's key: its holders are uncounted until
 * they close, and the way is free after that.) shared-tables-interleaving.test.ts goes through the races step by step.
 */
import assert from 'node:assert/strict';
import { AddressHash, addressHashCells, drawAddressHash } from './address-hash.ts';
import type { Random } from './random.ts';

const ways = 8;

const cellBuckets = 0;
const cellSlots = 1;
const cellOverflows = 2;
const cellSecrets = 4;
const headerCells = 16;

/** How often one increment starts over because another thread was at the same way. Bounded: then it counts as overflow. */
const attemptsMax = 8;

/** What a new table is made of. */
export interface SharedCountTableOptions {
  /** A power of two; 8 clients each. */
  readonly buckets: number;
  /** Worker slots, each with a column. */
  readonly slots: number;
  readonly random: Random;
}

/** A view of one table; each thread opens its own over the same buffer. */
export class SharedCountTable {
  readonly buffer: SharedArrayBuffer;
  readonly buckets: number;
  readonly slots: number;
  readonly #cells: Int32Array;
  readonly #hash: AddressHash;
  readonly #bucketCells: number;

  /** Opens the table that `create` has laid out in `buffer`. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
    this.buckets = this.#cells[cellBuckets]!;
    this.slots = this.#cells[cellSlots]!;
    const expectedBytes = SharedCountTable.byteLength(this.buckets, this.slots);
    assert.equal(buffer.byteLength, expectedBytes, 'not the buffer of a SharedCountTable');
    this.#hash = new AddressHash(this.#cells.slice(cellSecrets, cellSecrets + addressHashCells));
    this.#bucketCells = ways * (1 + this.slots);
  }

  /** Bytes of a table of so many buckets (a power of two) for so many worker slots. */
  static byteLength(buckets: number, slots: number): number {
    const isPowerOfTwo = Number.isSafeInteger(buckets) && buckets >= 1 && (buckets & (buckets - 1)) === 0;
    assert(isPowerOfTwo && buckets <= 2 ** 22, `${buckets} buckets is not a power of two from 1 to 2^22`);
    assert(
      Number.isSafeInteger(slots) && slots >= 1 && slots <= 1024,
      `${slots} slots is not from 1 to 1024`,
    );
    return 4 * (headerCells + buckets * ways * (1 + slots));
  }

  /** Lays out a new, empty table in a buffer of its own. */
  static create(options: SharedCountTableOptions): SharedCountTable {
    const buffer = new SharedArrayBuffer(SharedCountTable.byteLength(options.buckets, options.slots));
    const cells = new Int32Array(buffer);
    cells[cellBuckets] = options.buckets;
    cells[cellSlots] = options.slots;
    cells.set(drawAddressHash(options.random), cellSecrets);
    return new SharedCountTable(buffer);
  }

  /** Increments that found no way for their key and were not counted. Wraps at 2^32. */
  get overflows(): number {
    return Atomics.load(this.#cells, cellOverflows) >>> 0;
  }

  /**
   * Counts one more for an address, and returns the handle to give to `countAt` and, exactly once, to `decrement`.
   *
   * Returns -1 when eight other clients of the bucket hold something: the thing is not counted (but in `overflows`), and the caller
   * lets it pass. Both other methods take the -1.
   *
   * @param w0   First word of the address, masked as clients are keyed; so are the others.
   * @param slot The calling worker's slot; no other thread may use it.
   */
  increment(w0: number, w1: number, w2: number, w3: number, slot: number): number {
    this.#checkSlot(slot);
    const cells = this.#cells;
    const tag = this.#hash.tag(w0, w1, w2, w3);
    const bucket = this.#bucketOf(w0, w1, w2, w3);
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      let way = this.#find(bucket, tag);
      if (way < 0) way = this.#claim(bucket, tag, slot);
      if (way < 0) break;
      const column = this.#columnsOf(bucket, way) + slot;
      Atomics.add(cells, column, 1);
      if (Atomics.load(cells, bucket + way) === tag) return bucket + way;
      Atomics.sub(cells, column, 1);
    }
    Atomics.add(cells, cellOverflows, 1);
    return -1;
  }

  /** Takes back what `increment` counted for the same slot. */
  decrement(handle: number, slot: number): void {
    if (handle < 0) return;
    this.#checkSlot(slot);
    const bucket = this.#bucketOfHandle(handle);
    const column = this.#columnsOf(bucket, handle - bucket) + slot;
    const before = Atomics.sub(this.#cells, column, 1);
    if (before > 0) return;
    Atomics.add(this.#cells, column, 1);
    assert.fail(
      `handle ${handle} holds nothing in slot ${slot}: it was given back twice, or the slot was cleared`,
    );
  }

  /** What the client of a held handle holds in all slots, this one included; 0 for the handle -1. */
  countAt(handle: number): number {
    if (handle < 0) return 0;
    const bucket = this.#bucketOfHandle(handle);
    const held = handle - bucket;
    // Its own way counts whatever its tag shows: another thread may just be finding out that the way is held.
    return this.#sumColumns(bucket, held) + this.#sumTag(bucket, Atomics.load(this.#cells, handle), held);
  }

  /** What an address holds in all slots. */
  count(w0: number, w1: number, w2: number, w3: number): number {
    return this.#sumTag(this.#bucketOf(w0, w1, w2, w3), this.#hash.tag(w0, w1, w2, w3), -1);
  }

  /**
   * Forgets everything that a slot's worker held. To be called when its thread has ended and before another takes the slot.
   *
   * Bounded: one pass over the table.
   */
  clearSlot(slot: number): void {
    this.#checkSlot(slot);
    const cells = this.#cells;
    for (let bucket = headerCells; bucket < cells.length; bucket += this.#bucketCells) {
      for (let way = 0; way < ways; way++) {
        Atomics.store(cells, this.#columnsOf(bucket, way) + slot, 0);
        Atomics.compareExchange(cells, bucket + way, markerOf(slot), 0);
      }
    }
  }

  /** Returns the lowest way that has the tag, or -1. */
  #find(bucket: number, tag: number): number {
    for (let way = 0; way < ways; way++) if (Atomics.load(this.#cells, bucket + way) === tag) return way;
    return -1;
  }

  /** Gives the key a free way and returns it, or -1 when there is none. */
  #claim(bucket: number, tag: number, slot: number): number {
    const cells = this.#cells;
    const marker = markerOf(slot);
    for (let way = 0; way < ways; way++) {
      const oldTag = Atomics.load(cells, bucket + way);
      if (oldTag < 0 || this.#sumColumns(bucket, way) !== 0) continue;
      if (Atomics.compareExchange(cells, bucket + way, oldTag, marker) !== oldTag) continue;
      const isFree = this.#sumColumns(bucket, way) === 0;
      Atomics.store(cells, bucket + way, isFree ? tag : oldTag);
      if (isFree) return way;
    }
    return -1;
  }

  /** Sum over all ways with the tag, except one. */
  #sumTag(bucket: number, tag: number, exceptWay: number): number {
    let sum = 0;
    for (let way = 0; way < ways; way++) {
      if (way !== exceptWay && Atomics.load(this.#cells, bucket + way) === tag)
        sum += this.#sumColumns(bucket, way);
    }
    return sum;
  }

  #sumColumns(bucket: number, way: number): number {
    const columns = this.#columnsOf(bucket, way);
    let sum = 0;
    for (let slot = 0; slot < this.slots; slot++) sum += Atomics.load(this.#cells, columns + slot);
    return sum;
  }

  #bucketOf(w0: number, w1: number, w2: number, w3: number): number {
    const bits = this.#hash.bucketBits(w0, w1, w2, w3);
    return headerCells + (bits & (this.buckets - 1)) * this.#bucketCells;
  }

  /** A handle is the cell of the way's tag. */
  #bucketOfHandle(handle: number): number {
    const offset = (handle - headerCells) % this.#bucketCells;
    const isHandle = offset >= 0 && offset < ways && handle < this.#cells.length;
    if (!isHandle) assert.fail(`${handle} is not a handle of this table`);
    return handle - offset;
  }

  #columnsOf(bucket: number, way: number): number {
    return bucket + ways + way * this.slots;
  }

  #checkSlot(slot: number): void {
    if (!(slot >= 0 && slot < this.slots))
      assert.fail(`slot ${slot} is not one of the table's ${this.slots}`);
  }
}

/** The tag of a way that a slot's worker is claiming: negative, as no key's tag is. */
function markerOf(slot: number): number {
  return -(slot + 1);
}
