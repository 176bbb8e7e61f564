/**
 * Proxy without WAF against nginx: the same origin, the same load, rounds interleaved.
 *
 * On a shared machine requests per second say more about the neighbours than about the servers. What is compared is
 * therefore CPU time per request of all processes of each, within the same round; the ratio's spread over the rounds
 * says how far to trust it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@secbeat/base/fault.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { treeCpuSeconds } from '../process-tree.ts';
import type { MeasuredRow } from '../rows.ts';
import type { Server } from '../server.ts';
import { median } from '../statistics.ts';
import { runWrk } from '../wrk.ts';
import { bodyBytes, nodeConfig, startNginxProxy, startNode, startOrigin } from './contenders.ts';
import { originConfig, proxyConfig } from './nginx-config.ts';

/** nginx's CPU per request through ours. A bare prototype reached 0.84 to 1.16. */
const cpuRatioGoal = 0.9;
const connections = 64;
const warmUpSeconds = 2;
/** The default of nginx is one, of a node one per core: both are shown. */
const workerCounts = [2, 1] as const;

/** One contender in one round. */
interface Sample {
  readonly requestsPerSecond: number;
  readonly cpuSecondsPer100k: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The bench. */
export const proxyBench: Bench = {
  name: 'proxy',
  about: 'HTTP/1.1 proxy without WAF, 1 KiB, keep-alive, against nginx',
  needs: ['nginx', 'wrk'],
  describe: () =>
    [
      `# origin\n${originConfig(8001, '/srv/content')}`,
      `# nginx as a proxy, 2 workers\n${proxyConfig(8002, 8001, 2)}`,
      `# SecBeat, 2 workers\n${nodeConfig(8001, 2)}`,
    ].join('\n'),
  run: runProxyBench,
};

async function runProxyBench(options: BenchOptions): Promise<readonly MeasuredRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'secbeat-bench-'));
  try {
    await using origin = await startOrigin(directory);
    const rows: MeasuredRow[] = [];
    for (const workers of workerCounts) {
      await using peer = await startNginxProxy(directory, origin, workers);
      await using ours = await startNode(options.root, directory, origin, workers);
      for (const server of [peer, ours]) await checkAnswer(server);
      rows.push(...(await compare(ours, peer, workers, options)));
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A contender that answers something else would win by doing less. */
async function checkAnswer(server: Server): Promise<void> {
  const response = await fetch(server.url);
  const bytes = (await response.arrayBuffer()).byteLength;
  if (response.status !== 200 || bytes !== bodyBytes) {
    throw new Fault(
      'wrong-answer',
      `${server.name} answers ${response.status} with ${bytes} bytes, expected 200 with ${bodyBytes}`,
      {
        source: 'internal',
      },
    );
  }
}

async function compare(
  ours: Server,
  peer: Server,
  workers: number,
  options: BenchOptions,
): Promise<readonly MeasuredRow[]> {
  for (const server of [ours, peer]) await runWrk(server.url, connections, warmUpSeconds);
  const oursSamples: Sample[] = [];
  const peerSamples: Sample[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    // Who goes first changes: whatever the first run leaves behind (caches, a clock speed) helps both equally often.
    const oursFirst = round % 2 === 0;
    if (oursFirst) oursSamples.push(await sample(ours, round, options));
    peerSamples.push(await sample(peer, round, options));
    if (!oursFirst) oursSamples.push(await sample(ours, round, options));
  }
  const prefix = `proxy h1 1 KiB, ${workers} worker${workers === 1 ? '' : 's'}`;
  const row = (
    name: string,
    unit: string,
    pick: (sample: Sample) => number,
    moreIsBetter: boolean,
    goal: number | null,
  ): MeasuredRow => {
    const left = oursSamples.map(pick);
    const right = peerSamples.map(pick);
    const ratios = left.map((value, round) =>
      moreIsBetter ? value / (right[round] ?? 0) : (right[round] ?? 0) / value,
    );
    const ratio = median(ratios);
    return {
      name: `${prefix}: ${name}`,
      unit,
      ours: median(left),
      peer: median(right),
      ratio,
      goal,
      met: goal === null ? null : ratio >= goal,
      ratioLowest: Math.min(...ratios),
      ratioHighest: Math.max(...ratios),
    };
  };
  return [
    row('CPU of all processes', 's/100k requests', (each) => each.cpuSecondsPer100k, false, cpuRatioGoal),
    row('throughput', 'requests/s', (each) => each.requestsPerSecond, true, null),
    row('latency p50', 'ms', (each) => each.p50Ms, false, null),
    row('latency p99', 'ms', (each) => each.p99Ms, false, null),
  ];
}

async function sample(server: Server, round: number, options: BenchOptions): Promise<Sample> {
  const before = treeCpuSeconds(server.pid);
  const report = await runWrk(server.url, connections, options.seconds);
  const cpuSeconds = treeCpuSeconds(server.pid) - before;
  if (report.errors > 0) {
    throw new Fault('errors', `${server.name}: ${report.errors} of ${report.requests} requests failed`, {
      source: 'internal',
    });
  }
  const cpuSecondsPer100k = (cpuSeconds / report.requests) * 100_000;
  options.say(
    `round ${round + 1}/${options.rounds} ${server.name}: ${report.requestsPerSecond.toFixed(0)} requests/s, ` +
      `${cpuSecondsPer100k.toFixed(2)} CPU s/100k, p50 ${report.p50Ms.toFixed(2)} ms, p99 ${report.p99Ms.toFixed(2)} ms`,
  );
  return {
    requestsPerSecond: report.requestsPerSecond,
    cpuSecondsPer100k,
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
  };
}
