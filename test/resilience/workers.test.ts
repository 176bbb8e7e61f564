/** Workers and generations die under load, configurations change under load: what is lost, and what is not. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { Load, type LoadCounts } from '../support/load.ts';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';

let origin: Origin;

before(async () => {
  origin = await openOrigin((_request, response) => {
    response.writeHead(200, { 'Content-Length': '5' }).end('hello');
    return true;
  });
});

after(async () => {
  await origin[Symbol.asyncDispose]();
});

function configOf(extra = ''): string {
  return `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 2\naccessLog: { format: off }\n${extra}`;
}

/** Waits until the load has finished `count` more exchanges, so that everything in between happened under load. */
async function exchanges(load: Load, count: number): Promise<void> {
  const goal = load.counts.ok + count;
  await until(
    () => load.counts.ok >= goal,
    60_000,
    () => `${load.counts.ok} of ${goal} exchanges: ${JSON.stringify(load.counts)}`,
  );
}

function brokenIn(counts: LoadCounts): number {
  return counts.lost + counts.lostFirst + counts.closedIdle;
}

async function slotState(node: NodeProcess, slot: number): Promise<{ state: string; restarts: number }> {
  const status = await node.refreshStatus();
  return status.workers[slot]!;
}

test('workers: killed ten times under load, each is replaced and only its own exchanges are lost', async (context) => {
  await using node = await startNode({ config: configOf() });
  using load = new Load({ port: node.port(), connections: 32 });
  await exchanges(load, 500);
  const replacedMs: number[] = [];
  for (let kill = 0; kill < 10; kill += 1) {
    const slot = kill % 2;
    const before = { ...load.counts };
    const { restarts } = await slotState(node, slot);
    const startedAtMs = performance.now();
    await node.restartWorker(slot);
    await until(
      async () => {
        const status = await slotState(node, slot);
        return status.restarts > restarts && status.state === 'serving';
      },
      30_000,
      () => node.errors,
    );
    replacedMs.push(performance.now() - startedAtMs);
    await exchanges(load, 2_000);
    const broken = brokenIn(load.counts) - brokenIn(before);
    assert.ok(broken < 32, `kill ${kill} broke all ${broken} connections: the other worker's too`);
    assert.equal(load.counts.refused, 0);
    assert.equal(load.counts.unconnected, 0);
  }
  const counts = await load.stop();
  replacedMs.sort((a, b) => a - b);
  context.diagnostic(
    `10 kills: replaced in ${replacedMs[0]?.toFixed(0)} to ${replacedMs.at(-1)?.toFixed(0)} ms, ` +
      `${counts.ok} served, ${counts.lost + counts.lostFirst} lost with their worker`,
  );
  assert.ok(counts.lost + counts.lostFirst <= 10 * 31);
});

test('workers: a killed generation is started again, and connections made meanwhile are served', async () => {
  await using node = await startNode({ config: configOf() });
  const { generationPid } = node.status;
  process.kill(generationPid, 'SIGKILL');
  // One shot each: every one of these connects while nobody accepts, or after.
  using load = new Load({ port: node.port(), connections: 8, isOneShot: true });
  await exchanges(load, 50);
  const counts = await load.stop();
  assert.deepEqual([counts.refused, counts.lost, counts.unconnected], [0, 0, 0]);
  await until(
    async () => (await node.refreshStatus()).isReady,
    30_000,
    () => node.errors,
  );
  assert.notEqual(node.status.generationPid, generationPid);
});

test('workers: fifty reloads under load fail no request', async () => {
  await using node = await startNode({ config: configOf('waf: { mode: detection-only }\n') });
  using load = new Load({ port: node.port(), connections: 16 });
  await exchanges(load, 100);
  const text = readFileSync(node.configFile, 'utf8');
  for (let reload = 0; reload < 50; reload += 1) {
    writeFileSync(node.configFile, `${text}limits: { requestsBurst: ${30_000 + reload} }\n`);
    const outcome = await requestControl<'reload'>(node.dataDirectory, { op: 'reload' });
    assert.deepEqual(outcome.reasons, []);
    assert.ok(outcome.isInForce);
  }
  await exchanges(load, 200);
  const counts = await load.stop();
  assert.deepEqual(
    { ...counts, ok: 0 },
    { ok: 0, refused: 0, lost: 0, lostFirst: 0, closedIdle: 0, unconnected: 0 },
  );
});

test('workers: SIGHUP reloads, and a broken file is refused with its place while the old configuration serves on', async () => {
  await using node = await startNode({ config: configOf() });
  const before = await node.refreshStatus();
  writeFileSync(node.configFile, `${configOf()}limts: {}\n`);
  node.process.kill('SIGHUP');
  await until(
    async () => (await node.refreshStatus()).reloadsFailed > before.reloadsFailed,
    30_000,
    () => node.errors,
  );
  assert.match(
    node.status.lastReloadReasons.join('\n'),
    /secbeat\.yaml:5:1: unknown key "limts"; did you mean "limits"\?/,
  );
  assert.equal((await fetch(node.url())).status, 200);
  writeFileSync(node.configFile, configOf());
  node.process.kill('SIGHUP');
  await until(
    async () => (await node.refreshStatus()).reloadsSucceeded > before.reloadsSucceeded,
    30_000,
    () => node.errors,
  );
});

test('workers: SIGTERM under load lets every exchange end', async () => {
  await using node = await startNode({ config: configOf() });
  using load = new Load({ port: node.port(), connections: 16 });
  await exchanges(load, 200);
  const stopped = node.stop('SIGTERM');
  // From here on new connects are refused, as they must be; what a worker had accepted is not lost.
  assert.equal(await stopped, 0);
  const counts = load.counts;
  assert.deepEqual([counts.lost, counts.refused], [0, 0]);
});

test('workers: two of them admit one limit for one client, within one percent', async (context) => {
  const rate = 500;
  await using node = await startNode({
    config: configOf(
      `trustedProxies: [127.0.0.1]\nlimits: { requestsPerSecond: ${rate}, requestsBurst: ${rate} }\nwaf: { mode: off }\nallowlist: []\n`,
    ),
  });
  const flood = new Load({ port: node.port(), connections: 16, fields: 'X-Forwarded-For: 198.51.100.1\r\n' });
  // The ten seconds are the measure itself, not a wait for something.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const counts = await flood.stop();
  const seconds = (flood.lastAtMs - flood.firstAtMs) / 1_000;
  const allowed = rate + rate * seconds;
  context.diagnostic(
    `${counts.ok} admitted of ${allowed.toFixed(0)} allowed in ${seconds.toFixed(2)} s, ${counts.refused} limited`,
  );
  assert.ok(counts.refused > 0, 'the flood never met its limit: nothing was measured');
  assert.ok(
    Math.abs(counts.ok / allowed - 1) <= 0.01,
    `${counts.ok} admitted, ${allowed.toFixed(0)} allowed`,
  );
});
