/** Ten thousand open connections, each with a request every ten seconds for a minute. Takes about 80 seconds. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { startNode } from '../support/node-process.ts';
import { openOrigin } from '../support/origin.ts';
import type { ConnectionsReport, ConnectionsTask } from './connections-client.ts';
import { metricOf, untilMetric } from './metric.ts';
import { megabytes, processesOf, residentBytesOf } from './process-memory.ts';

const connections = 10_000;
const requests = 6;

test('connections: 10,000 of them are served for a minute without one error', async (context) => {
  await using origin = await openOrigin((incoming, response) => {
    response.end(`hello ${incoming.url}!`);
    return true;
  });
  await using node = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 2\n`,
  });
  const task: ConnectionsTask = {
    port: node.port(),
    connections,
    connectionsPerAddress: 400,
    requests,
    intervalMs: 10_000,
  };
  const client = fork(join(import.meta.dirname, 'connections-client.ts'));
  const message = once(client, 'message') as Promise<[ConnectionsReport]>;
  const exit = once(client, 'exit');
  client.send(task);
  const early = exit.then(() => {
    throw new Error('the client ended before it reported');
  });
  const [report] = await Promise.race([message, early]);
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  context.diagnostic(
    `${report.answered} answers: p50 ${ms(report.p50Ms)}, p99 ${ms(report.p99Ms)}, max ${ms(report.maxMs)}`,
  );
  for (const [name, pid] of processesOf(node.status)) {
    const { peak, present } = residentBytesOf(pid);
    context.diagnostic(`${name}: peak ${megabytes(peak)}, now ${megabytes(present)}`);
  }
  const page = await node.metrics();
  client.kill();
  await exit;
  assert.deepEqual(report.firstErrors, []);
  assert.equal(report.errors, 0);
  assert.equal(report.answered, connections * (requests + 1));
  assert.equal(report.openAtEnd, connections);
  assert.equal(metricOf(page, 'secbeat_downstream_connections_open'), connections);
  assert.equal(metricOf(page, 'secbeat_downstream_connections_refused_total'), 0);
  assert.equal(metricOf(page, 'secbeat_exchange_ends_total', 'reason="none"'), report.answered);
  await untilMetric(node, 'secbeat_downstream_connections_open', '', 0);
});
