import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createExposition, type ExpositionOptions } from './exposition.ts';
import { sampleFigures } from './figures-sample.ts';
import { counterFamilies, latencyFamilies, openFamilies } from './metric-table.ts';
import { Counter, counterCount, Latency, openPairs, retireSlot, WorkerMetrics } from './worker-metrics.ts';

function createWorker() {
  const region = new Float64Array(WorkerMetrics.regionLength());
  return { region, metrics: new WorkerMetrics(region) };
}

async function render(t: TestContext, options: Partial<ExpositionOptions>): Promise<string[]> {
  const exposition = createExposition({ regions: () => [], figures: () => sampleFigures(), ...options });
  t.after(() => exposition[Symbol.dispose]());
  return (await exposition.render()).split('\n');
}

test('metric table: every counter stands in exactly one row, but for the one that is for reckoning', () => {
  const shown = counterFamilies().flatMap((family) => family.values.map((value) => value.counter));
  const expected = Object.values(Counter).filter((id) => id !== Counter.eventTaken);
  assert.equal(expected.length, counterCount - 1);
  assert.deepEqual(
    shown.sort((a, b) => a - b),
    expected.sort((a, b) => a - b),
  );
});

test('metric table: every open pair and every histogram is shown', () => {
  const pairs = openFamilies().flatMap((family) => family.values.map((value) => value.pair));
  assert.deepEqual(pairs, [...openPairs]);
  assert.deepEqual(
    latencyFamilies().map((family) => family.histogram),
    Object.values(Latency),
  );
});

test('exposition: counters are summed over workers and labelled', async (t) => {
  const [a, b] = [createWorker(), createWorker()];
  a.metrics.add(Counter.exchangeDeny, 2);
  b.metrics.add(Counter.exchangeDeny, 3);
  b.metrics.add(Counter.downstreamBytesOut, 2 ** 40);
  const lines = await render(t, { regions: () => [a.region, b.region] });
  assert.ok(lines.includes('secbeat_exchanges_total{verdict="deny"} 5'));
  assert.ok(lines.includes('secbeat_exchanges_total{verdict="pass"} 0'));
  assert.ok(lines.includes('secbeat_downstream_bytes_total{direction="out"} 1099511627776'));
  assert.ok(lines.includes('# TYPE secbeat_exchanges_total counter'));
  assert.ok(lines.includes('# HELP secbeat_exchanges_total Exchanges that ended, by verdict.'));
});

test('exposition: open connections are a gauge, and those of a dead worker do not stay open', async (t) => {
  const [a, b] = [createWorker(), createWorker()];
  for (const { metrics } of [a, b]) {
    metrics.add(Counter.connectionTlsAccepted, 10);
    metrics.add(Counter.connectionTlsClosed, 4);
  }
  const before = await render(t, { regions: () => [a.region, b.region] });
  assert.ok(before.includes('secbeat_downstream_connections_open{transport="tls"} 12'));
  retireSlot(a.region);
  const after = await render(t, { regions: () => [a.region, b.region] });
  assert.ok(after.includes('secbeat_downstream_connections_open{transport="tls"} 6'));
  assert.ok(after.includes('secbeat_downstream_connections_accepted_total{transport="tls"} 20'));
  assert.ok(after.includes('# TYPE secbeat_downstream_connections_open gauge'));
});

test('exposition: an open count is never negative', async (t) => {
  const worker = createWorker();
  worker.metrics.add(Counter.tunnelClosed, 1);
  const lines = await render(t, { regions: () => [worker.region] });
  assert.ok(lines.includes('secbeat_tunnels_open 0'));
});

