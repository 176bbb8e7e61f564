/**
 * Longest-prefix match over a set of CIDRs, in one buffer that all threads read.
 *
 * Nested prefixes are flattened into disjoint ranges when the list is built, so that a lookup is one binary search: the range that
 * an address falls into already carries the value of its longest prefix.
 *
 *     10.0.0.0/8 = 1        |-----------------1-----------------|
 *     10.2.0.0/16 = 2                  |--2--|
 *     ranges                [----1----][--2--][--------1--------]
 *
 *     buffer: header (8 words)
 *             IPv4: starts | ends | values | index        sorted; the index says which starts share their top bits
 *             IPv6: starts (4 words each) | ends | values sorted
 *
 * Memory: 12 bytes per IPv4 range, 36 per IPv6 range, at most 256 KiB of index. A list never changes: a new one is built, and posted.
 * `::/0` and its like are IPv6 only; IPv4-mapped addresses are IPv4 (ip-address.ts).
 */
import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import type { IpAddress, Prefix } from './ip-address.ts';

/** One prefix with what it stands for. */
export interface PrefixEntry {
  readonly prefix: Prefix;
  /** What `lookup` returns: an Int32 from 0, usually an index into a table of the caller's. */
  readonly value: number;
}

const layoutWord = 0x53425031;
const headerWords = 8;
const indexBitsMax = 16;
const valueMax = 2 ** 31 - 1;
/** Bounded: IPv4 prefixes of one list, whose indexes share a word with the prefix length. */
const indexMax = 2 ** 26;
/** Which half of a 64-bit cell is the high one. */
const highWord: 0 | 1 = endianness() === 'LE' ? 1 : 0;

/** Addresses `start` to `end`, both included, as numbers (IPv4) or bigints (IPv6). */
interface Range<T extends number | bigint> {
  readonly start: T;
  readonly end: T;
  readonly value: number;
}

/**
 * Builds a list. When a prefix occurs twice, its last value counts.
 *
 * Blocks its thread: about a second for 1,000,000 prefixes (prefix-list.bench.ts).
 */
export function buildPrefixList(entries: readonly PrefixEntry[]): SharedArrayBuffer {
  const v4: PrefixEntry[] = [];
  const v6: PrefixEntry[] = [];
  for (const entry of entries) {
    const { prefix, value } = entry;
    const isValue = Number.isSafeInteger(value) && value >= 0 && value <= valueMax;
    if (!isValue) assert.fail(`the value of ${prefix.text} is not an Int32 from 0: ${value}`);
    (prefix.address.version === 4 ? v4 : v6).push(entry);
  }
  const ranges4 = sortIpv4(v4);
  const ranges6 = sortIpv6(v6);
  const size = countDifferent(ranges4) + countDifferent(ranges6);
  const flat4 = flatten(
    ranges4,
    (address) => address + 1,
    (address) => address - 1,
  );
  const flat6 = flatten(
    ranges6,
    (address) => address + 1n,
    (address) => address - 1n,
  );
  return writeList(flat4, flat6, size);
}

/** A view of one list; each thread opens its own over the same buffer. */
export class PrefixList {
  /** Different prefixes in the list. */
  readonly size: number;
  readonly #starts4: Uint32Array;
  readonly #ends4: Uint32Array;
  readonly #values4: Int32Array;
  readonly #index4: Uint32Array;
  readonly #indexShift: number;
  readonly #starts6: Uint32Array;
  readonly #ends6: Uint32Array;
  readonly #values6: Int32Array;

