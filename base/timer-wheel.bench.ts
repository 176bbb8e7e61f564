import { benchmark } from './bench.ts';
import { TimerEntry, TimerWheel } from './timer-wheel.ts';

const entryCount = 50_000;

class Deadline extends TimerEntry {
  fired = 0;

  override onDeadline(): void {
    this.fired++;
  }
}

const entries = Array.from({ length: entryCount }, () => new Deadline());

const wheel = new TimerWheel({ tickMs: 100, slots: 1_024 });
let nowMs = 0;
wheel.advance(nowMs);
benchmark('schedule again, 50,000 running', entryCount, () => {
  for (const entry of entries) wheel.schedule(entry, 30_000);
  return wheel.size;
});
benchmark('cancel and schedule, 50,000 running', entryCount, () => {
  for (const entry of entries) {
    wheel.cancel(entry);
    wheel.schedule(entry, 5_000);
  }
  return wheel.size;
});
benchmark('fire (schedule and let pass), per deadline', entryCount, () => {
  for (const entry of entries) wheel.schedule(entry, 1_000);
  nowMs += 2_000;
  wheel.advance(nowMs);
  return entries[0]!.fired;
});

const timeouts = entries.map(() => setTimeout(() => {}, 30_000));
benchmark('setTimeout().refresh(), 50,000 running, for comparison', entryCount, () => {
  for (const timeout of timeouts) timeout.refresh();
  return timeouts.length;
});
for (const timeout of timeouts) clearTimeout(timeout);
