/** Large bodies through a node: byte-identical, in bounded memory, and not cut while they move. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Echo, type Origin, openOrigin, openRawOrigin } from '../support/origin.ts';
import { firstStatus } from '../support/raw-client.ts';
import type { BodyReport, BodyTask } from './body-peer.ts';
import { metricOf, untilMetric } from './metric.ts';
import { megabytes, processesOf, residentBytesOf } from './process-memory.ts';

const gigabyte = 1_000_000_000;
const peakBytesMax = 512_000_000;

let peer: ChildProcess;
let node: NodeProcess;

before(async () => {
  peer = fork(join(import.meta.dirname, 'body-peer.ts'));
  const [port] = (await once(peer, 'message')) as [number];
  // Everything as it comes out of the box: the first part of each body is inspected.
  node = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: http://127.0.0.1:${port}\nworkers: 2\n`,
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  peer.kill();
});

async function move(task: Omit<BodyTask, 'port'>): Promise<BodyReport> {
  const message = once(peer, 'message') as Promise<[BodyReport]>;
  const ended = once(peer, 'exit').then(() => {
    throw new Error('the peer ended before it reported');
  });
  peer.send({ ...task, port: node.port() });
  const [report] = await Promise.race([message, ended]);
  return report;
}

/** SHA-256 of the peer's bytes, made once with openssl: AES-128-CTR over zeros, key 07..07, counter block bb..bb. */
const knownHashes: ReadonlyMap<number, string> = new Map([
  [gigabyte, '8fed2ec46a48eb893491c59ec44909d60e4baadc9c6e53ddc67a45e8d93a30ab'],
]);

for (const kind of ['upload', 'download'] as const) {
  for (const hasLength of [true, false]) {
    const framing = hasLength ? 'Content-Length' : 'chunks';
    test(`bodies: a ${kind} of 1 GB with ${framing} is byte-identical in bounded memory`, async (context) => {
      const report = await move({ kind, bytes: gigabyte, hasLength });
      assert.equal(report.status, 200);
      assert.deepEqual([report.sentBytes, report.receivedBytes], [gigabyte, gigabyte]);
      assert.equal(report.sentHash, knownHashes.get(gigabyte));
      assert.equal(report.receivedHash, report.sentHash);
      for (const [name, pid] of processesOf(node.status)) {
        const { peak, present } = residentBytesOf(pid);
        context.diagnostic(`${name}: peak ${megabytes(peak)}, now ${megabytes(present)}`);
        assert.ok(peak < peakBytesMax, `${name}: peak ${megabytes(peak)}`);
      }
    });
  }
}

test('bodies: both uploads were inspected in part, and that is counted', async () => {
  await untilMetric(node, 'secbeat_waf_partial_total', '', 2);
});

const downloadBytes = 100_000_000;
const stalledReaders = 16;

test('bodies: readers that stall do not grow memory and are cut at their deadline', async (context) => {
  await using endless = await openRawOrigin(pourForever);
  await using stalled = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${endless.url}\nworkers: 2\nwaf: { mode: off }\ndeadlines: { bodyIdle: 3s }\n`,
  });
  // One whole exchange first: what the code itself takes is not growth.
  const warm = await stalledReader(stalled.port());
  warm.destroy();
  const before = residentBytesOf(stalled.status.generationPid).peak;
  const clients: Socket[] = [];
  for (let i = 0; i < stalledReaders; i += 1) clients.push(await stalledReader(stalled.port()));
  await untilMetric(stalled, 'secbeat_exchange_ends_total', 'reason="client-timeout"', stalledReaders);
  await untilMetric(stalled, 'secbeat_downstream_connections_open', '', 0);
  const growth = residentBytesOf(stalled.status.generationPid).peak - before;
  const taken = metricOf(await stalled.metrics(), 'secbeat_upstream_bytes_total', 'direction="in"');
  context.diagnostic(
    `${stalledReaders} stalled downloads of ${megabytes(downloadBytes)}: ${megabytes(taken)} taken from the origin, peak grew by ${megabytes(growth)}`,
  );
  // Together they asked for 1.6 GB. What a node takes lies in the kernel's buffers (6 MB at most each way by default) and one read of its own.
  assert.ok(taken < (stalledReaders + 1) * 20_000_000, `${megabytes(taken)} taken from the origin`);
  assert.ok(growth < 160_000_000, `grew by ${megabytes(growth)}`);
  for (const client of clients) client.destroy();
});

/** An origin that says 100 MB and pours as fast as it may. */
function pourForever(socket: Socket): void {
  const block = Buffer.alloc(64 * 1024, 'x');
  let left = downloadBytes;
  socket.once('data', () => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${downloadBytes}\r\n\r\n`);
    const pour = (): void => {
      while (left > 0 && !socket.destroyed) {
        left -= block.length;
        if (!socket.write(left < 0 ? block.subarray(0, block.length + left) : block)) return;
      }
    };
    socket.on('drain', pour);
    pour();
  });
}

/** Asks for the 100 MB and reads only its first piece. */
async function stalledReader(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  assert.equal(firstStatus(first.toString('latin1')), 200);
  return socket;
}

test('bodies: an uploader that is slow but sends is not cut', async () => {
  await using origin: Origin = await openOrigin();
  await using patient = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 1\ndeadlines: { bodyIdle: 2s }\n`,
  });
  const pieces = 50;
  const socket = connect({ host: '127.0.0.1', port: patient.port(), noDelay: true });
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.write(
    `POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${pieces}\r\n\r\n`,
  );
  // 50 pieces of 100 ms are two and a half times the deadline between two of them.
  let sent = 0;
  const timer = setInterval(() => {
    socket.write('x');
    sent += 1;
    if (sent === pieces) clearInterval(timer);
  }, 100);
  await once(socket, 'close');
  clearInterval(timer);
  assert.equal(firstStatus(text), 200, text);
  const seen = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as Echo;
  assert.equal(seen.bodyBytes, pieces);
});

test('bodies: an uploader that stops is cut at its deadline and the origin is told', async () => {
  let aborted = 0;
  await using origin: Origin = await openOrigin((incoming) => {
    incoming.resume().on('error', () => {
      aborted += 1;
    });
    return true;
  });
  await using strict = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 1\nwaf: { mode: off }\ndeadlines: { bodyIdle: 500ms }\n`,
  });
  const socket = connect({ host: '127.0.0.1', port: strict.port() });
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.write('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nabc');
  await once(socket, 'close');
  assert.equal(firstStatus(text), 408);
  await until(
    () => aborted === 1,
    10_000,
    () => `the origin saw ${aborted} requests end early`,
  );
});
