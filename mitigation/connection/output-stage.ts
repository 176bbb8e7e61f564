/**
 * Where a response is put together before it is handed to a socket in one piece.
 *
 * One per worker: it is filled and taken within one callback, so no two connections ever use it at once. Small pieces
 * (head, chunk sizes, short bodies) are gathered here; a large body is copied once, straight behind what was gathered.
 *
 * Hot: a 1 KiB response costs one latin1 write, one copy and one exact allocation.
 */

const capacity = 64 * 1024;

/** See the head of this file. */
export class OutputStage {
  readonly #buffer = Buffer.allocUnsafeSlow(capacity);
  #length = 0;
  #overflow: Buffer[] = [];
  #overflowBytes = 0;

  /** Appends latin1 text. */
  text(text: string): void {
    if (this.#length + text.length > capacity) this.#spill();
    if (text.length > capacity) {
      const own = Buffer.from(text, 'latin1');
      this.#overflow.push(own);
      this.#overflowBytes += own.length;
      return;
    }
    this.#length += this.#buffer.write(text, this.#length, 'latin1');
  }

  /** Appends a copy of `bytes[from, to)`. */
  bytes(bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    if (this.#length + length > capacity) {
      this.#spill();
      if (length > capacity / 2) {
        const own = Buffer.allocUnsafeSlow(length);
        bytes.copy(own, 0, from, to);
        this.#overflow.push(own);
        this.#overflowBytes += length;
        return;
      }
    }
    bytes.copy(this.#buffer, this.#length, from, to);
    this.#length += length;
  }

  /** Returns everything appended since the last call, or null when there is nothing. Owned by the caller. */
  take(): Buffer | null {
    if (this.#overflow.length > 0) {
      this.#spill();
      const pieces = this.#overflow;
      const out = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#overflowBytes);
      this.#overflow = [];
      this.#overflowBytes = 0;
      return out;
    }
    if (this.#length === 0) return null;
    const out = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(out, 0, 0, this.#length);
    this.#length = 0;
    return out;
  }

  /** Forgets everything appended. */
  clear(): void {
    this.#length = 0;
    this.#overflow = [];
    this.#overflowBytes = 0;
  }

  #spill(): void {
    if (this.#length === 0) return;
    const own = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(own, 0, 0, this.#length);
    this.#overflow.push(own);
    this.#overflowBytes += this.#length;
    this.#length = 0;
  }
}
