/**
 * Coarse deadlines by the ten thousand, without a Node.js timer each.
 *
 * A ring of slots, one per tick; a deadline lies in the slot of its tick, in a doubly linked list whose nodes are the entries
 * themselves. Starting, moving and cancelling one is a few pointer writes. A deadline further away than the ring is long lies in
 * its slot too and is passed over until its turn.
 *
 *        now                          slot = deadline tick mod slots
 *         v
 *     [ ][*][ ][ ][ ][ ]...[ ]        each slot: entry <-> entry <-> entry
 *
 * Source: G. Varghese, T. Lauck, "Hashed and hierarchical timing wheels" (1987), scheme 6.
 */
import assert from 'node:assert/strict';

/**
 * One deadline. Extend it, or hold one, once per thing that waits; an entry is in at most one wheel.
 *
 * The one base class beside `Error`: the links lie inside the entry so that arming a deadline allocates nothing.
 */
export abstract class TimerEntry {
  /** Owned by the wheel; null while the entry is not scheduled. */
  wheelNext: TimerEntry | null = null;
  /** Owned by the wheel. */
  wheelPrevious: TimerEntry | null = null;
  /** Owned by the wheel: the tick at which it is due. */
  wheelTick = 0;

  /** Whether a deadline is running. */
  get isScheduled(): boolean {
    return this.wheelNext !== null;
  }

  /** Called once when the deadline has passed; the entry is out of the wheel by then and may be scheduled again. */
  abstract onDeadline(): void;
}

/** Head of a list: an entry that is never due. */
class ListHead extends TimerEntry {
  constructor() {
    super();
    this.wheelNext = this;
    this.wheelPrevious = this;
  }

  override onDeadline(): void {
    assert.fail('the head of a list has no deadline');
  }
}

/** What a wheel is made of. */
export interface TimerWheelOptions {
  /** Resolution. `advance` should be called about as often. */
  readonly tickMs: number;
  /** Slots of the ring. Delays up to `tickMs * slots` are never looked at before they are due. */
  readonly slots: number;
}

/** A ring of deadlines for one thread. */
export class TimerWheel {
  readonly #tickMs: number;
  readonly #slots: ListHead[];
  readonly #due: ListHead;
  /** The time that `advance` was told last, in ticks; NaN before its first call. */
  #nowTick = Number.NaN;
  /** The last tick whose slot was looked at; behind `#nowTick` only inside `advance`, or after a deadline threw. */
  #cursor = 0;
  #size = 0;

  constructor(options: TimerWheelOptions) {
    const { tickMs, slots } = options;
    assert(
      tickMs > 0 && Number.isSafeInteger(slots) && slots >= 1,
      `no wheel of ${slots} slots of ${tickMs} ms`,
    );
    this.#tickMs = tickMs;
    this.#slots = Array.from({ length: slots }, () => new ListHead());
    this.#due = new ListHead();
  }

  /** Deadlines that are running. */
  get size(): number {
    return this.#size;
  }

  /**
   * Lets `entry` be due `delayMs` after the time of the last `advance`, or moves it there when it is already running.
   *
   * It is due at most two ticks later than that, and never earlier. The time that has passed since the last `advance` is not
   * known here: a thread that was held up for 50 ms grants deadlines that are 50 ms short.
   *
   * Hot: constant time, no allocation.
   *
   * @param delayMs At least 0. Infinity is not a deadline: cancel instead.
   */
  schedule(entry: TimerEntry, delayMs: number): void {
    if (!(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)) assert.fail(`no deadline in ${delayMs} ms`);
    assert(!Number.isNaN(this.#nowTick), 'advance() must have told the time before schedule()');
    if (entry.wheelNext === null) this.#size++;
    else unlink(entry);
    entry.wheelTick = this.#nowTick + Math.ceil(delayMs / this.#tickMs) + 1;
    append(this.#slots[entry.wheelTick % this.#slots.length]!, entry);
  }

  /** Takes `entry` out of the wheel, if it is in. Hot: constant time. */
  cancel(entry: TimerEntry): void {
    if (entry.wheelNext === null) return;
    unlink(entry);
    this.#size--;
  }

  /**
   * Tells the time and calls `onDeadline` of every entry that is due by then.
   *
   * Entries may schedule and cancel any entry meanwhile. What throws ends this call; the entries that were due with it are
   * called by the next one. Bounded: looks at each slot once, however long ago the last call was (when that is longer ago than the
   * ring is long, not in the order of the deadlines).
   *
   * @param nowMs Monotonic, at least 0; a time before the last one is taken for the last one.
   */
  advance(nowMs: number): void {
    const tick = Math.floor(nowMs / this.#tickMs);
    if (Number.isNaN(this.#nowTick)) {
      this.#nowTick = tick;
      this.#cursor = tick;
    }
    this.#nowTick = Math.max(this.#nowTick, tick);
    this.#fire();
    this.#cursor = Math.max(this.#cursor, this.#nowTick - this.#slots.length);
    while (this.#cursor < this.#nowTick) {
      this.#cursor++;
      this.#collect(this.#slots[this.#cursor % this.#slots.length]!);
      this.#fire();
    }
  }

  /** Moves what is due in one slot to the due list; the rest stays for a later round. */
  #collect(slot: ListHead): void {
    let entry = slot.wheelNext!;
    while (entry !== slot) {
      const next = entry.wheelNext!;
      if (entry.wheelTick <= this.#nowTick) {
        unlink(entry);
        append(this.#due, entry);
      }
      entry = next;
    }
  }

  #fire(): void {
    for (let entry = this.#due.wheelNext!; entry !== this.#due; entry = this.#due.wheelNext!) {
      unlink(entry);
      this.#size--;
      entry.onDeadline();
    }
  }
}

function append(head: TimerEntry, entry: TimerEntry): void {
  const last = head.wheelPrevious!;
  entry.wheelNext = head;
  entry.wheelPrevious = last;
  last.wheelNext = entry;
  head.wheelPrevious = entry;
}

function unlink(entry: TimerEntry): void {
  entry.wheelNext!.wheelPrevious = entry.wheelPrevious;
  entry.wheelPrevious!.wheelNext = entry.wheelNext;
  entry.wheelNext = null;
  entry.wheelPrevious = null;
}
