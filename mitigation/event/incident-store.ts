/**
 * Keeps the incidents of a node on disk, so that `secbeat explain` can answer for them, also after a restart.
 *
 *      append(batch) -> isIncident? -> budget of this second? -> pending lines --(200 ms)--> segment on disk
 *                           | no              | no, counted        | full, counted           | failed, counted
 *
 * It never stands in the way: `append` is synchronous and does no I/O, a failing disk costs incidents and is counted
 * and said once a minute, and nothing here is ever fatal to the node.
 */
import type { Clock } from '@secbeat/base/clock.ts';
import { asError } from '@secbeat/base/fault.ts';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { decodeEvent } from './decode-event.ts';
import { IncidentBudget, isFloodIncident, isIncident } from './incident-filter.ts';
import { IncidentSegments } from './incident-segments.ts';
import { NoticeLimiter } from './notice-limiter.ts';

/** The part of the node's log that is used here. */
export interface StoreLog {
  warn(fields: object, message: string): void;
}

/** What an incident store needs. */
export interface IncidentStoreOptions {
  /** The folder of the segments, for example `DATA/incidents`. */
  readonly directory: string;
  /** All segments together: `events.incidentBytesMax`. */
  readonly bytesMax: number;
  readonly log: StoreLog;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Incidents kept per second, those of lists and limits apart. Default 200. */
  readonly perSecond?: number;
  /** Incidents of lists and limits kept per second. Default 20. */
  readonly floodPerSecond?: number;
  /** How long lines may wait in memory. Default 200. */
  readonly flushMs?: number;
}

/** Figures of an incident store. Totals count from its opening. */
export interface IncidentStoreStats {
  readonly bytes: number;
  readonly segments: number;
  readonly keptIncidents: number;
  /** Over the budget of their second, or over the memory for waiting lines. */
  readonly skippedIncidents: number;
  /** Not written because the disk failed. */
  readonly failedIncidents: number;
}

/** Text that may wait for the disk, unless the whole store is smaller. */
const pendingBytesMax = 4_194_304;
/** How many segments the space is divided into: deleting the oldest loses that share. */
const segmentsPerStore = 8;
const idPattern = /^[0-9A-Za-z_-]{1,64}$/;
/** Incidents that `recent` returns at most. */
export const recentMax = 1000;

/** Keeps and finds incidents. One owner per directory. */
export class IncidentStore implements AsyncDisposable {
  readonly #segments: IncidentSegments;
  readonly #options: IncidentStoreOptions;
  readonly #budget: IncidentBudget;
  readonly #notices = new NoticeLimiter();
  /** Lines that wait, and how many. */
  #pending: string[] = [];
  #pendingBytes = 0;
  /** Lines that are being written just now; still found by `find`. */
  #writing: readonly string[] = [];
  #writer: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #kept = 0;
  #skipped = 0;
  #failed = 0;

