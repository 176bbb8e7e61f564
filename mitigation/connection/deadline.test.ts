import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import { TimerWheel } from '@secbeat/base/timer-wheel.ts';
import { Deadline } from './deadline.ts';

function setUp() {
  const clock = createManualClock({ monotonicMs: 1_000 });
  const wheel = new TimerWheel({ tickMs: 10, slots: 64 });
  wheel.advance(clock.monotonicMs());
  const passed: number[] = [];
  const deadline = new Deadline(wheel, clock, () => passed.push(clock.monotonicMs()));
  const run = (ms: number): void => {
    for (let step = 0; step < ms; step += 10) {
      clock.advance(10);
      wheel.advance(clock.monotonicMs());
    }
  };
  return { clock, deadline, passed, run };
}

test('Deadline: passes once, not before its time', () => {
  const { clock, deadline, passed, run } = setUp();
  deadline.arm(clock.monotonicMs(), 100);
  run(90);
  assert.deepEqual(passed, []);
  run(40);
  assert.equal(passed.length, 1);
  run(1_000);
  assert.equal(passed.length, 1);
});

test('Deadline: arming again moves it later', () => {
  const { clock, deadline, passed, run } = setUp();
  deadline.arm(clock.monotonicMs(), 100);
  run(80);
  deadline.arm(clock.monotonicMs(), 100);
  run(90);
  assert.deepEqual(passed, []);
  run(40);
  assert.equal(passed.length, 1);
});

test('Deadline: arming again moves it earlier', () => {
  const { clock, deadline, passed, run } = setUp();
  deadline.arm(clock.monotonicMs(), 10_000);
  deadline.arm(clock.monotonicMs(), 50);
  run(80);
  assert.equal(passed.length, 1);
});

test('Deadline: disarmed it does not pass, and can be armed again', () => {
  const { clock, deadline, passed, run } = setUp();
  deadline.arm(clock.monotonicMs(), 50);
  deadline.disarm();
  run(200);
  assert.deepEqual(passed, []);
  deadline.arm(clock.monotonicMs(), 50);
  run(80);
  assert.equal(passed.length, 1);
});

test('Deadline: disposed it does not pass', () => {
  const { clock, deadline, passed, run } = setUp();
  deadline.arm(clock.monotonicMs(), 50);
  deadline.dispose();
  run(200);
  assert.deepEqual(passed, []);
});