test('exposition: a histogram is cumulative, in seconds, over all workers', async (t) => {
  const [a, b] = [createWorker(), createWorker()];
  a.metrics.observe(Latency.exchange, 0.05);
  a.metrics.observe(Latency.exchange, 0.06);
  b.metrics.observe(Latency.exchange, 0.1);
  b.metrics.observe(Latency.exchange, 61_000);
  const all = await render(t, { regions: () => [a.region, b.region] });
  const lines = all.filter((line) => line.includes('secbeat_exchange_duration_seconds'));
  assert.equal(lines[1], '# TYPE secbeat_exchange_duration_seconds histogram');
  assert.deepEqual(lines.slice(2, 6), [
    'secbeat_exchange_duration_seconds_bucket{le="0.00005"} 1',
    'secbeat_exchange_duration_seconds_bucket{le="0.0001"} 3',
    'secbeat_exchange_duration_seconds_bucket{le="0.0002"} 3',
    'secbeat_exchange_duration_seconds_bucket{le="0.0003"} 3',
  ]);
  assert.deepEqual(lines.slice(-4), [
    'secbeat_exchange_duration_seconds_bucket{le="60"} 3',
    'secbeat_exchange_duration_seconds_bucket{le="+Inf"} 4',
    'secbeat_exchange_duration_seconds_sum 61.00021',
    'secbeat_exchange_duration_seconds_count 4',
  ]);
  const belowOneMs = lines.filter((line) => / le="0\.000\d+"|\{le="0\.000\d+"/.test(line));
  assert.equal(belowOneMs.length, 6);
});

test('exposition: figures of the generation', async (t) => {
  const lines = await render(t, {});
  for (const line of [
    'secbeat_worker_restarts_total 3',
    'secbeat_config_reloads_total{result="ok"} 6',
    'secbeat_config_reloads_total{result="refused"} 7',
    'secbeat_spool_events_total{state="dropped"} 10',
    'secbeat_spool_dropped_bytes_total 1001',
    'secbeat_incidents_total{state="failed"} 11',
    'secbeat_access_log_lines_total{state="dropped"} 13',
    'secbeat_access_log_failures_total 14',
    'secbeat_ready 1',
    'secbeat_workers_serving 2',
    'secbeat_generation 4',
    'secbeat_config_version 5',
    'secbeat_config_last_reload_ok 1',
    'secbeat_config_loaded_time_seconds 1767323045.678',
    'secbeat_waf_rules_loaded 120',
    'secbeat_waf_routes{mode="on"} 2',
    'secbeat_waf_routes{mode="off"} 0',
    'secbeat_spool_bytes 1000',
    'secbeat_incidents_bytes 2000',
    'secbeat_list_entries{list="deny"} 16',
    `secbeat_build_info{version="0.1.0",node_id="node-a",runtime="${process.version}"} 1`,
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('exposition: label values are escaped', async (t) => {
  const lines = await render(t, { figures: () => sampleFigures({ nodeId: 'a"b\\c\nd' }) });
  assert.ok(lines.some((line) => line.includes('node_id="a\\"b\\\\c\\nd"')));
});

test('exposition: can be rendered again and shows what is new', async (t) => {
  const worker = createWorker();
  const exposition = createExposition({ regions: () => [worker.region], figures: () => sampleFigures() });
  t.after(() => exposition[Symbol.dispose]());
  await Promise.all([exposition.render(), exposition.render()]);
  worker.metrics.add(Counter.wafFault, 1);
  const lines = (await exposition.render()).split('\n');
  assert.ok(lines.includes('secbeat_waf_faults_total 1'));
});

test('exposition: every line is a comment or a sample of a family that was announced', async (t) => {
  const lines = (await render(t, { regions: () => [createWorker().region] })).filter((line) => line !== '');
  const announced = new Set<string>();
  let samples = 0;
  for (const line of lines) {
    const type = /^# TYPE (secbeat_[a-z_]+) (?:counter|gauge|histogram)$/.exec(line);
    if (type !== null) announced.add(type[1]!);
    if (line.startsWith('#')) continue;
    const sample = /^(secbeat_[a-z_]+)(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? [0-9.e+-]+$/.exec(line);
    assert.ok(sample !== null, line);
    const family = sample[1]!.replace(/_(?:bucket|sum|count)$/, '');
    assert.ok(announced.has(sample[1]!) || announced.has(family), line);
    samples += 1;
  }
  assert.ok(samples > 150, `${samples} samples`);
});

test('exposition: process figures are there and plausible', async (t) => {
  const lines = await render(t, {});
  const read = (name: string): number =>
    Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  assert.ok(read('secbeat_process_resident_memory_bytes') > 10_000_000);
  assert.ok(read('secbeat_process_heap_used_bytes') > 1_000_000);
  assert.ok(read('secbeat_process_cpu_seconds_total') > 0);
  assert.ok(read('secbeat_process_start_time_seconds') > 1_700_000_000);
  assert.ok(read('secbeat_process_event_loop_lag_seconds') >= 0);
});
