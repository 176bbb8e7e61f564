/** Clients that vanish, do not read, say too much or too little. Real processes on loopback. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin, openRawOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

const largeBytes = 16 * 1024 * 1024;

let origin: Origin;
let raw: Origin;
let node: NodeProcess;

before(async () => {
  origin = await openOrigin((incoming, response) => {
    if (incoming.url?.startsWith('/60k') === true) response.end(Buffer.alloc(60_000, 'x'));
    else if (incoming.url === '/large') response.end(Buffer.alloc(largeBytes, 'y'));
    else return false;
    return true;
  });
  raw = await openRawOrigin((socket) => {
    socket.once('data', (bytes) => {
      if (bytes.includes('/short')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all');
      else if (bytes.includes('/tunnel')) tunnel(socket);
    });
  });
  node = await startNode({
    config: `
listen: ['127.0.0.1:0']
tlsListen: ['127.0.0.1:0']
workers: 1
accessLog: { format: off }
waf: { rules: [deny.conf] }
deadlines: { bodyIdle: 4s, requestHead: 3s, keepAliveIdle: 3s }
hosts:
  - { names: [raw.test], upstream: '${raw.url}' }
  - { names: [app.test], upstream: '${origin.url}', waf: { mode: off } }
  - { names: [waf.test], upstream: '${origin.url}' }
`,
    files: {
      'deny.conf': `
SecRule REQUEST_FILENAME "@streq /deny-204" "id:900001,phase:1,deny,status:204"
SecRule REQUEST_FILENAME "@streq /deny-304" "id:900002,phase:1,deny,status:304"
SecRule REQUEST_FILENAME "@streq /redirect" "id:900003,phase:1,redirect:'https://app.test/?to=%{ARGS.to}'"
`,
    },
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  for (const each of [origin, raw]) await each[Symbol.asyncDispose]();
});

function tunnel(socket: Socket): void {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  socket.on('data', (bytes) => socket.write(bytes));
}

function get(path: string, host = 'app.test', fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;
}

function metric(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
}

async function restarts(): Promise<number> {
  const status = await node.refreshStatus();
  return status.workers.reduce((sum, worker) => sum + worker.restarts, 0);
}

/** Nobody has open connections or exchanges without event, and no worker has died. */
async function isSound(): Promise<void> {
  let text = '';
  await until(
    async () => {
      text = await node.metrics();
      return (
        metric(text, /^secbeat_downstream_connections_open\{[^}]*\} (\d+)/gm) === 0 &&
        metric(text, /^secbeat_tunnels_open (\d+)/gm) === 0 &&
        metric(text, /^secbeat_exchanges_total\{[^}]*\} (\d+)/gm) ===
          metric(text, /^secbeat_events_total\{state="recorded"\} (\d+)/gm)
      );
    },
    15_000,
    () =>
      `${text.match(/^secbeat_(?:exchanges|events|downstream_conn|tunnels).*$/gm)?.join('\n')}\n${node.errors}`,
  );
  assert.equal(await restarts(), 0, node.output + node.errors);
  assert.equal(
    firstStatus((await sendRaw(node.port(), get('/', 'app.test', 'Connection: close\r\n'))).text),
    200,
  );
}

test('a request with Content-Length 0 is complete with its head', async () => {
  const answer = await sendRaw(
    node.port(),
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\n\r\n',
    {
      isComplete: (text) => text.includes('bodyBytes'),
      deadlineMs: 2_500,
    },
  );
  assert.equal(firstStatus(answer.text), 200);
  await isSound();
});

test('a response that breaks off over TLS ends that connection, not the worker', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: node.port(true), rejectUnauthorized: false });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.resume();
  socket.write(get('/short', 'raw.test'));
  await closed;
  await isSound();
});

test('a client over TLS that does not read is late, and the worker goes on', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: node.port(true), rejectUnauthorized: false });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.write(get('/large'));
  socket.pause();
  await until(
    async () => {
      const text = await node.metrics();
      return (
        metric(text, /^secbeat_exchange_ends_total\{reason="client-timeout"\} (\d+)/gm) > 0 ||
        (await restarts()) > 0
      );
    },
    15_000,
    () => 'never late',
  );
  socket.resume();
  await closed;
  await isSound();
});

test('pipelined requests whose answers nobody reads do not pile up answers', async () => {
  const before = origin.requests();
  const socket = connect({ host: '127.0.0.1', port: node.port(), noDelay: true });
  socket.on('error', () => {});
  socket.pause();
  socket.write(get('/60k').repeat(4_000));
  // The kernel takes some MiB (both buffers); 240 MB are asked for.
  let seen = 0;
  await until(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const now = origin.requests() - before;
      const isStill = now === seen && now > 0;
      seen = now;
      return isStill;
    },
    20_000,
    () => `${origin.requests() - before}`,
  );
  assert.ok(seen < 1_000, `${seen} answers of 60 kB were fetched for a client that reads none`);
  socket.destroy();
  await isSound();
});

