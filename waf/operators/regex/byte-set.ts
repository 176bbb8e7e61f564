/** A set of bytes as 256 bits: what every class, escape and literal of a pattern becomes. */

import { isLetter } from '../../transformations/byte-class.ts';

/** Eight words of 32 bits. Owned by whoever made it; shared ones are never changed. */
export type ByteSet = Uint32Array;

/** Returns an empty set. */
export function emptySet(): ByteSet {
  return new Uint32Array(8);
}

/** Adds `low` to `high`, both included. */
export function addRange(set: ByteSet, low: number, high: number): void {
  for (let byte = low; byte <= high; byte++) set[byte >> 5]! |= 1 << (byte & 31);
}

/** Adds the bytes of `other`. */
export function addSet(set: ByteSet, other: ByteSet): void {
  for (let i = 0; i < 8; i++) set[i]! |= other[i]!;
}

/** Tells whether `byte` is in the set. */
export function hasByte(set: ByteSet, byte: number): boolean {
  return ((set[byte >> 5]! >>> (byte & 31)) & 1) === 1;
}

/** Returns the bytes that are not in the set. */
export function invertSet(set: ByteSet): ByteSet {
  return set.map((word) => ~word);
}

/** Returns the set with the other case of each ASCII letter in it. Letters above ASCII do not fold: PCRE reads bytes. */
export function foldSet(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let byte = 0x41; byte <= 0x7a; byte++) {
    if (isLetter(byte) && hasByte(set, byte)) addRange(folded, byte ^ 0x20, byte ^ 0x20);
  }
  return folded;
}

/** Returns the set of the listed ranges, `[low, high]` each. */
export function setOfRanges(...ranges: readonly (readonly [low: number, high: number])[]): ByteSet {
  const set = emptySet();
  for (const [low, high] of ranges) addRange(set, low, high);
  return set;
}

/** Returns the ranges of the set, in order. */
export function rangesOf(set: ByteSet): readonly (readonly [low: number, high: number])[] {
  const ranges: [number, number][] = [];
  for (let byte = 0; byte < 256; byte++) {
    if (!hasByte(set, byte)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === byte - 1) last[1] = byte;
    else ranges.push([byte, byte]);
  }
  return ranges;
}
