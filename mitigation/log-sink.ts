/**
 * Writes log lines to a descriptor without ever blocking or failing the process that logs.
 *
 * Pino's own destination was tried and left: its `flushSync` repeats a write for ever when the descriptor is gone (EPIPE, EIO), so that a
 * node whose terminal was closed could not exit. Here one write is under way at a time, in libuv's thread pool; a reader of
 * stderr that stops reading costs log lines, which are counted, and nothing else.
 */
import { write } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Between two attempts on a descriptor that takes nothing at the moment (EAGAIN). */
const retryMs = 20;

/** See the head of this file. */
export class LogSink {
  readonly #descriptor: number;
  readonly #bytesMax: number;
  /** Lines that wait for the write under way to end. */
  #waiting: string[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #dropped = 0;
  #onIdle: (() => void)[] = [];

  /** @param bytesMax Bounded: characters that wait at most; lines over it are dropped and counted. */
  constructor(descriptor: number, bytesMax: number) {
    this.#descriptor = descriptor;
    this.#bytesMax = bytesMax;
  }

  /** Lines that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line with its line feed. */
  write(line: string): void {
    if (this.#waitingBytes + line.length > this.#bytesMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (!this.#isWriting) this.#writeWaiting();
  }

  /** Resolves when everything is written or dropped, or after `deadlineMs`. */
  async flush(deadlineMs: number): Promise<void> {
    if (!this.#isWriting) return;
    const abort = new AbortController();
    const idle = new Promise<void>((resolve) => this.#onIdle.push(resolve));
    const late = wait(deadlineMs, undefined, { signal: abort.signal }).catch(() => undefined);
    await Promise.race([idle, late]);
    abort.abort();
  }

  #writeWaiting(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isWriting = true;
    this.#writeFrom(Buffer.from(lines.join('')), 0, lines.length);
  }

  #writeFrom(bytes: Buffer, from: number, lines: number): void {
    write(this.#descriptor, bytes, from, bytes.length - from, null, (error, written) => {
      if (error !== null && error.code === 'EAGAIN') {
        setTimeout(() => this.#writeFrom(bytes, from, lines), retryMs);
        return;
      }
      if (error === null && from + written < bytes.length) {
        this.#writeFrom(bytes, from + written, lines);
        return;
      }
      if (error !== null) this.#dropped += lines;
      if (this.#waiting.length > 0) {
        this.#writeWaiting();
        return;
      }
      this.#isWriting = false;
      for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}
