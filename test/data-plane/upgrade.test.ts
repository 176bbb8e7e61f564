/** Upgraded connections and streams through a node: WebSocket both ways, tunnels that end in every way, server-sent events. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import { type Origin, openOrigin, openRawOrigin } from '../support/origin.ts';
import { sendRaw } from '../support/raw-client.ts';
import { untilMetric } from './metric.ts';

const megabyte = 1_000_000;
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n';
const upgradeRequest =
  'GET / HTTP/1.1\r\nHost: raw.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: test\r\n\r\n';

let application: WebSocketServer;
let streams: Origin;
let raw: Origin;
let node: NodeProcess;
let certificate: string;
/** What the raw origin does with a connection whose request head has come; `rest` are the bytes behind the head. */
let talk: (socket: Socket, rest: Buffer) => void = (socket) => socket.end();

before(async () => {
  application = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: 4 * megabyte,
    verifyClient: ({ req }) => req.url !== '/refused',
  });
  await once(application, 'listening');
  application.on('connection', (socket: WebSocket, incoming: IncomingMessage) => {
    socket.on('error', () => socket.terminate());
    if (incoming.url === '/leave') socket.close(4_002, 'going');
    else if (incoming.url === '/vanish') socket.terminate();
    else if (incoming.url === '/ping') socket.ping('are you there');
    else socket.on('message', (data: Buffer, binary: boolean) => socket.send(data, { binary }));
  });
  streams = await openOrigin(answerStream);
  raw = await openRawOrigin((socket) => {
    let held = Buffer.alloc(0);
    const onData = (bytes: Buffer): void => {
      held = Buffer.concat([held, bytes]);
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      talk(socket, held.subarray(end + 4));
    };
    socket.on('data', onData);
  });
  node = await startNode({
    config: `
listen: ['127.0.0.1:0']
tlsListen: ['127.0.0.1:0']
upstream: http://127.0.0.1:${application.address().port}
workers: 1
accessLog: { format: off }
deadlines: { tunnelIdle: 2s }
hosts:
  - { names: [raw.test], upstream: '${raw.url}', waf: { mode: off } }
  - { names: [streams.test], upstream: '${streams.url}' }
`,
  });
  certificate = readFileSync(join(node.dataDirectory, 'tls/self-signed.pem'), 'utf8');
});

after(async () => {
  await node[Symbol.asyncDispose]();
  for (const socket of application.clients) socket.terminate();
  await new Promise<void>((resolve) => application.close(resolve));
  await streams[Symbol.asyncDispose]();
  await raw[Symbol.asyncDispose]();
});

