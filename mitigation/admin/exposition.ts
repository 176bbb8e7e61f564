/**
 * The page that Prometheus scrapes.
 *
 * Workers count in typed arrays (10 to 13 ns, where prom-client takes 200 to 650 ns); at a scrape the regions of all
 * slots are added up and given to prom-client, so that names, escaping and the text format are the library's. Its
 * histograms only take observations one by one, so theirs is asked for its text shape and ours for the buckets: the
 * one method that the registry calls on a histogram is answered from the typed arrays.
 *
 * Names: `secbeat_*`; seconds and bytes as Prometheus wants them; counters end in `_total`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LatencyHistogram } from '@secbeat/base/latency-histogram.ts';
import { Gauge, Histogram, Counter as PromCounter, Registry } from 'prom-client';
import { type GenerationFigures, gaugeRows, totalRows } from './generation-figures.ts';
import { counterFamilies, type LatencyFamily, latencyFamilies, openFamilies } from './metric-table.ts';
import { latencyOffset } from './worker-metrics.ts';

/** What a page of metrics is made from. Both functions run once per page. */
export interface ExpositionOptions {
  /** The regions of all worker slots (`WorkerMetrics`). */
  readonly regions: () => readonly Float64Array[];
  readonly figures: () => GenerationFigures;
}

/** A page of metrics that can be rendered again and again. */
export interface Exposition extends Disposable {
  readonly contentType: string;
  /** Returns the page of now. */
  render(): Promise<string>;
}

function sumOf(regions: readonly Float64Array[], cell: number): number {
  let sum = 0;
  for (const region of regions) sum += region[cell] ?? 0;
  return sum;
}

function registerCounters(registry: Registry, regions: ExpositionOptions['regions']): void {
  for (const { name, help, labelNames, values } of counterFamilies()) {
    new PromCounter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, counter } of values) this.inc(labels, sumOf(regions(), counter));
      },
    });
  }
}

function registerOpen(registry: Registry, regions: ExpositionOptions['regions']): void {
  for (const { name, help, labelNames, values } of openFamilies()) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const { labels, pair } of values) {
          // The two cells are read one after the other while their worker goes on: never show less than none.
          const [closed, opened] = [sumOf(regions(), pair[1]), sumOf(regions(), pair[0])];
          this.set(labels, Math.max(0, opened - closed));
        }
      },
    });
  }
}

/** One line of a histogram as prom-client's registry prints it. */
interface HistogramLine {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** Milliseconds as seconds, without the noise of binary fractions. */
function toSeconds(ms: number): number {
  return Number((ms / 1000).toPrecision(12));
}

function histogramLines(family: LatencyFamily, regions: readonly Float64Array[]): HistogramLine[] {
  const first = latencyOffset(family.histogram);
  const { boundsMs } = LatencyHistogram;
  const bucket = `${family.name}_bucket`;
  const lines: HistogramLine[] = [];
  let cumulative = 0;
  for (const [index, boundMs] of boundsMs.entries()) {
    cumulative += sumOf(regions, first + index);
    lines.push({ metricName: bucket, labels: { le: toSeconds(boundMs) }, value: cumulative });
  }
  // The count is the last bucket and not its own cell, which may be one observation ahead.
  cumulative += sumOf(regions, first + boundsMs.length);
  lines.push({ metricName: bucket, labels: { le: '+Inf' }, value: cumulative });
  const sumMs = sumOf(regions, first + boundsMs.length + 1);
  lines.push({ metricName: `${family.name}_sum`, labels: {}, value: toSeconds(sumMs) });
  lines.push({ metricName: `${family.name}_count`, labels: {}, value: cumulative });
  return lines;
}

function registerLatencies(registry: Registry, regions: ExpositionOptions['regions']): void {
  for (const family of latencyFamilies()) {
    const { name, help } = family;
    const histogram = new Histogram({
      name,
      help,
      buckets: LatencyHistogram.boundsMs.map(toSeconds),
      registers: [registry],
    });
    Object.assign(histogram, {
      getForPromString: async () => ({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: histogramLines(family, regions()),
      }),
    });
  }
}

function registerFigures(registry: Registry, figures: ExpositionOptions['figures']): void {
  for (const { name, help, labelNames, read } of totalRows()) {
    new PromCounter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, value } of read(figures())) this.inc(labels, value);
      },
    });
  }
  for (const { name, help, labelNames, read } of gaugeRows()) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, value } of read(figures())) this.set(labels, value);
      },
    });
  }
}

function registerProcess(registry: Registry, loopDelay: ReturnType<typeof monitorEventLoopDelay>): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('secbeat_process_resident_memory_bytes', 'Resident memory of the generation, all threads.', () =>
    process.memoryUsage.rss(),
  );
  gauge('secbeat_process_heap_used_bytes', "JavaScript heap in use on the generation's main thread.", () => {
    return process.memoryUsage().heapUsed;
  });
  gauge('secbeat_process_start_time_seconds', 'Unix time at which the generation started.', () =>
    toSeconds(Math.round(performance.timeOrigin)),
  );
  new PromCounter({
    name: 'secbeat_process_cpu_seconds_total',
    help: 'CPU time of the generation, all threads.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge(
    'secbeat_process_event_loop_lag_seconds',
    "99th percentile of the delay of the main thread's event loop since the last scrape.",
    () => {
      const lagNs = loopDelay.count === 0 ? 0 : loopDelay.percentile(99);
      loopDelay.reset();
      return lagNs / 1e9;
    },
  );
}

/** What one page is made from: taken once, so that its lines agree with each other. */
interface Scrape {
  readonly regions: readonly Float64Array[];
  readonly figures: GenerationFigures;
}

/**
 * Creates the page of metrics of one generation. Disposing it stops the measuring of the event loop.
 */
export function createExposition(options: ExpositionOptions): Exposition {
  const registry = new Registry();
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });
  loopDelay.enable();
  const take = (): Scrape => ({ regions: options.regions(), figures: options.figures() });
  let scrape: Scrape | undefined;
  const regions = (): readonly Float64Array[] => scrape?.regions ?? [];
  registerCounters(registry, regions);
  registerOpen(registry, regions);
  registerLatencies(registry, regions);
  registerFigures(registry, () => {
    scrape ??= take();
    return scrape.figures;
  });
  registerProcess(registry, loopDelay);
  return {
    contentType: registry.contentType,
    render: async () => {
      // The registry collects before its first await, so pages that are rendered at once do not mix.
      scrape = take();
      return await registry.metrics();
    },
    [Symbol.dispose]: () => {
      loopDelay.disable();
    },
  };
}
