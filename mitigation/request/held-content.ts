/**
 * Content of a request body that is held back, until it has been inspected or until the origin can take it.
 *
 * Security: a client decides how small the pieces are. Kept one by one, a byte in a chunk of its own would cost over a
 * hundred; small ones are therefore gathered in blocks, so that what is held costs at most about twice what it weighs.
 */

/** Pieces from this size on are kept as they are, without a copy. */
const largeBytes = 4 * 1024;
const blockBytesMin = 512;
const blockBytesMax = 16 * 1024;

/** See the head of this file. Bounded: by whoever pushes. */
export class HeldContent {
  readonly #pieces: Buffer[] = [];
  #block: Buffer | null = null;
  #blockLength = 0;
  #bytes = 0;

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends `bytes`, never empty. Owned: it may be kept. */
  push(bytes: Buffer): void {
    const isKept = this.#bytes === 0 || bytes.length >= largeBytes;
    this.#bytes += bytes.length;
    if (isKept) {
      this.#closeBlock();
      this.#pieces.push(bytes);
      return;
    }
    let at = 0;
    while (at < bytes.length) {
      this.#block ??= Buffer.allocUnsafeSlow(
        Math.min(blockBytesMax, Math.max(blockBytesMin, this.#bytes, bytes.length)),
      );
      const copied = bytes.copy(this.#block, this.#blockLength, at);
      this.#blockLength += copied;
      at += copied;
      if (this.#blockLength === this.#block.length) this.#closeBlock();
    }
  }

  /** Returns all pieces in order. Borrowed: until the next `push`. */
  pieces(): readonly Buffer[] {
    this.#closeBlock();
    return this.#pieces;
  }

  /** Returns everything in one buffer, copied only when it is in several. */
  joined(): Buffer {
    const pieces = this.pieces();
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#bytes);
  }

  #closeBlock(): void {
    if (this.#block === null) return;
    this.#pieces.push(this.#block.subarray(0, this.#blockLength));
    this.#block = null;
    this.#blockLength = 0;
  }
}
