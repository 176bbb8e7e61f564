/**
 * A latency histogram with fixed bounds over a region of a `Float64Array`, usually shared with the thread that renders metrics.
 *
 *     region: [ bucket 0 .. bucket 23 | above the last bound | sum in ms | count ]
 *
 * A bucket holds what fell between the bound before it and its own, the own one included (Prometheus' `le`); rendering adds
 * them up. One thread writes a region; others may read it at any time and see each figure whole, though not all of the same
 * instant.
 */
import assert from 'node:assert/strict';

/** Upper bounds of the buckets, in ms: 6 below 1 ms, where a proxy lives, then to 60 s, where deadlines end. */
const boundsMs: readonly number[] = [
  0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 7.5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
  20_000, 30_000, 60_000,
];

/** One histogram. Single writer. */
export class LatencyHistogram {
  /** Upper bounds in ms of all buckets but the last, which has none. */
  static readonly boundsMs: readonly number[] = boundsMs;
  /** Cells of a region: one per bound, one above, sum, count. */
  static readonly length: number = boundsMs.length + 3;

  readonly #cells: Float64Array;
  readonly #boundsMs: Float64Array;

  /** @param region Borrowed for the life of the histogram: exactly `LatencyHistogram.length` cells. */
  constructor(region: Float64Array) {
    assert.equal(
      region.length,
      LatencyHistogram.length,
      'a histogram needs exactly LatencyHistogram.length cells',
    );
    this.#cells = region;
    this.#boundsMs = Float64Array.from(boundsMs);
  }

  /** Adds one duration in ms. Hot: five comparisons, no allocation. What is negative or not a number counts as 0. */
  observe(durationMs: number): void {
    let ms = durationMs;
    if (!(ms > 0)) ms = 0;
    const bounds = this.#boundsMs;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ms <= bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    const cells = this.#cells;
    cells[low]!++;
    cells[bounds.length + 1]! += ms;
    cells[bounds.length + 2]!++;
  }

  /** Observations in bucket `index`, not added up; `boundsMs.length` is the bucket above the last bound. */
  bucket(index: number): number {
    assert(index >= 0 && index <= this.#boundsMs.length, `no bucket ${index}`);
    return this.#cells[index]!;
  }

  /** Sum of all durations, in ms. */
  get sumMs(): number {
    return this.#cells[this.#boundsMs.length + 1]!;
  }

  /** Number of durations. */
  get count(): number {
    return this.#cells[this.#boundsMs.length + 2]!;
  }
}
