/**
 * The time, injected: wall time for what people read, monotonic time for deadlines, ticks for shared memory.
 *
 * A `Float64Array` cell cannot be compared and swapped, an `Int32Array` cell can; so times that threads share are Int32
 * *ticks* of 10 us that wrap every 11.9 hours. Two ticks are compared by their wrapped difference, `(a - b) | 0`, which is right
 * while they lie less than 5.9 hours apart.
 */

/** Ticks in one second: a tick is 10 us. */
export const ticksPerSecond = 100_000;

const ticksPerMs = 100;

/** Source of time. */
export interface Clock {
  /** Wall time: Unix milliseconds. It can jump in both directions; never measure a duration with it. */
  nowMs(): number;
  /** CLOCK_MONOTONIC in milliseconds with sub-microsecond fraction. Never goes back; the same in every thread. */
  monotonicMs(): number;
  /** CLOCK_MONOTONIC in ticks of 10 us, as an Int32 that wraps. The same in every thread of the machine. */
  tick(): number;
}

/**
 * Hot: `performance.now()` plus a constant. `process.hrtime()` allocates an array and `hrtime.bigint()` a BigInt; see
 * clock.bench.ts. The constant brings the origin, which belongs to the process or thread, back to CLOCK_MONOTONIC's.
 */
class SystemClock implements Clock {
  #originMs = Number.NaN;

  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    if (Number.isNaN(this.#originMs)) this.#originMs = measureOriginMs();
    return performance.now() + this.#originMs;
  }

  tick(): number {
    return (this.monotonicMs() * ticksPerMs) | 0;
  }
}

/** Returns what CLOCK_MONOTONIC showed, in ms, when `performance.now()` was 0: the tightest of several readings. */
function measureOriginMs(): number {
  let tightestMs = Number.POSITIVE_INFINITY;
  let originMs = 0;
  for (let attempt = 0; attempt < 8; attempt++) {
    const beforeMs = performance.now();
    const monotonicNs = process.hrtime.bigint();
    const afterMs = performance.now();
    if (afterMs - beforeMs < tightestMs) {
      tightestMs = afterMs - beforeMs;
      originMs = Number(monotonicNs) / 1e6 - (beforeMs + afterMs) / 2;
    }
  }
  return originMs;
}

/** The machine's clock. */
export const systemClock: Clock = new SystemClock();

/** A clock that stands still until it is told otherwise. For tests and simulation. */
export interface ManualClock extends Clock {
  /** Moves wall and monotonic time forward. */
  advance(ms: number): void;
  /** Sets the wall time alone, as an operator or NTP does. */
  setWall(nowMs: number): void;
}

/** Creates a clock that starts at the given times (ms; default 0 for the monotonic one, 2026-01-01 for the wall). */
export function createManualClock(
  start: { readonly nowMs?: number; readonly monotonicMs?: number } = {},
): ManualClock {
  let nowMs = start.nowMs ?? Date.UTC(2026, 0, 1);
  let monotonicMs = start.monotonicMs ?? 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => monotonicMs,
    tick: () => Math.round(monotonicMs * ticksPerMs) | 0,
    advance(ms) {
      nowMs += ms;
      monotonicMs += ms;
    },
    setWall(ms) {
      nowMs = ms;
    },
  };
}
