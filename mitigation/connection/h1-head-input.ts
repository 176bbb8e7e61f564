/**
 * The reading of request heads that arrive in pieces: the strict reader, what is held of an incomplete head, and when its
 * first byte came.
 *
 * Hot: a head that arrives whole is read where it lies; only an incomplete one is copied.
 */
import type { Clock } from '@secbeat/base/clock.ts';
import type { Refusal } from '@secbeat/http/h1/refusal.ts';
import { type HeadLimits, type RequestHead, RequestHeadReader } from '@secbeat/http/h1/request-head.ts';
import { ByteAccumulator } from './byte-accumulator.ts';

/** What `H1HeadInput.read` returns beside an offset. */
export const HeadInput = { incomplete: -1, refused: -2 } as const;

/** See the head of this file. Owned: by one connection. */
export class H1HeadInput {
  readonly #reader: RequestHeadReader;
  readonly #clock: Clock;
  readonly #held = new ByteAccumulator();
  /** Monotonic and wall time of the first byte of the head. */
  startedAtMs = 0;
  startedAtWallMs = 0;
  /** Bytes of the head that was read last. */
  headBytes = 0;

  constructor(limits: HeadLimits, clock: Clock) {
    this.#reader = new RequestHeadReader(limits);
    this.#clock = clock;
  }

  get head(): RequestHead {
    return this.#reader.head;
  }

  get refusal(): Refusal {
    return this.#reader.refusal!;
  }

  /** Whether a refused head can be relied on all the same. */
  get isReadable(): boolean {
    return this.#reader.isReadable;
  }

  /** Whether a part of a head is held. */
  get isPartial(): boolean {
    return this.#held.length > 0;
  }

  /** Reads bytes[start, end). Returns the offset behind the head, or one of `HeadInput`. Borrowed: bytes. */
  read(bytes: Buffer, start: number, end: number): number {
    const heldBefore = this.#held.length;
    let taken: number;
    if (heldBefore === 0) {
      this.startedAtMs = this.#clock.monotonicMs();
      this.startedAtWallMs = this.#clock.nowMs();
      taken = this.#reader.read(bytes, start, end);
      if (taken === 0) this.#held.append(bytes, start, end);
    } else {
      const whole = this.#held.append(bytes, start, end);
      taken = this.#reader.read(whole, 0, this.#held.length);
    }
    if (taken === 0) return HeadInput.incomplete;
    if (heldBefore > 0) this.#held.take();
    this.headBytes = Math.max(taken, 0);
    return taken < 0 ? HeadInput.refused : start + taken - heldBefore;
  }

  /** Forgets the head, or what is held of it. */
  reset(): void {
    this.#held.take();
    this.#reader.reset();
  }
}
