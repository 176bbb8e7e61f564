/**
 * Time to encode one event, against JSON.stringify, and to record it in a batch.
 *
 * Run: node mitigation/event/event-writer.bench.ts
 * Rounds of the contenders alternate; the medians are printed.
 */
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { WorkerMetrics } from '../admin/worker-metrics.ts';
import { encodeEvent } from './encode-event.ts';
import { refusedEvent, servedEvent } from './event-samples.ts';
import { EventWriter } from './event-writer.ts';

const rounds = 15;
const eventsPerRound = 20_000;

const writer = new EventWriter({
  emit: (lines) => {
    bytes += lines.length;
  },
  metrics: new WorkerMetrics(new Float64Array(WorkerMetrics.regionLength())),
  batchMax: 512,
});
let bytes = 0;

const contenders: Readonly<Record<string, (event: ExchangeEvent) => void>> = {
  'JSON.stringify': (event) => {
    bytes += JSON.stringify(event).length;
  },
  encodeEvent: (event) => {
    bytes += encodeEvent(event).length;
  },
  'EventWriter.record': (event) => writer.record(event),
};

const samples: Readonly<Record<string, ExchangeEvent>> = {
  served: servedEvent(),
  refused: refusedEvent(),
  'bytes to escape': servedEvent({ path: '/caf\xc3\xa9/"x"', userAgent: 'M\xf6zilla "5.0"' }),
};

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

for (const [sample, event] of Object.entries(samples)) {
  const timesNs = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const startNs = process.hrtime.bigint();
      for (let n = 0; n < eventsPerRound; n += 1) run(event);
      const ns = Number(process.hrtime.bigint() - startNs) / eventsPerRound;
      timesNs.set(name, [...(timesNs.get(name) ?? []), ns]);
    }
  }
  for (const [name, times] of timesNs) {
    process.stdout.write(
      `${sample.padEnd(16)} ${name.padEnd(20)} ${median(times).toFixed(0).padStart(6)} ns/event\n`,
    );
  }
}
process.stdout.write(`${bytes} bytes in all\n`);
