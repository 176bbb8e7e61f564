/**
 * The listening descriptors that a generation was given: for each slot and listener several copies of one socket.
 *
 *      slot 0   127.0.0.1:8080   [ 4  5  6  7 ]      each start of a worker takes one copy per listener,
 *               127.0.0.1:8443   [ 8  9 10 11 ]      because its descriptor is closed with its thread
 *      slot 1   ...
 *
 * A worker that dies before it listens leaves its copies open. Whether one is still open is read from the inode of the socket, not
 * guessed: a number that was closed may by now be somebody else's connection.
 */
import { closeSync, fstatSync } from 'node:fs';
import type { ListenerConfig } from '../config/model.ts';
import type { ListenerDescriptor } from './data-plane-contract.ts';

/** The copies of one listener: `copies[slot]` are descriptors of this process. Structured-clonable. */
export interface ListenerCopies {
  readonly listener: ListenerConfig;
  readonly copies: readonly (readonly number[])[];
}

interface Copy {
  readonly fd: number;
  readonly inode: number;
}

/** See the head of this file. One thread owns it. */
export class DescriptorStock {
  /** `#free[slot][listener]` */
  readonly #free: Copy[][][];
  readonly #listeners: readonly ListenerConfig[];
  /** What the present worker of a slot was given. */
  readonly #taken: Copy[][];

  constructor(given: readonly ListenerCopies[], slots: number) {
    this.#listeners = given.map(({ listener }) => listener);
    this.#free = [];
    this.#taken = [];
    for (let slot = 0; slot < slots; slot++) {
      this.#free.push(
        given.map(({ copies }) => (copies[slot] ?? []).map((fd) => ({ fd, inode: fstatSync(fd).ino }))),
      );
      this.#taken.push([]);
    }
  }

  /** Starts of a worker that this slot can still have. */
  remaining(slot: number): number {
    return Math.min(...this.#free[slot]!.map((copies) => copies.length));
  }

  /** Takes one copy of every listener for the next worker of `slot`; undefined when there is none left. */
  take(slot: number): ListenerDescriptor[] | undefined {
    if (this.remaining(slot) === 0) return undefined;
    const taken = this.#free[slot]!.map((copies) => copies.pop()!);
    this.#taken[slot] = taken;
    return taken.map(({ fd }, index) => ({ listener: this.#listeners[index]!, fd }));
  }

  /** The worker of `slot` has ended: takes back those of its copies that it left open. */
  reclaim(slot: number): void {
    for (const [index, copy] of this.#taken[slot]!.entries()) {
      if (isSocket(copy)) this.#free[slot]![index]!.push(copy);
    }
    this.#taken[slot] = [];
  }

  /** Closes all copies that no worker has. Only when no supervisor holds the sockets may that reset connections. */
  closeFree(): void {
    for (const listeners of this.#free) {
      for (const copies of listeners) {
        for (const copy of copies.splice(0)) if (isSocket(copy)) closeSync(copy.fd);
      }
    }
  }
}

function isSocket(copy: Copy): boolean {
  try {
    return fstatSync(copy.fd).ino === copy.inode;
  } catch {
    // EBADF: it was closed with its thread.
    return false;
  }
}
