import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createSeededRandom } from './random.ts';
import type { ChurnOrder, ChurnReport } from './shared-count-table.test-worker.ts';
import { SharedCountTable } from './shared-count-table.ts';

const workerUrl = new URL('./shared-count-table.test-worker.ts', import.meta.url);

function createTable(buckets: number, slots: number): SharedCountTable {
  return SharedCountTable.create({ buckets, slots, random: createSeededRandom(51) });
}

function increment(table: SharedCountTable, key: number, slot: number): number {
  return table.increment(0, 0, 0xffff, key, slot);
}

function count(table: SharedCountTable, key: number): number {
  return table.count(0, 0, 0xffff, key);
}

/** Everything that any slot holds for any of the keys. */
function total(table: SharedCountTable, keys: number): number {
  let sum = 0;
  for (let key = 1; key <= keys; key++) sum += count(table, key);
  return sum;
}

test('shared count table: counts what one client holds in all slots', () => {
  const table = createTable(16, 3);
  const first = increment(table, 7, 0);
  assert.equal(table.countAt(first), 1);
  const second = increment(table, 7, 2);
  assert.equal(table.countAt(second), 2);
  assert.equal(table.countAt(first), 2);
  assert.equal(count(table, 7), 2);
  assert.equal(count(table, 8), 0);
  table.decrement(first, 0);
  assert.equal(count(table, 7), 1);
  table.decrement(second, 2);
  assert.equal(count(table, 7), 0);
});

test('shared count table: each word of the address counts', () => {
  const table = createTable(16, 1);
  for (const [w0, w1, w2, w3] of [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ] as const) {
    assert.equal(table.countAt(table.increment(w0, w1, w2, w3, 0)), 1);
    assert.equal(table.count(w0, w1, w2, w3), 1);
  }
});

test('shared count table: signed and unsigned words are the same client', () => {
  const table = createTable(16, 1);
  table.increment(0xffffffff, 0, 0, 0x80000000, 0);
  assert.equal(table.count(-1, 0, 0, 0x80000000 | 0), 1);
});

test('shared count table: a view opened over the buffer sees the same counts', () => {
  const table = createTable(16, 2);
  increment(table, 7, 1);
  const other = new SharedCountTable(table.buffer);
  assert.equal(count(other, 7), 1);
  assert.deepEqual([other.buckets, other.slots], [16, 2]);
});

for (const [clients, overflows] of [
  [7, 0],
  [8, 0],
  [9, 1],
] as const) {
  test(`shared count table: ${clients} clients that hold something in a set of eight give ${overflows} overflows`, () => {
    const table = createTable(1, 2);
    for (let key = 1; key <= clients; key++) assert.equal(increment(table, key, 0) >= 0, key <= 8);
    assert.equal(table.overflows, overflows);
  });
}

test('shared count table: what was not counted is given back without effect', () => {
  const table = createTable(1, 1);
  const handles = Array.from({ length: 9 }, (_, key) => increment(table, key + 1, 0));
  assert.equal(handles[8], -1);
  assert.equal(table.countAt(-1), 0);
  table.decrement(-1, 0);
  assert.equal(total(table, 9), 8);
});

test('shared count table: a client that let go makes room, also for others', () => {
  const table = createTable(1, 1);
  const handles = Array.from({ length: 8 }, (_, key) => increment(table, key + 1, 0));
  table.decrement(handles[3]!, 0);
  const newcomer = increment(table, 99, 0);
  assert(newcomer >= 0);
  assert.equal(count(table, 99), 1);
  assert.equal(count(table, 4), 0);
  assert.equal(increment(table, 4, 0), -1);
});

test('shared count table: the column of a dead worker is cleared, the others stay', () => {
  const table = createTable(16, 3);
  const kept = increment(table, 7, 0);
  for (let held = 0; held < 5; held++) increment(table, 7, 1);
  for (let key = 20; key < 60; key++) increment(table, key, 1);
  table.clearSlot(1);
  assert.equal(count(table, 7), 1);
  assert.equal(total(table, 100), 1);
  table.decrement(kept, 0);
  assert.equal(total(table, 100), 0);
});

test('shared count table: a way that a worker was claiming when it died is free after clearing its slot', () => {
  const table = createTable(1, 3);
  // What slot 1 leaves behind when it dies between marking the way and giving it its key: its marker.
  const cells = new Int32Array(table.buffer);
  const tags = 16;
  cells.fill(-2, tags, tags + 8);
  assert.equal(increment(table, 7, 0), -1);
  table.clearSlot(0);
  assert.equal(increment(table, 7, 0), -1);
  table.clearSlot(1);
  assert.equal(table.countAt(increment(table, 7, 0)), 1);
});