  /** Use `openIncidentStore`. */
  constructor(segments: IncidentSegments, options: IncidentStoreOptions) {
    this.#segments = segments;
    this.#options = options;
    this.#budget = new IncidentBudget({
      perSecond: options.perSecond ?? 200,
      floodPerSecond: options.floodPerSecond ?? 20,
    });
  }

  /** Takes one batch of encoded events (NDJSON) and keeps those that are incidents. */
  append(lines: string): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.clock.monotonicMs();
    let start = 0;
    for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', start)) {
      const line = lines.slice(start, end + 1);
      start = end + 1;
      if (isIncident(line)) this.#keep(line, nowMs);
    }
    if (this.#pending.length > 0 && this.#timer === undefined) {
      this.#timer = setTimeout(() => void this.flush(), this.#options.flushMs ?? 200);
      this.#timer.unref();
    }
  }

  /** Writes what waits and returns when it is on disk or counted as failed. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writer = this.#writer.then(() => this.#write());
    return this.#writer;
  }

  /**
   * Returns the incident with this id, newest first when there are several, or undefined.
   * Reads up to `bytesMax` bytes, one segment at a time.
   */
  async find(id: string): Promise<ExchangeEvent | undefined> {
    if (!idPattern.test(id)) return undefined;
    const mark = `"id":"${id}"`;
    for (const line of [...this.#pending, ...this.#writing]) {
      const event = line.includes(mark) ? decodeEvent(line) : undefined;
      if (event?.id === id) return event;
    }
    for await (const text of this.#segments.newestFirst()) {
      for (let at = text.lastIndexOf(mark); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(mark, at - 1)) {
        const event = decodeEvent(lineAround(text, at));
        if (event?.id === id) return event;
      }
    }
    return undefined;
  }

  /** Returns the `count` latest incidents (at most 1,000), newest first. */
  async recent(count: number): Promise<ExchangeEvent[]> {
    const wanted = Math.min(Math.max(0, Math.floor(count)), recentMax);
    const found: ExchangeEvent[] = [];
    const take = (line: string): boolean => {
      const event = found.length < wanted ? decodeEvent(line) : undefined;
      if (event !== undefined) found.push(event);
      return found.length < wanted;
    };
    if (wanted === 0) return found;
    // What is on its way to disk may be in both places: settle it first.
    await this.flush();
    for (const line of this.#pending.toReversed()) if (!take(line)) return found;
    for await (const text of this.#segments.newestFirst()) {
      for (let end = text.length; end > 0; ) {
        const newlineAt = text.lastIndexOf(0x0a, end - 1);
        if (newlineAt + 1 < end && !take(text.toString('utf8', newlineAt + 1, end))) return found;
        end = newlineAt;
      }
    }
    return found;
  }

  /** Returns the figures of now. */
  stats(): IncidentStoreStats {
    return {
      bytes: this.#segments.bytes,
      segments: this.#segments.count,
      keptIncidents: this.#kept,
      skippedIncidents: this.#skipped,
      failedIncidents: this.#failed,
    };
  }

  /** Writes what waits and closes the files; further batches are ignored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    await this.#segments.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #keep(line: string, nowMs: number): void {
    const roomMax = Math.min(pendingBytesMax, this.#options.bytesMax - 1);
    const hasRoom = this.#pendingBytes + line.length <= roomMax;
    if (!hasRoom || !this.#budget.take(nowMs, isFloodIncident(line))) {
      this.#skipped += 1;
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += line.length;
  }

  async #write(): Promise<void> {
    if (this.#pending.length === 0) return;
    this.#writing = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      await this.#segments.append(this.#writing.join(''));
      this.#kept += this.#writing.length;
    } catch (thrown) {
      this.#failed += this.#writing.length;
      this.#report(asError(thrown));
    }
    this.#writing = [];
  }

  #report(error: Error): void {
    const unsaid = this.#notices.take(this.#options.clock.monotonicMs());
    if (unsaid < 0) return;
    this.#options.log.warn(
      { err: error, directory: this.#options.directory, failedIncidents: this.#failed, unsaid },
      `incidents cannot be written to ${this.#options.directory}: ${error.message}; protection goes on, free space or repair the folder`,
    );
  }
}

/** Returns the line of `text` that holds the byte at `at`. */
function lineAround(text: Buffer, at: number): string {
  const start = text.lastIndexOf(0x0a, at) + 1;
  const end = text.indexOf(0x0a, at);
  return text.toString('utf8', start, end < 0 ? text.length : end);
}

/**
 * Opens the incident store in `options.directory`, which is made when absent. Rejects when the directory cannot be
 * made or read: the caller decides whether to go on without one.
 */
export async function openIncidentStore(options: IncidentStoreOptions): Promise<IncidentStore> {
  const segments = await IncidentSegments.open({
    directory: options.directory,
    bytesMax: options.bytesMax,
    segmentBytesMax: Math.max(65_536, Math.ceil(options.bytesMax / segmentsPerStore)),
  });
  return new IncidentStore(segments, options);
}
