/**
 * Lets one message a minute through and counts the rest: a disk that stays full must not fill the log too.
 */

/** Milliseconds between two messages of one limiter. */
export const noticeIntervalMs = 60_000;

/** Decides for one kind of message whether it is time to say it again. */
export class NoticeLimiter {
  #lastMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  /** Takes the monotonic time `nowMs`. Returns how many were kept back since the last one (0 or more) when the message is due, else -1. */
  take(nowMs: number): number {
    if (nowMs - this.#lastMs < noticeIntervalMs) {
      this.#unsaid += 1;
      return -1;
    }
    const unsaid = this.#unsaid;
    this.#lastMs = nowMs;
    this.#unsaid = 0;
    return unsaid;
  }
}
