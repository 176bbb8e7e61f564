import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Fault } from '@secbeat/base/fault.ts';
import { silentLog } from '../log.ts';
import { openControl } from './control.ts';
import { requestControl } from './control-client.ts';
import { reachSocket } from './control-path.ts';
import {
  type ControlRequest,
  controlName,
  decodeControlRequest,
  requestBytesMax,
} from './control-protocol.ts';
import { lockDataDirectory } from './data-lock.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secbeat-control-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(handle: (request: ControlRequest) => Promise<unknown>, where = directory) {
  return openControl({ directory: where, log: silentLog, handle });
}

/** Sends bytes as they are and returns everything that comes back. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = net.connect(join(directory, controlName));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => socket.destroy());
  socket.end(bytes);
  await once(socket, 'close');
  return text;
}

test('control: a request is answered with its result', async () => {
  await using _ = await open(async (request) => ({ echoed: request }));
  assert.deepEqual(await requestControl<'explain'>(directory, { op: 'explain', id: 'x' }), {
    echoed: { op: 'explain', id: 'x' },
  });
});

test('control: a fault arrives with its code and message', async () => {
  await using _ = await open(async () => {
    throw new Fault('list-entry-unknown', 'not there', { source: 'operator' });
  });
  await assert.rejects(requestControl<'status'>(directory, { op: 'status' }), {
    name: 'Fault',
    code: 'list-entry-unknown',
    message: 'not there',
  });
});

test('control: the socket is for the owner alone, and its name goes with it', async () => {
  const control = await open(async () => null);
  assert.equal(statSync(control.path).mode & 0o777, 0o600);
  await control.close();
  assert.deepEqual(readdirSync(directory), []);
});

test('control: the file of a dead node is in nobody’s way', async () => {
  writeFileSync(join(directory, controlName), '');
  await using _ = await open(async () => 'alive');
  assert.equal(await requestControl<'status'>(directory, { op: 'status' }), 'alive');
});

test('control: the next owner takes the name, and the closing of the one before does not remove it', async () => {
  const before = await open(async () => 'before');
  await using _ = await open(async () => 'next');
  assert.equal(await requestControl<'status'>(directory, { op: 'status' }), 'next');
  await before.close();
  assert.equal(await requestControl<'status'>(directory, { op: 'status' }), 'next');
});

test('control: closing lets a request under way be answered', async () => {
  const answer = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  const control = await open(() => {
    asked.resolve();
    return answer.promise;
  });
  const reply = requestControl<'status'>(directory, { op: 'status' });
  await asked.promise;
  const closed = control.close();
  answer.resolve('late');
  assert.equal(await reply, 'late');
  await closed;
});

for (const length of [106, 107, 108, 250]) {
  test(`control: works when its path has ${length} bytes`, async () => {
    const nameLength = length - join(directory, 'd', '', controlName).length;
    const deep = join(directory, 'd', 'x'.repeat(nameLength - 1));
    mkdirSync(deep, { recursive: true });
    assert.equal(join(deep, controlName).length, length);
    await using _ = await open(async () => length, deep);
    assert.equal(await requestControl<'status'>(deep, { op: 'status' }), length);
  });
}

test('control: a short path is used as it is, a long one through a descriptor', () => {
  using short = reachSocket(directory, controlName);
  assert.equal(short.path, join(directory, controlName));
  const deep = join(directory, 'x'.repeat(120));
  mkdirSync(deep);
  using long = reachSocket(deep, controlName);
  assert.match(long.path, /^\/proc\/self\/fd\/\d+\/control\.sock$/);
});

test('control client: says that no node runs there, and what to do', async () => {
  await assert.rejects(requestControl<'status'>(directory, { op: 'status' }), {
    code: 'node-not-running',
    message: `no node is running with the data directory ${directory}; start it with "secbeat up", or name another with --data DIR`,
  });
  await assert.rejects(requestControl<'status'>(join(directory, 'none'), { op: 'status' }), {
    code: 'node-not-running',
    message: /that directory does not exist/,
  });
});

/** A node that closes its first connections without an answer, as one that hands over does. */
async function openFlaky(closedFirst: number): Promise<net.Server> {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    if (connections <= closedFirst) socket.destroy();
    else socket.on('data', () => socket.end('{"result":"alive"}\n'));
  });
  server.listen(join(directory, controlName));
  await once(server, 'listening');
  return server;
}

