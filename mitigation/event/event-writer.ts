/**
 * The worker's end of the event path: encodes events, collects them into batches and hands each batch on as text.
 *
 *      record(event) -> encode -> batch --(batchMax | batchBytesMax | flush by the worker's tick)--> emit(lines, count)
 *
 * A batch is one message to the main thread instead of one per exchange. It is bounded here by count and bytes; the
 * bound on batches under way belongs to `emit`, which drops and counts when the main thread has fallen behind. Traffic
 * never waits for its own log.
 */
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { Counter, type WorkerMetrics } from '../admin/worker-metrics.ts';
import { encodeEvent } from './encode-event.ts';

/** What an `EventWriter` needs. */
export interface EventWriterOptions {
  /** Takes one batch: `count` lines of NDJSON in pure ASCII. Synchronous; must not throw; counts what it drops. */
  readonly emit: (lines: string, count: number) => void;
  /** Where recorded events are counted (`Counter.eventRecorded`). */
  readonly metrics: WorkerMetrics;
  /** Events in one batch (>= 1). */
  readonly batchMax: number;
  /** Bytes of one batch; the event that reaches it completes the batch. Default 65,536. */
  readonly batchBytesMax?: number;
}

/** Encodes and batches the events of one worker. */
export class EventWriter {
  readonly #emit: (lines: string, count: number) => void;
  readonly #metrics: WorkerMetrics;
  readonly #batchMax: number;
  readonly #batchBytesMax: number;
  #lines = '';
  #count = 0;

  constructor(options: EventWriterOptions) {
    if (options.batchMax < 1) throw new RangeError(`batchMax is ${options.batchMax}, expected at least 1`);
    this.#emit = options.emit;
    this.#metrics = options.metrics;
    this.#batchMax = options.batchMax;
    this.#batchBytesMax = options.batchBytesMax ?? 65_536;
  }

  /**
   * Records the end of one exchange.
   *
   * Hot: one string per event, no object.
   */
  record(event: ExchangeEvent): void {
    this.#lines += encodeEvent(event);
    this.#count += 1;
    this.#metrics.add(Counter.eventRecorded, 1);
    if (this.#count >= this.#batchMax || this.#lines.length >= this.#batchBytesMax) this.flush();
  }

  /** Hands the current batch on, if there is one. The worker calls this every 100 ms and before it ends. */
  flush(): void {
    if (this.#count === 0) return;
    const lines = this.#lines;
    const count = this.#count;
    this.#lines = '';
    this.#count = 0;
    this.#emit(lines, count);
  }
}
