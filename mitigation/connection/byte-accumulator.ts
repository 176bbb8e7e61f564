/**
 * Collects the bytes of a head that arrives in pieces, in one growing buffer.
 *
 * Doubling keeps the copying linear when a peer sends one byte at a time. After `take` the buffer belongs to the caller
 * and is never written again, so slices of it may be kept.
 */

const initialBytes = 2048;

/** A growing buffer of at most the head limit plus one read; its owner enforces that by refusing the head. */
export class ByteAccumulator {
  #buffer: Buffer | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a copy of `bytes[from, to)` and returns the buffer that now holds everything, valid up to `length`. */
  append(bytes: Buffer, from: number, to: number): Buffer {
    const needed = this.#length + (to - from);
    let buffer = this.#buffer;
    if (buffer === null || buffer.length < needed) {
      const grown = Buffer.allocUnsafeSlow(
        Math.max(initialBytes, needed, buffer === null ? 0 : buffer.length * 2),
      );
      if (buffer !== null) buffer.copy(grown, 0, 0, this.#length);
      buffer = grown;
      this.#buffer = grown;
    }
    bytes.copy(buffer, this.#length, from, to);
    this.#length = needed;
    return buffer;
  }

  /** Gives the buffer away. Owned by the caller from here on. */
  take(): void {
    this.#buffer = null;
    this.#length = 0;
  }
}
