import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedQueue } from './bounded-queue.ts';
import { createSeededRandom } from './random.ts';

for (const [pushes, length, dropped] of [
  [2, 2, 0],
  [3, 3, 0],
  [4, 3, 1],
] as const) {
  test(`bounded queue: ${pushes} pushes into a queue of 3 leave ${length} waiting and ${dropped} dropped`, () => {
    const queue = new BoundedQueue<number>(3);
    for (let item = 0; item < pushes; item++) assert.equal(queue.push(item), item < 3);
    assert.deepEqual([queue.length, queue.dropped], [length, dropped]);
    assert.equal(queue.peek(), 0);
  });
}

test('bounded queue: gives back in the order of arrival across growth and wrap-around', () => {
  const random = createSeededRandom(11);
  const queue = new BoundedQueue<number>(100);
  const model: number[] = [];
  let fullest = 0;
  for (let step = 0; step < 20_000; step++) {
    const isFilling = Math.floor(step / 1_000) % 2 === 0;
    if (random.fraction() < (isFilling ? 0.7 : 0.3)) {
      assert.equal(queue.push(step), model.length < 100);
      if (model.length < 100) model.push(step);
    } else {
      assert.equal(queue.shift(), model.shift());
    }
    assert.equal(queue.length, model.length);
    assert.equal(queue.peek(), model[0]);
    fullest = Math.max(fullest, model.length);
  }
  assert.equal(fullest, 100);
  assert(queue.dropped > 0);
});

test('bounded queue: an empty queue gives undefined', () => {
  const queue = new BoundedQueue<string>(1);
  assert.equal(queue.shift(), undefined);
  assert.equal(queue.peek(), undefined);
});

test('bounded queue: clearing empties it and drops nothing', () => {
  const queue = new BoundedQueue<number>(2);
  queue.push(1);
  queue.push(2);
  queue.clear();
  assert.deepEqual([queue.length, queue.dropped, queue.shift()], [0, 0, undefined]);
  assert.equal(queue.push(3), true);
  assert.equal(queue.shift(), 3);
});

for (const max of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`bounded queue: a maximum of ${max} is refused`, () => {
    assert.throws(() => new BoundedQueue(max), /maximum of at least 1/);
  });
}
