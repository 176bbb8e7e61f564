/**
 * Gathers the content of one read: a chunked body arrives in many runs, and each would cost the origin's side a write.
 *
 * Hot: one run, which is the rule, is passed on as a slice; only several are copied together.
 */
import type { BodySink } from '@secbeat/http/h1/body.ts';
import { ByteAccumulator } from './byte-accumulator.ts';

/** The sink of a body reader for the time of one read. */
export class ContentRuns implements BodySink {
  readonly #gathered = new ByteAccumulator();
  #gatheredBytes: Buffer | null = null;
  #from = 0;
  #to = 0;

  content(bytes: Buffer, from: number, to: number): void {
    if (this.#to === 0) {
      this.#from = from;
      this.#to = to;
      return;
    }
    if (this.#gathered.length === 0) this.#gathered.append(bytes, this.#from, this.#to);
    this.#gatheredBytes = this.#gathered.append(bytes, from, to);
  }

  /** Returns the content of the read of `bytes` in one piece, or null when there was none, and begins anew. */
  take(bytes: Buffer): Buffer | null {
    if (this.#to === 0) return null;
    const length = this.#gathered.length;
    const content =
      length === 0 ? bytes.subarray(this.#from, this.#to) : this.#gatheredBytes!.subarray(0, length);
    this.#to = 0;
    if (length > 0) {
      this.#gathered.take();
      this.#gatheredBytes = null;
    }
    return content;
  }
}
