/**
 * A deadline that is moved far more often than it passes.
 *
 * Arming it again only stores the new instant; the wheel is touched when the entry fires early and finds that it was
 * moved. An exchange that arms its deadline five times costs five stores, not five list operations.
 */
import type { Clock } from '@secbeat/base/clock.ts';
import { TimerEntry, type TimerWheel } from '@secbeat/base/timer-wheel.ts';

/** Calls `onPassed` once the deadline armed last has passed. Resolution: one tick of the wheel. */
export class Deadline extends TimerEntry {
  readonly #wheel: TimerWheel;
  readonly #clock: Clock;
  readonly #onPassed: () => void;
  #dueMs = 0;
  #firesAtMs = 0;

  constructor(wheel: TimerWheel, clock: Clock, onPassed: () => void) {
    super();
    this.#wheel = wheel;
    this.#clock = clock;
    this.#onPassed = onPassed;
  }

  /** Lets the deadline pass `delayMs` after `nowMs`, wherever it stood before. */
  arm(nowMs: number, delayMs: number): void {
    const dueMs = nowMs + delayMs;
    this.#dueMs = dueMs;
    if (this.#firesAtMs !== 0 && this.#firesAtMs <= dueMs) return;
    this.#firesAtMs = dueMs;
    this.#wheel.schedule(this, delayMs);
  }

  /** Nothing is awaited; the entry may still fire and is ignored. */
  disarm(): void {
    this.#dueMs = 0;
  }

  /** Takes the entry out of the wheel: the owner is gone. */
  dispose(): void {
    this.#dueMs = 0;
    this.#firesAtMs = 0;
    this.#wheel.cancel(this);
  }

  override onDeadline(): void {
    this.#firesAtMs = 0;
    const dueMs = this.#dueMs;
    if (dueMs === 0) return;
    const nowMs = this.#clock.monotonicMs();
    if (dueMs > nowMs) {
      this.#firesAtMs = dueMs;
      this.#wheel.schedule(this, dueMs - nowMs);
      return;
    }
    this.#dueMs = 0;
    this.#onPassed();
  }
}
