/**
 * The access log: one line per exchange in a file that is rotated by size.
 *
 * Format `json` writes the events as they are, `combined` the classic line. Rotated files are `FILE.1` (newest) to
 * `FILE.N`; `filesMax` counts the current one too and is at least 2.
 *
 *      append(batch) -> stream (bounded) -> file -> FILE.1 -> FILE.2 -> deleted
 *                         | full or failed: dropped and counted
 *
 * A log that cannot be written never stops a node: lines are dropped and counted, the failure is said once a minute,
 * and the file is opened again after `reopenMs`.
 */
import { basename, dirname, sep } from 'node:path';
import type { Clock } from '@secbeat/base/clock.ts';
import { asError } from '@secbeat/base/fault.ts';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { AccessLogConfig } from '../config/model.ts';
import { formatCombined } from './combined-format.ts';
import { decodeEvent } from './decode-event.ts';
import type { StoreLog } from './incident-store.ts';
import { NoticeLimiter } from './notice-limiter.ts';

/** What an access log needs. */
export interface AccessLogOptions {
  readonly config: AccessLogConfig;
  readonly log: StoreLog;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** How long to wait after a failure before the file is opened again. Default 5,000. */
  readonly reopenMs?: number;
}

/** Figures of an access log. Totals count from its opening. */
export interface AccessLogStats {
  /** Lines that the file system took. */
  readonly writtenLines: number;
  /** Lines dropped: the disk was too slow or failing, or the text was no event. */
  readonly droppedLines: number;
  readonly failures: number;
}

/** Bytes that may wait for the disk. */
const waitingBytesMax = 8_388_608;

/** Writes the access log of one generation. */
export class AccessLog implements AsyncDisposable {
  readonly #options: AccessLogOptions;
  readonly #notices = new NoticeLimiter();
  #stream: RotatingFileStream | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #written = 0;
  #dropped = 0;
  #failures = 0;

  /** Opens nothing before the first batch. */
  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** Takes one batch of `count` encoded events (NDJSON). Never throws and never waits. */
  append(lines: string, count: number): void {
    const { format } = this.#options.config;
    if (format === 'off' || count === 0) return;
    const stream = this.#isClosed ? undefined : this.#currentStream();
    if (stream === undefined || stream.writableLength > waitingBytesMax) {
      this.#dropped += count;
      return;
    }
    const text = format === 'json' ? { lines, count } : toCombined(lines);
    this.#dropped += count - text.count;
    stream.write(text.lines, (error) => {
      if (error === null || error === undefined) this.#written += text.count;
      else this.#dropped += text.count;
    });
  }

  /** Returns the figures of now. */
  stats(): AccessLogStats {
    return { writtenLines: this.#written, droppedLines: this.#dropped, failures: this.#failures };
  }

  /** Writes what waits and closes the file; further batches are dropped and counted. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined || stream.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    stream.once('close', resolve);
    stream.end();
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #currentStream(): RotatingFileStream | undefined {
    if (this.#stream !== undefined) return this.#stream;
    if (this.#options.clock.monotonicMs() - this.#failedAtMs < (this.#options.reopenMs ?? 5000))
      return undefined;
    const stream = openStream(this.#options.config);
    stream.on('error', (error) => this.#fail(stream, error));
    this.#stream = stream;
    return stream;
  }

  #fail(stream: RotatingFileStream, thrown: unknown): void {
    const error = asError(thrown);
    this.#failures += 1;
    if (this.#stream === stream) this.#stream = undefined;
    stream.destroy();
    const nowMs = this.#options.clock.monotonicMs();
    this.#failedAtMs = nowMs;
    const unsaid = this.#notices.take(nowMs);
    if (unsaid < 0) return;
    const { file } = this.#options.config;
    this.#options.log.warn(
      { err: error, file, droppedLines: this.#dropped, unsaid },
      `access log ${file} cannot be written: ${error.message}; traffic goes on, free space or correct accessLog.file`,
    );
  }
}

function openStream(config: AccessLogConfig): RotatingFileStream {
  const name = basename(config.file);
  const rotatedMax = Math.max(1, config.filesMax - 1);
  return createStream((index) => (typeof index === 'number' && index > 0 ? `${name}.${index}` : name), {
    path: dirname(config.file) + sep,
    size: `${config.rotateBytes}B`,
    rotate: rotatedMax,
    mode: 0o640,
  });
}

/** Returns a batch in the combined format; what is no event has no line. */
function toCombined(batch: string): { readonly lines: string; readonly count: number } {
  let lines = '';
  let count = 0;
  for (const line of batch.split('\n')) {
    const event = line === '' ? undefined : decodeEvent(line);
    if (event === undefined) continue;
    lines += formatCombined(event);
    count += 1;
  }
  return { lines, count };
}

/** Creates the access log that `options.config` describes. */
export function createAccessLog(options: AccessLogOptions): AccessLog {
  return new AccessLog(options);
}
