/** Waits for what is open to close: connections at a shutdown, exchanges of an old configuration. */
import assert from 'node:assert/strict';

/** Counts what is open, and tells when nothing is, or when a deadline has passed. */
export class Drain {
  #open = 0;
  #waiters = new Set<() => void>();

  /** Things open now. */
  get open(): number {
    return this.#open;
  }

  /** Counts one thing as open. Allowed while somebody waits: an accepted connection may still start an exchange. */
  enter(): void {
    this.#open++;
  }

  /** Counts one thing as closed. */
  leave(): void {
    assert(this.#open > 0, 'leave() without a matching enter()');
    this.#open--;
    if (this.#open > 0) return;
    for (const wake of this.#waiters) wake();
  }

  /**
   * Resolves when nothing is open, or after `deadlineMs`, with the number of things still open: 0 means drained.
   *
   * Never rejects. The timer keeps the process alive until then.
   */
  wait(deadlineMs: number): Promise<number> {
    if (this.#open === 0) return Promise.resolve(0);
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(finish);
        resolve(this.#open);
      };
      const timer = setTimeout(finish, deadlineMs);
      this.#waiters.add(finish);
    });
  }
}
