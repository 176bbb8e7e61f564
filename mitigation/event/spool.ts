/**
 * The event spool of a generation: batches that wait for the bus, bounded in bytes, oldest dropped first and counted.
 *
 *      append -> [ batch | batch | batch ] -> take
 *                  ^ dropped first when `bytesMax` would be passed
 *
 * The newest events are worth most: they say what is happening now. What the spool drops is not lost to the operator
 * of this node, because access log and incident store get the same batches on their own.
 */

/** One batch: `count` events as NDJSON. */
export interface EventBatch {
  readonly lines: Buffer;
  readonly count: number;
}

/** Figures of a spool. Totals count from its creation. */
export interface SpoolStats {
  readonly bytes: number;
  readonly events: number;
  readonly appendedEvents: number;
  readonly takenEvents: number;
  readonly droppedEvents: number;
  readonly droppedBytes: number;
}

/** Batches in `#batches` before `#head` are gone; the array is compacted when they are this many and the majority. */
const compactAfter = 1024;

/** A bounded buffer of event batches. One thread uses it. */
export class EventSpool {
  readonly #bytesMax: number;
  #batches: (EventBatch | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #events = 0;
  #appendedEvents = 0;
  #takenEvents = 0;
  #droppedEvents = 0;
  #droppedBytes = 0;

  /** @param options.bytesMax Bytes of event text that are kept at most. */
  constructor(options: { readonly bytesMax: number }) {
    this.#bytesMax = options.bytesMax;
  }

  /**
   * Appends one batch of `count` lines. Drops the oldest batches until it fits; a batch larger than the whole spool
   * is itself dropped. The text is kept as a buffer outside the JavaScript heap.
   */
  append(lines: string, count: number): void {
    if (lines === '') return;
    this.#appendedEvents += count;
    const batch: EventBatch = { lines: Buffer.from(lines, 'utf8'), count };
    if (batch.lines.length > this.#bytesMax) {
      this.#droppedEvents += count;
      this.#droppedBytes += batch.lines.length;
      return;
    }
    while (this.#bytes + batch.lines.length > this.#bytesMax) {
      const dropped = this.#shift();
      this.#droppedEvents += dropped.count;
      this.#droppedBytes += dropped.lines.length;
    }
    this.#batches.push(batch);
    this.#bytes += batch.lines.length;
    this.#events += count;
  }

  /**
   * Takes the oldest batches that together hold at most `maxBytes`, as one; at least one batch, however large, so
   * that a small `maxBytes` cannot block the spool. Returns undefined when the spool is empty. Owned by the caller.
   */
  take(maxBytes: number): EventBatch | undefined {
    if (this.#batches[this.#head] === undefined) return undefined;
    const taken = [this.#shift()];
    let bytes = taken[0]!.lines.length;
    let count = taken[0]!.count;
    for (;;) {
      const next = this.#batches[this.#head];
      if (next === undefined || bytes + next.lines.length > maxBytes) break;
      taken.push(this.#shift());
      bytes += next.lines.length;
      count += next.count;
    }
    this.#takenEvents += count;
    return {
      lines:
        taken.length === 1
          ? taken[0]!.lines
          : Buffer.concat(
              taken.map((batch) => batch.lines),
              bytes,
            ),
      count,
    };
  }

  /** Returns the figures of now. */
  stats(): SpoolStats {
    return {
      bytes: this.#bytes,
      events: this.#events,
      appendedEvents: this.#appendedEvents,
      takenEvents: this.#takenEvents,
      droppedEvents: this.#droppedEvents,
      droppedBytes: this.#droppedBytes,
    };
  }

  #shift(): EventBatch {
    const batch = this.#batches[this.#head];
    if (batch === undefined) throw new Error('the spool has no batch to shift');
    this.#batches[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= batch.lines.length;
    this.#events -= batch.count;
    if (this.#head >= compactAfter && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }
}