test('control client: asks again while a node that runs hands over', async () => {
  using _ = await lockDataDirectory(directory);
  const server = await openFlaky(3);
  try {
    assert.equal(await requestControl<'status'>(directory, { op: 'status' }), 'alive');
  } finally {
    server.close();
  }
});

test('control client: does not ask again for what may have been carried out', async () => {
  using _ = await lockDataDirectory(directory);
  const server = await openFlaky(1);
  try {
    await assert.rejects(requestControl<'worker.restart'>(directory, { op: 'worker.restart', slot: 0 }), {
      code: 'node-busy',
    });
  } finally {
    server.close();
  }
});

const invalid = [
  { name: 'no JSON', bytes: 'status\n', message: 'the request is not JSON' },
  { name: 'no object', bytes: '7\n', message: 'the request is not an object' },
  { name: 'an empty line', bytes: '\n', message: 'the request is not JSON' },
  { name: 'an unknown operation', bytes: '{"op":"eval"}\n', message: 'unknown operation "eval"' },
  { name: 'no operation', bytes: '{}\n', message: 'unknown operation undefined' },
  {
    name: 'one byte too many',
    bytes: `${'x'.repeat(requestBytesMax + 1)}\n`,
    message: `the request has more than ${requestBytesMax} bytes`,
  },
  {
    name: 'an endless line',
    bytes: 'x'.repeat(4 * requestBytesMax),
    message: `the request has more than ${requestBytesMax} bytes`,
  },
];

for (const { name, bytes, message } of invalid) {
  test(`control: answers ${name} with what is wrong`, async () => {
    await using _ = await open(async () => assert.fail('must not be handled'));
    assert.deepEqual(JSON.parse(await sendRaw(bytes)), { error: { code: 'control-invalid', message } });
  });
}

test('control: takes a request of exactly the maximum', async () => {
  await using _ = await open(async (request) => request.op);
  const head = '{"op":"explain","id":"';
  const request = `${head}${'x'.repeat(requestBytesMax - head.length - 2)}"}`;
  assert.equal(request.length, requestBytesMax);
  assert.deepEqual(JSON.parse(await sendRaw(`${request}\n`)), { result: 'explain' });
});

test('control: a request that is cut off gets no answer and is not carried out', async () => {
  await using _ = await open(async () => assert.fail('must not be handled'));
  assert.equal(await sendRaw('{"op":"shutdown"}'), '');
  assert.equal(await sendRaw(''), '');
});

test('control: only the first request of a connection counts', async () => {
  const handled: string[] = [];
  await using _ = await open(async ({ op }) => {
    handled.push(op);
    return op;
  });
  assert.deepEqual(JSON.parse(await sendRaw('{"op":"status"}\n{"op":"shutdown"}\n')), { result: 'status' });
  assert.deepEqual(handled, ['status']);
});

const decoded = [
  { text: '{"op":"status","more":1}', request: { op: 'status' } },
  { text: '{"op":"explain"}', request: 'explain: expected id, a text' },
  { text: '{"op":"worker.restart","slot":"0"}', request: 'worker.restart: expected slot, a whole number' },
  { text: '{"op":"worker.restart","slot":0.5}', request: 'worker.restart: expected slot, a whole number' },
  { text: '{"op":"worker.restart","slot":1}', request: { op: 'worker.restart', slot: 1 } },
  { text: '{"op":"denylist.add"}', request: 'denylist.add: expected prefix, a text' },
  {
    text: '{"op":"denylist.add","prefix":"::1","reason":1}',
    request: 'denylist.add: expected reason to be a text',
  },
  {
    text: '{"op":"denylist.add","prefix":"::1","ttlMs":"1h"}',
    request: 'denylist.add: expected ttlMs to be a number',
  },
  { text: '{"op":"denylist.add","prefix":"::1"}', request: { op: 'denylist.add', prefix: '::1' } },
  {
    text: '{"op":"allowlist.add","prefix":"::1","reason":"r","ttlMs":0}',
    request: { op: 'allowlist.add', prefix: '::1', reason: 'r', ttlMs: 0 },
  },
  { text: '{"op":"allowlist.remove","prefix":null}', request: 'allowlist.remove: expected prefix, a text' },
  { text: '{"op":{"toString":"x"}}', request: 'unknown operation {"toString":"x"}' },
];

for (const { text, request } of decoded) {
  test(`control request: ${text}`, () => assert.deepEqual(decodeControlRequest(text), request));
}
