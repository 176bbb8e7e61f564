import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from './random.ts';
import { TimerEntry, TimerWheel } from './timer-wheel.ts';

class Probe extends TimerEntry {
  readonly name: string;
  readonly #act: (probe: Probe) => void;

  constructor(name: string, act: (probe: Probe) => void) {
    super();
    this.name = name;
    this.#act = act;
  }

  override onDeadline(): void {
    this.#act(this);
  }
}

/** A wheel of 8 slots of 100 ms at time `startMs`, and a list of what fired. */
function createWheel(startMs = 0): { wheel: TimerWheel; fired: string[]; probe(name: string): Probe } {
  const wheel = new TimerWheel({ tickMs: 100, slots: 8 });
  const fired: string[] = [];
  wheel.advance(startMs);
  return { wheel, fired, probe: (name) => new Probe(name, () => fired.push(name)) };
}

for (const [delayMs, notYetMs, firedMs] of [
  [0, 99, 100],
  [1, 199, 200],
  [100, 199, 200],
  [101, 299, 300],
  [700, 799, 800],
  [800, 899, 900],
  [801, 999, 1_000],
  [5_000, 5_099, 5_100],
] as const) {
  test(`timer wheel: a delay of ${delayMs} ms is not over at ${notYetMs} ms and is at ${firedMs} ms`, () => {
    const { wheel, fired, probe } = createWheel();
    wheel.schedule(probe('a'), delayMs);
    for (let nowMs = 0; nowMs <= notYetMs; nowMs += 50) wheel.advance(nowMs);
    wheel.advance(notYetMs);
    assert.deepEqual(fired, []);
    wheel.advance(firedMs);
    assert.deepEqual(fired, ['a']);
    assert.equal(wheel.size, 0);
  });
}

test('timer wheel: scheduling again moves the deadline', () => {
  const { wheel, fired, probe } = createWheel();
  const entry = probe('a');
  wheel.schedule(entry, 100);
  wheel.schedule(entry, 1_000);
  assert.equal(wheel.size, 1);
  wheel.advance(1_099);
  assert.deepEqual(fired, []);
  wheel.advance(1_100);
  assert.deepEqual(fired, ['a']);
});

test('timer wheel: a cancelled deadline does not fire; cancelling twice is harmless', () => {
  const { wheel, fired, probe } = createWheel();
  const entry = probe('a');
  wheel.cancel(entry);
  wheel.schedule(entry, 100);
  assert.equal(entry.isScheduled, true);
  wheel.cancel(entry);
  wheel.cancel(entry);
  assert.equal(entry.isScheduled, false);
  assert.equal(wheel.size, 0);
  wheel.advance(10_000);
  assert.deepEqual(fired, []);
});

test('timer wheel: after a long silence everything due fires once, what is not due stays', () => {
  const { wheel, fired, probe } = createWheel();
  wheel.schedule(probe('a'), 50);
  wheel.schedule(probe('b'), 3_000);
  wheel.schedule(probe('c'), 999_999);
  wheel.advance(500_000);
  assert.deepEqual([...fired].sort(), ['a', 'b']);
  wheel.advance(2_000_000);
  assert.deepEqual(fired.at(-1), 'c');
});

test('timer wheel: time that goes back is ignored', () => {
  const { wheel, fired, probe } = createWheel(10_000);
  wheel.schedule(probe('a'), 100);
  wheel.advance(5_000);
  wheel.advance(10_199);
  assert.deepEqual(fired, []);
  wheel.advance(10_200);
  assert.deepEqual(fired, ['a']);
});

test('timer wheel: an entry may schedule itself again, and waits its whole delay even after a long silence', () => {
  const wheel = new TimerWheel({ tickMs: 100, slots: 8 });
  wheel.advance(0);
  let count = 0;
  wheel.schedule(
    new Probe('again', (probe) => {
      count++;
      wheel.schedule(probe, 100);
    }),
    100,
  );
  wheel.advance(600);
  assert.equal(count, 1);
  wheel.advance(799);
  assert.equal(count, 1);
  wheel.advance(800);
  assert.equal(count, 2);
});

test('timer wheel: an entry may cancel another that is due with it', () => {
  const { wheel, fired, probe } = createWheel();
  const second = probe('second');
  wheel.schedule(
    new Probe('first', () => {
      fired.push('first');
      wheel.cancel(second);
    }),
    100,
  );
  wheel.schedule(second, 100);
  wheel.advance(1_000);
  assert.deepEqual(fired, ['first']);
  assert.equal(wheel.size, 0);
});

test('timer wheel: when a deadline throws, the others due with it fire at the next call', () => {
  const { wheel, fired, probe } = createWheel();
  wheel.schedule(
    new Probe('bad', () => {
      throw new Error('deadline failed');
    }),
    100,
  );
  wheel.schedule(probe('same slot'), 100);
  wheel.schedule(probe('later slot'), 300);
  assert.throws(() => wheel.advance(700), /deadline failed/);
  assert.deepEqual(fired, []);
  wheel.advance(700);
  assert.deepEqual(fired, ['same slot', 'later slot']);
  assert.equal(wheel.size, 0);
});

test('timer wheel: agrees with a sorted list over 20,000 random steps (seed 9)', () => {
  const random = createSeededRandom(9);
  const wheel = new TimerWheel({ tickMs: 10, slots: 16 });
  wheel.advance(0);
  let nowMs = 0;
  let firedCount = 0;
  const dueMs = new Map<Probe, number>();
  const probes = Array.from({ length: 50 }, (_, index) => {
    return new Probe(String(index), (probe) => {
      const due = dueMs.get(probe);
      assert(due !== undefined, 'fired without being scheduled');
      assert(nowMs >= due && nowMs < due + 20 + 50, `due at ${due}, fired at ${nowMs}`);
      dueMs.delete(probe);
      firedCount++;
    });
  });
  for (let step = 0; step < 20_000; step++) {
    const probe = probes[random.uint32() % probes.length]!;
    const kind = random.uint32() % 4;
    if (kind === 0) {
      wheel.cancel(probe);
      dueMs.delete(probe);
    } else if (kind === 1) {
      nowMs += random.uint32() % 50;
      wheel.advance(nowMs);
    } else {
      const delayMs = random.uint32() % 1_000;
      wheel.schedule(probe, delayMs);
      dueMs.set(probe, nowMs + delayMs);
    }
    assert.equal(wheel.size, dueMs.size);
  }
  assert(firedCount > 1_000);
});

for (const delayMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`timer wheel: a delay of ${delayMs} is refused`, () => {
    const { wheel, probe } = createWheel();
    assert.throws(() => wheel.schedule(probe('a'), delayMs), /no deadline in/);
  });
}

test('timer wheel: scheduling before the time is known is refused', () => {
  const wheel = new TimerWheel({ tickMs: 100, slots: 8 });
  assert.throws(() => wheel.schedule(new Probe('a', () => {}), 1), /advance\(\) must have told the time/);
});

for (const options of [
  { tickMs: 0, slots: 8 },
  { tickMs: 100, slots: 0 },
  { tickMs: 100, slots: 1.5 },
]) {
  test(`timer wheel: ${options.slots} slots of ${options.tickMs} ms are refused`, () => {
    assert.throws(() => new TimerWheel(options), /no wheel of/);
  });
}
