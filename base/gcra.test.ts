import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticksPerSecond } from './clock.ts';
import { compileGcraPolicy, findRateFault, refreshCell, takeCell, ticksAhead } from './gcra.ts';
import { createSeededRandom } from './random.ts';

const intMax = 2_147_483_647;
const hour = 3_600 * ticksPerSecond;

/** Takes cells at one tick until one does not conform; returns how many conformed. */
function takeAll(tats: Int32Array, nowTick: number, policy: ReturnType<typeof compileGcraPolicy>): number {
  for (let taken = 0; taken < 1_000_000; taken++) if (takeCell(tats, 0, nowTick, policy) > 0) return taken;
  return Number.POSITIVE_INFINITY;
}

for (const [ratePerSecond, burst] of [
  [1, 1],
  [10, 20],
  [3, 7],
  [300, 1_000],
  [3_000, 100],
  [0.5, 3],
  [66_000, 50],
  [100_000, 50],
  [1 / 3_600, 1],
] as const) {
  const policy = compileGcraPolicy({ ratePerSecond, burst });

  for (const nowTick of [0, 12_345, intMax - 3, -intMax - 1, -1]) {
    test(`gcra: ${burst} at ${ratePerSecond}/s admits exactly its burst at tick ${nowTick}`, () => {
      assert.equal(takeAll(Int32Array.of(nowTick), nowTick, policy), burst);
    });
  }

  test(`gcra: ${burst} at ${ratePerSecond}/s admits its rate in the long run`, () => {
    const tats = Int32Array.of(0);
    takeAll(tats, 0, policy);
    // The time of 1,000 cells, asked for all the way. One more for each wrap of the clock, for the slowest rate.
    const spanTicks = (1_000 / ratePerSecond) * ticksPerSecond;
    const wraps = Math.ceil(spanTicks / 2 ** 32) - 1;
    const stepTicks = Math.max(1, Math.floor(spanTicks / 20_000));
    let taken = 0;
    let nowTick = 0;
    while (nowTick + stepTicks <= spanTicks) {
      nowTick += stepTicks;
      taken += takeAll(tats, nowTick | 0, policy);
    }
    assert(taken >= 998 && taken <= 1_001 + wraps, `taken ${taken}`);
  });
}

test('gcra: limit-1, limit and limit+1 of a burst', () => {
  const policy = compileGcraPolicy({ ratePerSecond: 10, burst: 3 });
  const tats = Int32Array.of(500);
  assert.equal(takeCell(tats, 0, 500, policy), 0);
  assert.equal(takeCell(tats, 0, 500, policy), 0);
  assert.equal(takeCell(tats, 0, 500, policy), 0);
  assert(takeCell(tats, 0, 500, policy) > 0);
});

test('gcra: says how long to wait, and the cell conforms then and not one tick before', () => {
  const policy = compileGcraPolicy({ ratePerSecond: 10, burst: 2 });
  const tats = Int32Array.of(0);
  takeCell(tats, 0, 0, policy);
  takeCell(tats, 0, 0, policy);
  assert.equal(takeCell(tats, 0, 0, policy), 10_000);
  assert.equal(takeCell(tats, 0, 4_000, policy), 6_000);
  assert.equal(takeCell(tats, 0, 9_999, policy), 1);
  assert.equal(takeCell(tats, 0, 10_000, policy), 0);
});

test('gcra: a rejected cell does not lengthen the wait', () => {
  const policy = compileGcraPolicy({ ratePerSecond: 10, burst: 1 });
  const tats = Int32Array.of(0);
  takeCell(tats, 0, 0, policy);
  for (let rejected = 0; rejected < 1_000; rejected++) assert.equal(takeCell(tats, 0, 1, policy), 9_999);
  assert.equal(takeCell(tats, 0, 10_000, policy), 0);
});

test('gcra: a bucket that was idle has its whole burst again, and not more', () => {
  const policy = compileGcraPolicy({ ratePerSecond: 10, burst: 5 });
  const tats = Int32Array.of(0);
  assert.equal(takeAll(tats, 0, policy), 5);
  assert.equal(takeAll(tats, hour, policy), 5);
  assert.equal(takeAll(tats, hour + 25_000, policy), 2);
});

