/**
 * Generic Cell Rate Algorithm: a token bucket that stores one number per key.
 *
 * Instead of counting tokens and refilling them on a timer, GCRA remembers the *theoretical arrival time* (TAT): the instant at
 * which the bucket would be full again if nobody else came. A cell conforms while its TAT stays within one burst of now.
 *
 *        now            tat                now + burst
 *   ------|--------------|----------------------|-----> time (ticks)
 *         |<-- in use -->|<------- free ------->|
 *
 * A TAT is an Int32 tick of the shared clock (clock.ts), so that threads can compare and swap it. A tick is 10 us and an
 * interval is seldom a whole number of them (3 per second: 33,333.3 ticks); adding rounded intervals would bend the limit. So TATs
 * lie on a grid: the k-th is k intervals after tick 0, rounded up, and k is found again from the stored tick. Intervals are counted
 * in 1/1024 tick, which keeps every product below 2^53 exact. The price: a bucket that was idle starts at the grid point before
 * now, so its first refill comes up to one interval early; so does one refill each time that the clock wraps (11.9 hours). The
 * burst and the long-run rate are exact.
 *
 * Source: ITU-T I.371 (03/2004), annex A, "virtual scheduling algorithm".
 */
import assert from 'node:assert/strict';
import { ticksPerSecond } from './clock.ts';

const fractionsPerTick = 1024;

/** Fastest rate of one bucket: one cell a tick. */
export const ratePerSecondMax: number = ticksPerSecond;

/** Slowest refill of a whole burst, in seconds. */
export const burstSecondsMax = 3600;

/** A TAT further ahead than this (ticks, 3.0 hours) cannot have been earned: the clock has wrapped since. */
const aheadTicksMax = 2 ** 30;

/** A thread may be held up for this long (ticks, 1 s) between reading the clock and taking a cell without doing harm. */
const heldUpTicksMax: number = ticksPerSecond;

/** An idle TAT that is younger than this (ticks, 168 s) needs no refreshing yet; each write costs the others a cache line. */
const refreshAfterTicks = 2 ** 24;

/** How fast and how much, as an operator says it. */
export interface Rate {
  /** Cells per second in the long run: above 0, at most `ratePerSecondMax`. */
  readonly ratePerSecond: number;
  /** Cells that conform at once when the bucket is idle: a whole number from 1, refilled within `burstSecondsMax`. */
  readonly burst: number;
}

/** A `Rate` in the units of the algorithm. */
export interface GcraPolicy {
  /** Time per cell, in 1/1024 tick. */
  readonly interval: number;
  /** Time that a full burst takes to refill, in 1/1024 tick. */
  readonly tolerance: number;
}

/** Returns what is wrong with `rate`, or undefined when a bucket can have it. */
export function findRateFault(rate: Rate): string | undefined {
  const { ratePerSecond, burst } = rate;
  if (!(ratePerSecond > 0 && ratePerSecond <= ratePerSecondMax)) {
    return `a rate of ${ratePerSecond} per second is not above 0 and at most ${ratePerSecondMax}`;
  }
  if (!(Number.isSafeInteger(burst) && burst >= 1)) return `a burst of ${burst} is not a whole number from 1`;
  if (burst / ratePerSecond > burstSecondsMax) {
    return `a burst of ${burst} at ${ratePerSecond} per second takes longer than ${burstSecondsMax} s to refill`;
  }
  return undefined;
}

/** Converts a rate; it must be without fault. */
export function compileGcraPolicy(rate: Rate): GcraPolicy {
  const fault = findRateFault(rate);
  assert(fault === undefined, fault);
  const interval = Math.round((ticksPerSecond * fractionsPerTick) / rate.ratePerSecond);
  return { interval, tolerance: interval * rate.burst };
}

/** How far `tat` lies ahead of now, in ticks; 0 when the bucket is idle, also when it was left alone until the clock wrapped. */
export function ticksAhead(tat: number, nowTick: number): number {
  const ahead = (tat - nowTick) | 0;
  return ahead < 0 || ahead > aheadTicksMax ? 0 : ahead;
}

/**
 * Takes one cell from bucket `slot`. Returns 0 when it conforms, else how long to wait (ticks, > 0).
 *
 * Hot: runs once per request. Allocates nothing; touches one cell of `tats`, by compare-and-swap, so that any number of threads may
 * take from one bucket. Bounded: a swap fails only because another thread's succeeded.
 * A rejected cell does not advance the TAT: a client that keeps hammering still waits one interval at most. Locking it out is a
 * decision, and decisions are not made here.
 *
 * @param tats    TAT of every bucket, in ticks of the shared clock (Int32, wrapping). A bucket that is filled with the tick of its
 *                creation is idle. Look at each bucket at least every 5.9 hours (`refreshCell`), or an old TAT looks new.
 * @param nowTick Monotonic clock in the same ticks; wall time can jump back.
 */
export function takeCell(tats: Int32Array, slot: number, nowTick: number, policy: GcraPolicy): number {
  const { interval, tolerance } = policy;
  for (;;) {
    const tat = Atomics.load(tats, slot);
    const ahead = ticksAhead(tat, nowTick);
    const now = nowTick * fractionsPerTick;
    // Left over from a larger burst: cut to a full bucket, or the client would wait for a debt that nobody can owe now.
    if ((ahead - heldUpTicksMax) * fractionsPerTick > tolerance) {
      const full = (nowTick + Math.ceil(tolerance / fractionsPerTick)) | 0;
      if (Atomics.compareExchange(tats, slot, tat, full) !== tat) continue;
      return Math.max(1, Math.ceil(interval / fractionsPerTick));
    }
    const next = (Math.floor((now + ahead * fractionsPerTick) / interval) + 1) * interval;
    const excess = next - now - tolerance;
    if (excess > 0) return Math.ceil(excess / fractionsPerTick);
    const nextTick = Math.ceil(next / fractionsPerTick) | 0;
    if (Atomics.compareExchange(tats, slot, tat, nextTick) === tat) return 0;
  }
}

/**
 * Brings an idle bucket's TAT up to now, so that it does not look active when the clock wraps. True when the bucket is active.
 *
 * Safe beside `takeCell` in other threads: when one of them takes a cell meanwhile, its TAT stays.
 */
export function refreshCell(tats: Int32Array, slot: number, nowTick: number): boolean {
  const tat = Atomics.load(tats, slot);
  if (ticksAhead(tat, nowTick) > 0) return true;
  const age = (nowTick - tat) | 0;
  if (age >= 0 && age < refreshAfterTicks) return false;
  Atomics.compareExchange(tats, slot, tat, nowTick);
  return false;
}
