/** A thread that opens and closes at random, round by round, for shared-count-table.test.ts. */
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { createSeededRandom } from './random.ts';
import { SharedCountTable } from './shared-count-table.ts';

/** What the test asks for. A message starts a round; `stepsPerRound` steps later the thread answers with a `ChurnReport`. */
export interface ChurnOrder {
  readonly buffer: SharedArrayBuffer;
  readonly slot: number;
  readonly seed: number;
  /** Keys are the IPv4 addresses from 1 on. */
  readonly keys: number;
  readonly stepsPerRound: number;
  /** Held per key at most. */
  readonly heldMax: number;
}

/** What the thread holds after a round, by key; what was not counted for want of room is not in it. */
export interface ChurnReport {
  readonly held: Int32Array;
  readonly overflows: number;
  /** A count read while holding that could not be true; empty when there was none. */
  readonly fault: string;
}

const order = workerData as ChurnOrder;
const table = new SharedCountTable(order.buffer);
const random = createSeededRandom(order.seed);
const handles: number[][] = Array.from({ length: order.keys }, () => []);
let overflows = 0;

function churn(): ChurnReport {
  let fault = '';
  for (let step = 0; step < order.stepsPerRound; step++) {
    const key = random.uint32() % order.keys;
    const own = handles[key]!;
    const isOpening = own.length === 0 || (own.length < order.heldMax && random.uint32() % 2 === 0);
    if (!isOpening) {
      table.decrement(own.pop()!, order.slot);
      continue;
    }
    const handle = table.increment(0, 0, 0xffff, key + 1, order.slot);
    if (handle < 0) {
      overflows++;
      continue;
    }
    own.push(handle);
    const count = table.countAt(handle);
    if (count < 1 || count > order.heldMax * table.slots * 2)
      fault = `key ${key}: count ${count}, own ${own.length}`;
  }
  return { held: Int32Array.from(handles, (own) => own.length), overflows, fault };
}

assert(parentPort !== null, 'runs as a worker thread only');
const port = parentPort;
port.on('message', () => port.postMessage(churn()));