  /** @param buffer From `buildPrefixList`. */
  constructor(buffer: SharedArrayBuffer) {
    assert(buffer.byteLength >= 4 * headerWords, 'not the buffer of a PrefixList');
    const [layout, size, ranges4, indexBits, ranges6] = new Uint32Array(buffer, 0, headerWords);
    const bytes = byteLengthOf(ranges4!, indexBits!, ranges6!);
    assert(layout === layoutWord && buffer.byteLength === bytes, 'not the buffer of a PrefixList');
    this.size = size!;
    this.#indexShift = 32 - indexBits!;
    let byte = 4 * headerWords;
    const words = (length: number): Uint32Array => {
      const view = new Uint32Array(buffer, byte, length);
      byte += 4 * length;
      return view;
    };
    const values = (length: number): Int32Array => {
      const view = new Int32Array(buffer, byte, length);
      byte += 4 * length;
      return view;
    };
    this.#starts4 = words(ranges4!);
    this.#ends4 = words(ranges4!);
    this.#values4 = values(ranges4!);
    this.#index4 = words(2 ** indexBits! + 1);
    this.#starts6 = words(4 * ranges6!);
    this.#ends6 = words(4 * ranges6!);
    this.#values6 = values(ranges6!);
  }

  /** Returns the value of the longest prefix that contains `address`, or -1. Hot: no allocation. */
  lookup(address: IpAddress): number {
    if (address.version === 4) return this.#lookup4(address.w3);
    return this.#lookup6(address);
  }

  #lookup4(word: number): number {
    const starts = this.#starts4;
    const slot = word >>> this.#indexShift;
    let low = this.#index4[slot]!;
    let high = this.#index4[slot + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= word) low = middle + 1;
      else high = middle;
    }
    // The last range that starts at or before the address; it may have started under other top bits.
    const range = low - 1;
    return range >= 0 && word <= this.#ends4[range]! ? this.#values4[range]! : -1;
  }

  #lookup6(address: IpAddress): number {
    let low = 0;
    let high = this.#values6.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWords(this.#starts6, 4 * middle, address) <= 0) low = middle + 1;
      else high = middle;
    }
    const range = low - 1;
    return range >= 0 && compareWords(this.#ends6, 4 * range, address) >= 0 ? this.#values6[range]! : -1;
  }
}

/** Sign of (the address at `offset`) - `address`. */
function compareWords(words: Uint32Array, offset: number, address: IpAddress): number {
  if (words[offset] !== address.w0) return words[offset]! < address.w0 ? -1 : 1;
  if (words[offset + 1] !== address.w1) return words[offset + 1]! < address.w1 ? -1 : 1;
  if (words[offset + 2] !== address.w2) return words[offset + 2]! < address.w2 ? -1 : 1;
  if (words[offset + 3] !== address.w3) return words[offset + 3]! < address.w3 ? -1 : 1;
  return 0;
}

/**
 * Sorts by start, wider first, equal ones in the order given.
 *
 * Sorts 64-bit keys (start 32, length 6, index 26) natively, and reads the ranges out of the keys: for 1,000,000 prefixes 0.2 s,
 * where an array of objects with a comparing function took 0.7 s.
 */
function sortIpv4(entries: readonly PrefixEntry[]): Range<number>[] {
  assert(entries.length <= indexMax, `a list holds at most ${indexMax} IPv4 prefixes, not ${entries.length}`);
  const keys = new BigUint64Array(entries.length);
  const words = new Uint32Array(keys.buffer);
  const values = new Int32Array(entries.length);
  for (let index = 0; index < entries.length; index++) {
    const { prefix, value } = entries[index]!;
    words[2 * index + highWord] = prefix.address.w3;
    words[2 * index + 1 - highWord] = prefix.bits * indexMax + index;
    values[index] = value;
  }
  keys.sort();
  const ranges: Range<number>[] = [];
  for (let position = 0; position < entries.length; position++) {
    const start = words[2 * position + highWord]!;
    const bitsAndIndex = words[2 * position + 1 - highWord]!;
    const bits = Math.floor(bitsAndIndex / indexMax);
    ranges.push({ start, end: start + 2 ** (32 - bits) - 1, value: values[bitsAndIndex % indexMax]! });
  }
  return ranges;
}

