/**
 * Carries events from a generation that drains to the one that owns the spool; holds them while there is none.
 */
import type { Log } from '../log.ts';
import type { RelayedEvents } from './node-calls.ts';

/** See the head of this file. */
export class EventRelay {
  readonly #log: Log;
  readonly #heldMax: number;
  #held: RelayedEvents[] = [];
  #heldLength = 0;
  #dropped = 0;

  /** @param heldMax Bounded: characters of events that are held. More are dropped and counted. */
  constructor(log: Log, heldMax: number) {
    this.#log = log;
    this.#heldMax = heldMax;
  }

  /** Events that were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands a batch to the owner, or holds it while there is none. */
  pass(events: RelayedEvents, adopt: ((events: RelayedEvents) => void) | undefined): void {
    if (adopt !== undefined) {
      adopt(events);
    } else if (this.#heldLength + events.lines.length <= this.#heldMax) {
      this.#held.push(events);
      this.#heldLength += events.lines.length;
    } else {
      this.#dropped += events.count;
      this.#log.warn(
        { events: events.count, droppedInAll: this.#dropped },
        'events dropped: no generation takes them',
      );
    }
  }

  /** There is an owner: hands over what was held. */
  flush(adopt: (events: RelayedEvents) => void): void {
    const held = this.#held;
    this.#held = [];
    this.#heldLength = 0;
    for (const events of held) adopt(events);
  }
}
