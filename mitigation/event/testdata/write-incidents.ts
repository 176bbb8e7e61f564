/** Writes incidents into the directory of its argument until it is killed; prints the id of each that was kept. */
import { systemClock } from '@secbeat/base/clock.ts';
import { encodeEvent } from '../encode-event.ts';
import { refusedEvent } from '../event-samples.ts';
import { openIncidentStore } from '../incident-store.ts';

const store = await openIncidentStore({
  directory: process.argv[2]!,
  bytesMax: 10_000_000,
  log: { warn: (_fields, message) => process.stderr.write(`${message}\n`) },
  clock: systemClock,
  perSecond: 1_000_000,
});

for (let n = 1; n <= 100_000; n += 1) {
  store.append(encodeEvent(refusedEvent({ id: `k-${n}` })));
  await store.flush();
  process.stdout.write(`k-${n}\n`);
}
