/** The two doors of an operator, the control socket and the admin listener, fed with everything but requests. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

const requestBytesMax = 65_536;

let origin: Origin;
let node: NodeProcess;

before(async () => {
  origin = await openOrigin();
  node = await startNode({ config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 1\n` });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

/** Everything that must go on whatever the doors are fed with. */
async function assertStillServes(): Promise<void> {
  assert.equal((await fetch(node.url())).status, 200);
  assert.equal((await fetch(`${node.adminUrl}/healthz`)).status, 200);
  const status = await requestControl<'status'>(node.dataDirectory, { op: 'status' });
  assert.deepEqual([status.isReady, status.generation, status.workers[0]?.restarts], [true, 1, 0]);
}

/** Writes `bytes` to the control socket and returns what it answers until it closes. */
async function control(bytes: string | Buffer, endsHalf = true): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(join(node.dataDirectory, 'control.sock'));
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  // A request that is refused before it is read to its end may be reset.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve(text));
  if (endsHalf) socket.end(bytes);
  else socket.write(bytes);
  return await promise;
}

const notJson = 'the request is not JSON';
const tooLarge = `the request has more than ${requestBytesMax} bytes`;
const lines: readonly (readonly [what: string, line: string | Buffer, message: string])[] = [
  ['words', 'hello', notJson],
  ['an HTTP request', 'GET / HTTP/1.1\r', notJson],
  ['an empty line', '', notJson],
  ['bytes that are no UTF-8', Buffer.from('00ff80fe', 'hex'), notJson],
  ['half an object', '{"op":"status"', notJson],
  ['null', 'null', 'the request is not an object'],
  ['a number', '1e400', 'the request is not an object'],
  ['a list', '[]', 'unknown operation undefined'],
  ['an object without op', '{}', 'unknown operation undefined'],
  ['an operation nobody knows', '{"op":"nope"}', 'unknown operation "nope"'],
  ['a property of every object', '{"op":"constructor"}', 'unknown operation "constructor"'],
  ['a prototype', '{"__proto__":{"op":"status"}}', 'unknown operation undefined'],
  ['deep nesting', `${'['.repeat(20_000)}`, notJson],
  ['explain without id', '{"op":"explain"}', 'explain: expected id, a text'],
  ['explain with a number', '{"op":"explain","id":7}', 'explain: expected id, a text'],
  [
    'a slot that is a text',
    '{"op":"worker.restart","slot":"0"}',
    'worker.restart: expected slot, a whole number',
  ],
  ['a slot that is not there', '{"op":"worker.restart","slot":99}', 'there is no slot 99; slots are 0 to 0'],
  ['a slot below zero', '{"op":"worker.restart","slot":-1}', 'there is no slot -1; slots are 0 to 0'],
  ['a prefix that is none', '{"op":"denylist.add","prefix":7}', 'denylist.add: expected prefix, a text'],
  [
    'a time to live that is none',
    '{"op":"denylist.add","prefix":"192.0.2.1","ttlMs":-5}',
    'a time to live of -5 ms is not a whole number from 0 to 31622400000',
  ],
  [`${requestBytesMax + 1} bytes`, 'x'.repeat(requestBytesMax + 1), tooLarge],
  [`${requestBytesMax} bytes`, 'x'.repeat(requestBytesMax), notJson],
  [`${requestBytesMax - 1} bytes`, 'x'.repeat(requestBytesMax - 1), notJson],
];
for (const [what, line, message] of lines) {
  test(`bad input: the control socket answers ${what} with what is wrong`, async () => {
    const answer = await control(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
    const { error } = JSON.parse(answer) as { readonly error?: { readonly message: string } };
    assert.equal(error?.message, message);
    await assertStillServes();
  });
}

test('bad input: the control socket does not collect a line that never ends', async () => {
  const answer = await control(Buffer.alloc(8 * 1024 * 1024, 'x'), false);
  // Refused as soon as it is too long; whether the answer outruns the reset is chance.
  if (answer !== '')
    assert.equal((JSON.parse(answer) as { error: { message: string } }).error.message, tooLarge);
  await assertStillServes();
});

test('bad input: the control socket closes on half a line and on none at all', async () => {
  for (const bytes of ['{"op":"status"', '']) assert.equal(await control(bytes), '');
  await assertStillServes();
});

test('bad input: two requests in one write are one request', async () => {
  const answer = await control('{"op":"status"}\n{"op":"shutdown"}\n');
  assert.equal(answer.split('\n').length, 2);
  assert.ok('result' in (JSON.parse(answer) as object));
  await assertStillServes();
});

test('bad input: clients that hold the control socket do not keep others out for long', async () => {
  // More than the 32 that it takes at once, each with half a line: they are let go at their deadline.
  const path = join(node.dataDirectory, 'control.sock');
  const sockets = Array.from({ length: 48 }, () => {
    const socket = connect(path);
    socket.on('error', () => socket.destroy());
    socket.write('{"op":');
    return socket;
  });
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.on('close', resolve);
          socket.resume();
        }),
    ),
  );
  await assertStillServes();
});

const adminRows: readonly (readonly [what: string, bytes: string | Buffer, status: number, says: string])[] =
  [
    ['words', 'hello\r\n\r\n', 400, ''],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex'), 400, ''],
    [
      'bytes of every value',
      Buffer.from(Array.from({ length: 2_048 }, (_, i) => (i * 77 + 1) % 256)),
      400,
      '',
    ],
    ['a head of 64 KiB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, 431, ''],
    ['HTTP/1.1 without Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, ''],
    [
      'a Host that is no loopback address',
      'GET /metrics HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n',
      421,
      'the Host field must name a loopback address, for example 127.0.0.1',
    ],
    [
      'POST',
      'POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi',
      405,
      'method POST is not allowed; use GET',
    ],
    [
      'a path that is not there',
      'GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
      404,
      'there are /metrics, /healthz and /readyz',
    ],
    [
      'both framings',
      'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      '',
    ],
  ];
for (const [what, bytes, status, says] of adminRows) {
  test(`bad input: the admin listener answers ${what} with ${status}`, async () => {
    const answer = await sendRaw(node.status.admin.port, bytes);
    assert.equal(firstStatus(answer.text), status, answer.text);
    if (says !== '') {
      const body = JSON.parse(answer.text.slice(answer.text.indexOf('\r\n\r\n') + 4)) as {
        readonly error: object;
      };
      assert.deepEqual(body.error, { status, message: says });
    }
    await assertStillServes();
  });
}

test('bad input: an admin client that says half a request is let go at its deadline', async () => {
  const answer = await sendRaw(node.status.admin.port, 'GET /metr', { deadlineMs: 30_000 });
  assert.equal(answer.isClosed, true);
  await assertStillServes();
});