test('gcra: never admits more than burst + rate x time + 1, however the cells come (seed 31)', () => {
  const random = createSeededRandom(31);
  for (let round = 0; round < 200; round++) {
    const ratePerSecond = 1 + random.fraction() * 5_000;
    const burst = 1 + (random.uint32() % 50);
    const policy = compileGcraPolicy({ ratePerSecond, burst });
    const startTick = random.uint32() | 0;
    const tats = Int32Array.of(startTick);
    let elapsed = 0;
    let taken = 0;
    for (let step = 0; step < 300; step++) {
      elapsed += random.uint32() % 200;
      if (takeCell(tats, 0, (startTick + elapsed) | 0, policy) === 0) taken++;
    }
    const most = burst + (ratePerSecond * elapsed) / ticksPerSecond + 1.01;
    assert(taken <= most, `rate ${ratePerSecond}, burst ${burst}: ${taken} of at most ${most}`);
    assert(taken > 0);
  }
});

test('gcra: a smaller burst cuts what was owed under a larger one', () => {
  const tats = Int32Array.of(0);
  takeAll(tats, 0, compileGcraPolicy({ ratePerSecond: 1, burst: 600 }));
  const small = compileGcraPolicy({ ratePerSecond: 1, burst: 10 });
  assert.equal(takeCell(tats, 0, 0, small), 100_000);
  assert.equal(takeCell(tats, 0, 100_000, small), 0);
  assert(takeCell(tats, 0, 100_000, small) > 0);
});

test('gcra: a thread that was held up does not give others their cells back', () => {
  const policy = compileGcraPolicy({ ratePerSecond: 100, burst: 10 });
  const tats = Int32Array.of(0);
  const lateTick = 50_000;
  assert.equal(takeAll(tats, lateTick, policy), 10);
  assert(takeCell(tats, 0, 0, policy) > 0);
  assert(takeCell(tats, 0, lateTick, policy) > 0);
});

for (const [aheadTicks, expected] of [
  [-1, 0],
  [0, 0],
  [1, 1],
  [2 ** 30, 2 ** 30],
  [2 ** 30 + 1, 0],
  [intMax, 0],
] as const) {
  test(`gcra: a TAT ${aheadTicks} ticks ahead counts as ${expected}`, () => {
    for (const nowTick of [0, intMax, -5])
      assert.equal(ticksAhead((nowTick + aheadTicks) | 0, nowTick), expected);
  });
}

for (const [name, ageTicks, tatAfter, isActive] of [
  ['an active one stays', -500, -500, true],
  ['one idle for a second stays', ticksPerSecond, ticksPerSecond, false],
  ['one idle for an hour is brought up', hour, 0, false],
  ['one idle for 8 hours, which wrapped, is brought up', 8 * hour, 0, false],
] as const) {
  test(`gcra: refreshing a bucket: ${name}`, () => {
    for (const nowTick of [0, intMax - 100, -intMax]) {
      const tats = Int32Array.of((nowTick - ageTicks) | 0);
      assert.equal(refreshCell(tats, 0, nowTick), isActive);
      assert.equal(tats[0], (nowTick - tatAfter) | 0);
    }
  });
}

test('gcra: a bucket that is refreshed each hour is idle after a day', () => {
  const policy = compileGcraPolicy({ ratePerSecond: 10, burst: 5 });
  const tats = Int32Array.of(0);
  takeAll(tats, 0, policy);
  for (let hours = 1; hours <= 24; hours++) {
    const nowTick = (hours * hour) | 0;
    assert.equal(refreshCell(tats, 0, nowTick), false);
    assert.equal(ticksAhead(tats[0]!, nowTick), 0);
  }
  assert.equal(takeAll(tats, (24 * hour) | 0, policy), 5);
});

for (const [ratePerSecond, burst, fault] of [
  [1, 1, undefined],
  [100_000, 1, undefined],
  [100_001, 1, 'a rate of 100001 per second is not above 0 and at most 100000'],
  [0, 1, 'a rate of 0 per second is not above 0 and at most 100000'],
  [Number.NaN, 1, 'a rate of NaN per second is not above 0 and at most 100000'],
  [1, 0, 'a burst of 0 is not a whole number from 1'],
  [1, 1.5, 'a burst of 1.5 is not a whole number from 1'],
  [1, 3_599, undefined],
  [1, 3_600, undefined],
  [1, 3_601, 'a burst of 3601 at 1 per second takes longer than 3600 s to refill'],
] as const) {
  test(`gcra: a burst of ${burst} at ${ratePerSecond}/s is ${fault === undefined ? 'taken' : 'refused'}`, () => {
    assert.equal(findRateFault({ ratePerSecond, burst }), fault);
    if (fault !== undefined) {
      assert.throws(() => compileGcraPolicy({ ratePerSecond, burst }), { message: fault });
    }
  });
}
