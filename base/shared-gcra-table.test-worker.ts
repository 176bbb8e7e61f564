/** A thread that takes cells as fast as it can, for shared-gcra-table.test.ts. */
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { SharedGcraTable } from './shared-gcra-table.ts';

/** What the test asks for. */
export interface HammerOrder {
  readonly buffer: SharedArrayBuffer;
  /** Two cells: how many threads have arrived (all start when `threads` have), and whether one has been through all keys. */
  readonly barrier: SharedArrayBuffer;
  readonly threads: number;
  /** Keys are the IPv4 addresses from 1 on. Each is asked for `takesPerKey` times, in turn. */
  readonly keys: number;
  readonly takesPerKey: number;
  /** The tick that the thread pretends; null for the real one. */
  readonly nowTick: number | null;
  /** For the real clock: stop after so many ticks. */
  readonly untilTicks: number;
}

/** What the thread admitted, by key, and when its first and last cells were asked for. */
export interface HammerReport {
  readonly admitted: Int32Array;
  readonly firstTick: number;
  readonly lastTick: number;
}

function hammer(order: HammerOrder): HammerReport {
  const table = new SharedGcraTable(order.buffer);
  const admitted = new Int32Array(order.keys);
  const barrier = new Int32Array(order.barrier);
  Atomics.add(barrier, 0, 1);
  Atomics.notify(barrier, 0);
  for (let seen = Atomics.load(barrier, 0); seen < order.threads; seen = Atomics.load(barrier, 0)) {
    Atomics.wait(barrier, 0, seen);
  }
  const firstTick = systemClock.tick();
  let lastTick = firstTick;
  for (let round = 0; round < order.takesPerKey && lastTick - firstTick < order.untilTicks; round++) {
    for (let key = 0; key < order.keys; key++) {
      lastTick = systemClock.tick();
      if (table.take(0, 0, 0xffff, key + 1, order.nowTick ?? lastTick) === 0) admitted[key]!++;
    }
    if (round === 0) {
      Atomics.store(barrier, 1, 1);
      Atomics.notify(barrier, 1);
    }
  }
  return { admitted, firstTick, lastTick };
}

assert(parentPort !== null, 'runs as a worker thread only');
parentPort.postMessage(hammer(workerData as HammerOrder));
