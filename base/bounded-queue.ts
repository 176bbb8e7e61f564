/**
 * A first-in first-out queue with a maximum, that counts what it had to drop.
 *
 * A ring over one array: both ends cost the same whatever the length, where `Array.shift` moves everything.
 */
import assert from 'node:assert/strict';

const initialCapacity = 16;

/** Ring buffer of at most `max` items. Memory follows the longest length it has had. */
export class BoundedQueue<T> {
  readonly max: number;
  #ring: (T | undefined)[];
  #head = 0;
  #length = 0;
  #dropped = 0;

  /** @param max Items that may wait; one more is dropped. At least 1. */
  constructor(max: number) {
    assert(Number.isSafeInteger(max) && max >= 1, `a queue needs a maximum of at least 1, not ${max}`);
    this.max = max;
    this.#ring = new Array<T | undefined>(Math.min(initialCapacity, max)).fill(undefined);
  }

  /** Items that wait now. */
  get length(): number {
    return this.#length;
  }

  /** Items refused because the queue was full, since it was made. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Appends `item`. False when the queue is full: the item was not taken, and is counted as dropped. */
  push(item: T): boolean {
    if (this.#length === this.max) {
      this.#dropped++;
      return false;
    }
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) % this.#ring.length] = item;
    this.#length++;
    return true;
  }

  /** Removes and returns the oldest item; undefined when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#length--;
    return item;
  }

  /** Returns the oldest item without removing it; undefined when there is none. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  /** Forgets all items. They do not count as dropped. */
  clear(): void {
    this.#ring.fill(undefined);
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const grown = new Array<T | undefined>(Math.min(this.#ring.length * 2, this.max)).fill(undefined);
    for (let offset = 0; offset < this.#length; offset++) {
      grown[offset] = this.#ring[(this.#head + offset) % this.#ring.length];
    }
    this.#ring = grown;
    this.#head = 0;
  }
}
