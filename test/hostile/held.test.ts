/** What a client can make the node hold in memory. Real processes on loopback. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

let origin: Origin;
let node: NodeProcess;

before(async () => {
  origin = await openOrigin();
  node = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 1\naccessLog: { format: off }\n`,
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

function residentBytes(): number {
  const status = readFileSync(`/proc/${node.status.generationPid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

async function bytesIn(): Promise<number> {
  const text = await node.metrics();
  return Number(/^secbeat_downstream_bytes_total\{direction="in"\} (\d+)/m.exec(text)?.[1]);
}

const head = 'POST /form HTTP/1.1\r\nHost: app.test\r\nContent-Type: text/plain\r\nConnection: close\r\n';

test('a body in chunks of one byte arrives whole', async () => {
  const body = '1\r\nx\r\n'.repeat(3_000);
  const answer = await sendRaw(node.port(), `${head}Transfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`);
  assert.equal(firstStatus(answer.text), 200);
  assert.match(answer.text, /"bodyBytes":3000,/);
});

test('bodies held back in chunks of one byte cost about what they weigh', async () => {
  const connections = 60;
  const chunks = 100_000;
  const piece = Buffer.from(
    `${head}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(chunks)}`,
    'latin1',
  );
  const bytesBefore = await bytesIn();
  const before = residentBytes();
  const sockets: Socket[] = [];
  for (let i = 0; i < connections; i += 1) {
    const socket = connect({ host: '127.0.0.1', port: node.port() });
    socket.on('error', () => {});
    socket.write(piece);
    sockets.push(socket);
  }
  await until(
    async () => (await bytesIn()) - bytesBefore >= connections * piece.length,
    20_000,
    () => 'the bodies were not read',
  );
  const grown = residentBytes() - before;
  for (const socket of sockets) socket.destroy();
  // 6 MB of content are held; the heap may keep as much again of garbage, but not a hundred bytes for one.
  assert.ok(
    grown < 150 * 1024 * 1024,
    `${Math.round(grown / 1024 / 1024)} MiB for ${connections * chunks} bytes`,
  );
});
