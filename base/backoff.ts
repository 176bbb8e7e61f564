/**
 * Exponential backoff with full jitter: how long to wait before trying again.
 *
 * The wait is uniform between 0 and a ceiling that doubles with each failure, so that callers that failed together do not
 * come back together.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015), "full jitter".
 */
import assert from 'node:assert/strict';
import type { Random } from './random.ts';

/** The waits of one thing that is retried. */
export interface Backoff {
  /** Failures since the last `reset`. */
  readonly attempts: number;
  /** Counts one more failure and returns how long to wait, in whole ms: 0 up to the ceiling, both included. */
  nextMs(): number;
  /** Starts over: the thing has worked. */
  reset(): void;
}

/** What a backoff is made of. */
export interface BackoffOptions {
  /** The first ceiling. At least 1. */
  readonly baseMs: number;
  /** The ceiling never exceeds it. At least `baseMs`. */
  readonly maxMs: number;
  readonly random: Random;
}

/** Creates a backoff without failures yet. */
export function createBackoff(options: BackoffOptions): Backoff {
  const { baseMs, maxMs, random } = options;
  assert(baseMs >= 1 && maxMs >= baseMs, `expected 1 <= baseMs <= maxMs, got ${baseMs} and ${maxMs}`);
  let attempts = 0;
  return {
    get attempts() {
      return attempts;
    },
    nextMs() {
      const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempts, 52));
      attempts++;
      return Math.floor(random.fraction() * (Math.floor(ceilingMs) + 1));
    },
    reset() {
      attempts = 0;
    },
  };
}