async function open(path: string, isTls = false): Promise<WebSocket> {
  const url = node.url(isTls).replace('http', 'ws') + path;
  const socket = new WebSocket(url, { ca: certificate, perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}

/** The application's side of a connection that `make` opens. */
async function acceptedBy(make: () => Promise<WebSocket>): Promise<readonly [WebSocket, WebSocket]> {
  const accepted = once(application, 'connection') as Promise<[WebSocket]>;
  const client = await make();
  return [client, (await accepted)[0]];
}

async function closeOf(socket: WebSocket): Promise<readonly [number, string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

for (const isTls of [false, true]) {
  const over = isTls ? 'over TLS' : 'over TCP';

  for (const bytes of [0, 1, 125, 126, 65_535, 65_536, megabyte]) {
    test(`upgrade: a text and a binary message of ${bytes} bytes come back ${over}`, async () => {
      const socket = await open('/', isTls);
      for (const data of [Buffer.alloc(bytes, 'text '), randomBytes(bytes)]) {
        const binary = data.length > 0 && data[0] !== 0x74;
        socket.send(data, { binary });
        const [message, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
        assert.ok(message.equals(data));
        assert.equal(isBinary, binary);
      }
      socket.close(1_000);
      await once(socket, 'close');
    });
  }

  test(`upgrade: 48 messages of 1 MB come back in order to a reader that begins late, ${over}`, async () => {
    const socket = await open('/', isTls);
    const data = randomBytes(megabyte);
    socket.pause();
    const count = 48;
    for (let i = 0; i < count; i += 1) {
      const message = Buffer.from(data);
      message.writeUInt32BE(i);
      socket.send(message);
    }
    const received: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on('message', (message: Buffer) => {
      received.push(message.readUInt32BE());
      assert.ok(message.subarray(4).equals(data.subarray(4)));
      if (received.length === count) resolve();
    });
    socket.resume();
    await promise;
    assert.deepEqual(
      received,
      Array.from({ length: count }, (_, i) => i),
    );
    socket.terminate();
  });

  test(`upgrade: the client's close code reaches the application ${over}`, async () => {
    const [client, server] = await acceptedBy(() => open('/', isTls));
    const both = Promise.all([closeOf(server), closeOf(client)]);
    client.close(4_001, 'done');
    assert.deepEqual(await both, [
      [4_001, 'done'],
      [4_001, 'done'],
    ]);
  });

  test(`upgrade: the application's close code reaches the client ${over}`, async () => {
    assert.deepEqual(await closeOf(await open('/leave', isTls)), [4_002, 'going']);
  });

  test(`upgrade: ping and pong go both ways ${over}`, async () => {
    const socket = await open('/', isTls);
    const pong = once(socket, 'pong');
    socket.ping('and you');
    assert.equal(String((await pong)[0]), 'and you');
    const [client, server] = await acceptedBy(() => open('/ping', isTls));
    assert.equal(String((await once(server, 'pong'))[0]), 'are you there');
    for (const each of [socket, client]) each.terminate();
  });

  test(`upgrade: a client that vanishes takes its tunnel along ${over}`, async () => {
    const [client, server] = await acceptedBy(() => open('/', isTls));
    const closed = closeOf(server);
    client.terminate();
    assert.deepEqual(await closed, [1_006, '']);
    await untilMetric(node, 'secbeat_tunnels_open', '', 0);
  });

  test(`upgrade: an application that vanishes takes its tunnel along ${over}`, async () => {
    assert.deepEqual(await closeOf(await open('/vanish', isTls)), [1_006, '']);
    await untilMetric(node, 'secbeat_tunnels_open', '', 0);
  });

  test(`upgrade: a tunnel without a byte is closed on both sides at its deadline ${over}`, async () => {
    const [client, server] = await acceptedBy(() => open('/', isTls));
    const both = await Promise.all([closeOf(client), closeOf(server)]);
    assert.deepEqual(both, [
      [1_006, ''],
      [1_006, ''],
    ]);
  });
}

test('upgrade: an application that refuses is heard, and nothing is tunnelled', async () => {
  const socket = new WebSocket(`${node.url().replace('http', 'ws')}/refused`);
  const failed = once(socket, 'error').catch(() => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  assert.equal(response.statusCode, 401);
  response.resume();
  socket.terminate();
  await failed;
});

test('upgrade: after a refusal the connection goes on with HTTP', async () => {
  talk = (socket, rest) => {
    assert.equal(rest.length, 0);
    socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno');
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes'));
  };
  const answer = await sendRaw(
    node.port(),
    `${upgradeRequest}GET /next HTTP/1.1\r\nHost: raw.test\r\nConnection: close\r\n\r\n`,
  );
  assert.match(answer.text, /^HTTP\/1\.1 426 .*\r\n\r\nnoHTTP\/1\.1 200 .*\r\n\r\nyes$/s);
});

for (const pieceBytes of [Number.POSITIVE_INFINITY, 1]) {
  const how = pieceBytes === 1 ? 'byte by byte' : 'at once';
  test(`upgrade: what stands right behind the request and right behind the 101 is not lost, ${how}`, async () => {
    let sent = '';
    talk = (socket, rest) => {
      sent = rest.toString('latin1');
      socket.on('data', (bytes: Buffer) => {
        sent += bytes.toString('latin1');
        if (sent.endsWith('!')) socket.end(' and the end');
      });
      const early = Buffer.from(`${switching}early words`, 'latin1');
      if (pieceBytes === 1) for (const byte of early) socket.write(Buffer.of(byte));
      else socket.write(early);
      if (sent.endsWith('!')) socket.end(' and the end');
    };
    const answer = await sendRaw(node.port(), `${upgradeRequest}GET /not-a-request HTTP/1.1\r\n\r\n!`, {
      pieceBytes,
    });
    assert.equal(sent, 'GET /not-a-request HTTP/1.1\r\n\r\n!');
    assert.match(answer.text, /^HTTP\/1\.1 101 .*\r\n\r\nearly words and the end$/s);
    assert.equal(answer.isClosed, true);
  });
}

test('upgrade: each side can close its half and still hear the other', async () => {
  talk = (socket) => {
    socket.write(switching);
    let heard = '';
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
    });
    // Only the client's end makes the origin speak.
    socket.on('end', () => socket.end(`heard ${heard}`));
  };
  const socket = connect({ host: '127.0.0.1', port: node.port(), allowHalfOpen: true });
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.write(upgradeRequest);
  await once(socket, 'data');
  socket.end('last words');
  await once(socket, 'end');
  assert.match(text, /\r\n\r\nheard last words$/);
  await untilMetric(node, 'secbeat_tunnels_open', '', 0);
});

test('upgrade: a client that closed its half before the 101 came is not forgotten', async () => {
  talk = (socket) => {
    socket.on('end', () => socket.end('you left'));
    socket.resume();
    socket.write(switching);
  };
  const socket = connect({ host: '127.0.0.1', port: node.port(), allowHalfOpen: true });
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.end(`${upgradeRequest}words`);
  await once(socket, 'end');
  assert.match(text, /\r\n\r\nyou left$/);
});

test('upgrade: a tunnel through which one side alone speaks lives beyond the idle deadline', async () => {
  const beats = 25;
  talk = (socket) => {
    socket.write(switching);
    let beat = 0;
    // 25 beats of 200 ms are two and a half times the deadline.
    const timer = setInterval(() => {
      beat += 1;
      if (beat < beats) socket.write('.');
      else socket.end('!');
    }, 200);
    socket.on('close', () => clearInterval(timer));
    socket.resume();
  };
  const answer = await sendRaw(node.port(), upgradeRequest, { deadlineMs: 30_000 });
  assert.equal(answer.text.split('\r\n\r\n')[1], `${'.'.repeat(beats - 1)}!`);
});

const openStreams: ServerResponse[] = [];

/** `/events` is a stream of server-sent events; `/next` lets it say one more. */
function answerStream(incoming: IncomingMessage, response: ServerResponse): boolean {
  const url = new URL(incoming.url ?? '/', 'http://streams.test');
  if (url.pathname === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    openStreams.push(response);
  } else if (url.pathname === '/next') {
    openStreams.at(-1)?.write(`data: ${url.searchParams.get('n')}\n\n`);
    response.end('ok');
  } else {
    openStreams.at(-1)?.end();
    response.end('ok');
  }
  return true;
}

for (const isTls of [false, true]) {
  test(`upgrade: server-sent events arrive one by one ${isTls ? 'over TLS' : 'over TCP'}`, async () => {
    const options = isTls ? { ca: certificate } : {};
    const { request } = isTls ? await import('node:https') : await import('node:http');
    const ask = async (path: string): Promise<IncomingMessage> => {
      const outgoing = request({
        host: '127.0.0.1',
        port: node.port(isTls),
        path,
        agent: false,
        headers: { host: 'streams.test' },
        ...options,
      });
      outgoing.end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      return response;
    };
    // The head comes before the first event, and each event before the next one is asked for.
    const stream = await ask('/events');
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    for (let n = 0; n < 20; n += 1) {
      const event = once(stream, 'data') as Promise<[Buffer]>;
      (await ask(`/next?n=${n}`)).resume();
      assert.equal(String((await event)[0]), `data: ${n}\n\n`);
    }
    const ended = once(stream, 'end');
    (await ask('/last')).resume();
    await ended;
  });
}

test('upgrade: after all this no tunnel and no connection of a client is open', async () => {
  await untilMetric(node, 'secbeat_tunnels_open', '', 0);
  await untilMetric(node, 'secbeat_downstream_connections_open', '', 0);
});