test('shared count table: a held way that another worker is just looking at still counts', () => {
  const table = createTable(1, 2);
  const handle = increment(table, 7, 0);
  const cells = new Int32Array(table.buffer);
  const tag = cells[handle]!;
  cells[handle] = -2;
  assert.equal(table.countAt(handle), 1);
  cells[handle] = tag;
  assert.equal(table.countAt(handle), 1);
});

test('shared count table: giving back twice is a mistake and does not go below 0', () => {
  const table = createTable(16, 1);
  const handle = increment(table, 7, 0);
  table.decrement(handle, 0);
  assert.throws(() => table.decrement(handle, 0), /holds nothing in slot 0: it was given back twice/);
  assert.equal(count(table, 7), 0);
  assert.equal(table.countAt(increment(table, 7, 0)), 1);
});

for (const [handle, message] of [
  [3, /not a handle/],
  [16 + 8, /not a handle/],
  [1e9, /not a handle/],
] as const) {
  test(`shared count table: ${handle} is refused as a handle`, () => {
    assert.throws(() => createTable(16, 1).decrement(handle, 0), message);
  });
}

for (const slot of [-1, 2, 1e9]) {
  test(`shared count table: slot ${slot} of two is refused`, () => {
    const table = createTable(16, 2);
    assert.throws(() => increment(table, 7, slot), /not one of the table's 2/);
    assert.throws(() => table.clearSlot(slot), /not one of the table's 2/);
  });
}

for (const [buckets, slots] of [
  [0, 1],
  [3, 1],
  [16, 0],
  [16, 1_025],
  [2 ** 23, 1],
] as const) {
  test(`shared count table: ${buckets} buckets with ${slots} slots are refused`, () => {
    assert.throws(() => SharedCountTable.byteLength(buckets, slots), /is not/);
  });
}

test('shared count table: a buffer that is not a table is refused', () => {
  const table = createTable(16, 2);
  const cut = new SharedArrayBuffer(table.buffer.byteLength - 4);
  new Int32Array(cut).set(new Int32Array(table.buffer, 0, cut.byteLength / 4));
  assert.throws(() => new SharedCountTable(cut), /not the buffer/);
  assert.throws(() => new SharedCountTable(new SharedArrayBuffer(4_096)), /is not/);
});

for (const [name, buckets, keys, hasOverflows] of [
  ['with room for all', 64, 40, false],
  ['with three clients for two ways', 1, 12, true],
  ['with one client', 1, 1, false],
] as const) {
  test(`shared count table: four threads that open and close ${name} end with exact counts`, async () => {
    const table = createTable(buckets, 4);
    const order = { buffer: table.buffer, keys, stepsPerRound: 5_000, heldMax: 3 };
    const workers = Array.from({ length: 4 }, (_, slot) => {
      const workerData: ChurnOrder = { ...order, slot, seed: 100 + slot };
      return new Worker(workerUrl, { workerData });
    });
    try {
      for (let round = 0; round < 10; round++) {
        const reports = await Promise.all(
          workers.map((worker) => {
            return new Promise<ChurnReport>((resolve, reject) => {
              worker.once('message', resolve);
              worker.once('error', reject);
              worker.postMessage('round');
            });
          }),
        );
        for (const report of reports) assert.equal(report.fault, '');
        for (let key = 0; key < keys; key++) {
          const held = reports.reduce((sum, report) => sum + report.held[key]!, 0);
          assert.equal(count(table, key + 1), held, `key ${key} in round ${round}`);
        }
        const overflows = reports.reduce((sum, report) => sum + report.overflows, 0);
        assert.equal(table.overflows, overflows);
        assert.equal(overflows > 0, hasOverflows);
      }
      await workers[2]!.terminate();
      table.clearSlot(2);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    for (const slot of [0, 1, 3]) table.clearSlot(slot);
    assert.equal(total(table, keys), 0);
  });
}

test('shared count table: threads that are terminated in the middle leave nothing behind', async () => {
  const table = createTable(2, 2);
  const held = increment(table, 1, 0);
  for (let round = 0; round < 6; round++) {
    const workerData: ChurnOrder = {
      buffer: table.buffer,
      slot: 1,
      seed: round,
      keys: 40,
      stepsPerRound: 100_000_000,
      heldMax: 3,
    };
    const worker = new Worker(workerUrl, { workerData });
    worker.postMessage('round');
    // Overflows show that the thread is in the middle of it.
    const before = table.overflows;
    while (table.overflows === before) await new Promise((resolve) => setImmediate(resolve));
    await worker.terminate();
    table.clearSlot(1);
    assert.equal(total(table, 41), 1);
    assert.equal(table.countAt(held), 1);
  }
  table.decrement(held, 0);
  const handles = Array.from({ length: 200 }, (_, key) => increment(table, key + 1, 0));
  assert.equal(handles.filter((handle) => handle >= 0).length, 16);
});