test('refused pipelined requests whose answers nobody reads do not pile up answers', async () => {
  const socket = connect({ host: '127.0.0.1', port: node.port(), noDelay: true });
  socket.on('error', () => {});
  socket.pause();
  const request = get('/', 'x');
  let sent = 0;
  const piece = Buffer.from(request.repeat(2_000), 'latin1');
  await new Promise<void>((resolve) => {
    const stuck = setTimeout(resolve, 3_000);
    const next = (): void => {
      if (sent >= 200_000_000 / piece.length) {
        clearTimeout(stuck);
        resolve();
        return;
      }
      sent += 1;
      socket.write(piece, next);
    };
    next();
  });
  const bytesIn = metric(await node.metrics(), /^secbeat_downstream_bytes_total\{direction="out"\} (\d+)/gm);
  socket.destroy();
  assert.ok(bytesIn < 400_000_000, `${bytesIn} bytes`);
  assert.ok(
    sent * piece.length < 20_000_000,
    `${sent * piece.length} bytes of requests were taken from a client that reads nothing`,
  );
  await isSound();
});

test('a reader that pauses gets the end of a last response all the same', async () => {
  const ended = async (): Promise<number> =>
    metric(await node.metrics(), /^secbeat_exchanges_total\{[^}]*\} (\d+)/gm);
  const endedBefore = await ended();
  const socket = connect({ host: '127.0.0.1', port: node.port(), noDelay: true });
  let bytes = 0;
  let allowed = 0;
  let isReset = false;
  socket.on('error', () => {
    isReset = true;
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > allowed) socket.pause();
  });
  socket.write(get('/large', 'app.test', 'Connection: close\r\n'));
  // Reads in small steps, so that the node is always ahead by what the kernel takes, until the node has all of it.
  while ((await ended()) === endedBefore) {
    allowed = bytes + 65_536;
    socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  allowed = Number.POSITIVE_INFINITY;
  socket.resume();
  await closed;
  assert.equal(isReset, false);
  assert.ok(bytes > largeBytes, `${bytes} of ${largeBytes} and a head`);
});

for (const status of [204, 304]) {
  test(`a rule that denies with ${status} sends no content behind the head`, async () => {
    const answer = await sendRaw(
      node.port(),
      get(`/deny-${status}`, 'waf.test') + get('/', 'app.test', 'Connection: close\r\n'),
    );
    const second = answer.text.slice(answer.text.indexOf('\r\n\r\n') + 4);
    assert.equal(firstStatus(answer.text), status);
    assert.equal(firstStatus(second), 200, answer.text);
  });
}

test('a redirect of a rule cannot be given fields by its client', async () => {
  const answer = await sendRaw(
    node.port(),
    get('/redirect?to=a%0d%0aSet-Cookie:%20x=y%0d%0a%0d%0aevil', 'waf.test', 'Connection: close\r\n'),
  );
  assert.equal(firstStatus(answer.text), 302, answer.text);
  assert.doesNotMatch(answer.text, /\r\nSet-Cookie:/, answer.text);
  assert.doesNotMatch(answer.text, /\r\n\r\nevil/);
});

test('a half-closed client gets all its pipelined answers, refused ones among them', async () => {
  const socket = connect({ host: '127.0.0.1', port: node.port(), noDelay: true, allowHalfOpen: true });
  let text = '';
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('end', () => socket.end());
  socket.end(get('/') + get('/', 'unknown.test') + get('/') + get('/', 'unknown.test') + get('/'));
  await closed;
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1]);
  assert.deepEqual(statuses, ['200', '404', '200', '404', '200']);
  await isSound();
});

test('a client that has closed its half before the switch has closed that half of the tunnel', async () => {
  const startedAtMs = performance.now();
  const answer = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: node.port(), allowHalfOpen: true });
    let text = '';
    const timer = setTimeout(() => socket.destroy(), 5_000);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.end(get('/tunnel', 'raw.test', 'Connection: Upgrade\r\nUpgrade: x\r\n'));
  });
  assert.equal(firstStatus(answer), 101);
  assert.ok(performance.now() - startedAtMs < 4_000, 'the origin was never told');
  await isSound();
});

test('an HTTP/1.0 client that keeps its connection is told so by our own answers too', async () => {
  const answer = await sendRaw(
    node.port(),
    'GET / HTTP/1.0\r\nHost: unknown.test\r\nConnection: keep-alive\r\n\r\n',
    { isComplete: (text) => text.includes('incidentId'), deadlineMs: 2_000 },
  );
  assert.match(answer.text, /\r\nConnection: keep-alive\r\n/i);
});