/** Sorts by start, wider first, equal ones in the order given. */
function sortIpv6(entries: readonly PrefixEntry[]): Range<bigint>[] {
  const ranges = entries.map(({ prefix, value }) => {
    const { w0, w1, w2, w3 } = prefix.address;
    const start = (((((BigInt(w0) << 32n) | BigInt(w1)) << 32n) | BigInt(w2)) << 32n) | BigInt(w3);
    return { start, end: start + (1n << BigInt(128 - prefix.bits)) - 1n, value };
  });
  return ranges.sort((a, b) => {
    if (a.start !== b.start) return a.start < b.start ? -1 : 1;
    if (a.end !== b.end) return a.end > b.end ? -1 : 1;
    return 0;
  });
}

/** How many different prefixes sorted ranges stand for. */
function countDifferent<T extends number | bigint>(ranges: readonly Range<T>[]): number {
  let different = 0;
  let last: Range<T> | undefined;
  for (const range of ranges) {
    if (range.start !== last?.start || range.end !== last?.end) different++;
    last = range;
  }
  return different;
}

/** Turns sorted, nested ranges into sorted, disjoint ones, where the innermost wins. Neighbours of one value become one. */
function flatten<T extends number | bigint>(
  ranges: readonly Range<T>[],
  next: (address: T) => T,
  previous: (address: T) => T,
): Range<T>[] {
  const flat: Range<T>[] = [];
  /** The ranges around the cursor, innermost last. */
  const open: Range<T>[] = [];
  let cursor: T | undefined;

  function emit(end: T, value: number): void {
    const start = cursor!;
    if (start > end) return;
    const last = flat.at(-1);
    if (last !== undefined && last.value === value && next(last.end) === start) {
      flat[flat.length - 1] = { start: last.start, end, value };
    } else {
      flat.push({ start, end, value });
    }
    cursor = next(end);
  }
  function closeBefore(start: T | undefined): void {
    for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
      if (start !== undefined && inner.end >= start) break;
      emit(inner.end, inner.value);
      open.pop();
    }
  }

  for (const range of ranges) {
    closeBefore(range.start);
    const outer = open.at(-1);
    if (outer !== undefined) emit(previous(range.start), outer.value);
    cursor = range.start;
    open.push(range);
  }
  closeBefore(undefined);
  return flat;
}

function byteLengthOf(ranges4: number, indexBits: number, ranges6: number): number {
  return 4 * (headerWords + 3 * ranges4 + 2 ** indexBits + 1 + 9 * ranges6);
}

function writeList(
  flat4: readonly Range<number>[],
  flat6: readonly Range<bigint>[],
  size: number,
): SharedArrayBuffer {
  const indexBits = Math.min(indexBitsMax, Math.max(1, Math.ceil(Math.log2(flat4.length + 1))));
  const buffer = new SharedArrayBuffer(byteLengthOf(flat4.length, indexBits, flat6.length));
  const words = new Uint32Array(buffer);
  words.set([layoutWord, size, flat4.length, indexBits, flat6.length]);

  let at = headerWords;
  for (const range of flat4) words[at++] = range.start;
  for (const range of flat4) words[at++] = range.end;
  for (const range of flat4) words[at++] = range.value;
  let range = 0;
  for (let slot = 0; slot <= 2 ** indexBits; slot++) {
    const slotStart = slot * 2 ** (32 - indexBits);
    while (range < flat4.length && flat4[range]!.start < slotStart) range++;
    words[at++] = range;
  }
  for (const { start } of flat6) at = writeIpv6(words, at, start);
  for (const { end } of flat6) at = writeIpv6(words, at, end);
  for (const { value } of flat6) words[at++] = value;
  assert.equal(at, words.length);
  return buffer;
}

function writeIpv6(words: Uint32Array, at: number, address: bigint): number {
  for (let word = 0; word < 4; word++)
    words[at + word] = Number((address >> BigInt(96 - 32 * word)) & 0xffffffffn);
  return at + 4;
}
