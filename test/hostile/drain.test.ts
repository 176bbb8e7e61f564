/** A stop or a reload while exchanges are under way. Real processes on loopback. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { startNode, until } from '../support/node-process.ts';
import { openOrigin, openRawOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

const request = 'GET /under-way HTTP/1.1\r\nHost: app.test\r\n\r\n';

test('a drain whose time is over records the exchanges that it cuts off', async () => {
  let requests = 0;
  await using silent = await openRawOrigin((socket) =>
    socket.once('data', () => {
      requests += 1;
    }),
  );
  await using node = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${silent.url}\nworkers: 1\ndeadlines: { drain: 500ms }\nwaf: { mode: off }\n`,
  });
  const sockets = Array.from({ length: 5 }, () => connect({ host: '127.0.0.1', port: node.port() }));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.resume();
    socket.write(request);
  }
  await until(
    () => requests === 5,
    5_000,
    () => `${requests} of 5 requests reached the origin`,
  );
  assert.equal(await node.stop(), 0, node.errors);
  const log = readFileSync(join(node.dataDirectory, 'access.log'), 'utf8');
  assert.equal(log.match(/\/under-way/g)?.length, 5, log);
});

test('a reload that changes an upstream: an exchange that waits in its old queue waits no longer than it may', async () => {
  await using silent = await openRawOrigin((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
  });
  const config = (idle: string): string => `
listen: ['127.0.0.1:0']
upstreams:
  app: { peers: ['${silent.url}'], connectionsMax: 1, responseTimeout: 2s, idleTimeout: ${idle} }
upstream: app
workers: 1
waf: { mode: off }
`;
  await using node = await startNode({ config: config('5s') });
  const tunnel = connect({ host: '127.0.0.1', port: node.port() });
  tunnel.on('error', () => {});
  await new Promise<void>((resolve) => {
    tunnel.once('data', () => resolve());
    tunnel.write('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  });
  const waiting = sendRaw(node.port(), request, {
    isComplete: (text) => text.includes('incidentId'),
    deadlineMs: 6_000,
  });
  // The request waits behind the tunnel; the reload retires the pool that both are in.
  await new Promise((resolve) => setTimeout(resolve, 200));
  writeFileSync(node.configFile, config('6s'));
  await requestControl<'reload'>(node.dataDirectory, { op: 'reload' });
  assert.equal(firstStatus((await waiting).text), 503);
  tunnel.destroy();
});

test('an idle connection that a drain has closed begins no exchange any more', async () => {
  await using origin = await openOrigin();
  await using slow = await openRawOrigin((socket) => {
    socket.resume();
  });
  await using node = await startNode({
    config: `
listen: ['127.0.0.1:0']
workers: 1
deadlines: { drain: 4s }
waf: { mode: off }
hosts:
  - { names: [app.test], upstream: '${origin.url}' }
  - { names: [slow.test], upstream: '${slow.url}' }
`,
  });
  const busy = connect({ host: '127.0.0.1', port: node.port() });
  busy.on('error', () => {});
  busy.write('GET / HTTP/1.1\r\nHost: slow.test\r\n\r\n');
  const idle = connect({ host: '127.0.0.1', port: node.port(), allowHalfOpen: true });
  idle.on('error', () => {});
  const answered = new Promise<void>((resolve) => idle.once('data', () => resolve()));
  const ended = new Promise<void>((resolve) => idle.once('end', () => resolve()));
  idle.write(request);
  await answered;
  const stopped = node.stop();
  idle.resume();
  await ended;
  idle.write(request);
  await stopped;
  assert.equal(origin.requests(), 1);
  busy.destroy();
  idle.destroy();
});
