/**
 * When to start something again that has died: at once while it dies seldom, ever later while it dies at each start.
 *
 * The bound is on deaths within a window, not on deaths in a row, because a worker that lives for a second between two
 * deaths is as lost as one that never starts.
 */
import { type Backoff, createBackoff } from '@secbeat/base/backoff.ts';
import type { Random } from '@secbeat/base/random.ts';

/** What a pace is made of. */
export interface RestartPaceOptions {
  /** Deaths within the window after which restarts wait. */
  readonly deathsMax: number;
  readonly windowMs: number;
  /** Ceiling of the first wait; it doubles up to `waitMaxMs`. */
  readonly waitMs: number;
  readonly waitMaxMs: number;
  readonly random: Random;
}

/** The pace of one thing that is started again. */
export interface RestartPace {
  /** Records a death at `nowMs` (monotonic) and returns how long to wait before the next start, in ms; 0 means now. */
  nextDelayMs(nowMs: number): number;
}

/** Creates a pace without deaths. Once it waits, only a life longer than a whole window ends the waiting. */
export function createRestartPace(options: RestartPaceOptions): RestartPace {
  const backoff: Backoff = createBackoff({
    baseMs: options.waitMs,
    maxMs: options.waitMaxMs,
    random: options.random,
  });
  /** Times of the latest deaths, oldest first; at most `deathsMax` + 1. */
  const deaths: number[] = [];
  let lastDeathMs = Number.NEGATIVE_INFINITY;
  let lastDelayMs = 0;
  return {
    nextDelayMs(nowMs) {
      if (nowMs - lastDeathMs > options.windowMs + lastDelayMs) {
        deaths.length = 0;
        backoff.reset();
      }
      deaths.push(nowMs);
      while (deaths[0]! < nowMs - options.windowMs || deaths.length > options.deathsMax + 1) deaths.shift();
      const isWaiting = backoff.attempts > 0 || deaths.length > options.deathsMax;
      lastDeathMs = nowMs;
      lastDelayMs = isWaiting ? backoff.nextMs() : 0;
      return lastDelayMs;
    },
  };
}
