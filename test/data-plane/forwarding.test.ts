/** What goes through a node: methods, bodies, framing, connections. Real processes on loopback. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { after, before, test } from 'node:test';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import { type Echo, type Origin, openOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

let origin: Origin;
let node: NodeProcess;

before(async () => {
  origin = await openOrigin((incoming, response) => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://origin.invalid');
    switch (pathname) {
      case '/chunked':
        response.write('first ');
        setImmediate(() => response.end('second'));
        return true;
      case '/empty':
        response.writeHead(204).end();
        return true;
      case '/not-modified':
        response.writeHead(304, { ETag: '"x"', 'Content-Length': '5' }).end();
        return true;
      case '/close':
        response.writeHead(200, { Connection: 'close' });
        response.end('until the end');
        return true;
      case '/measured':
        response.writeHead(200, { 'Content-Length': '1234' }).end();
        return true;
      case '/early':
        // Answers without reading the body.
        response.writeHead(401, { 'Content-Length': '5' }).end('early');
        return true;
      case '/hints':
        response.writeEarlyHints({ link: '</s.css>; rel=preload' });
        response.end('hinted');
        return true;
      default:
        return false;
    }
  });
  node = await startNode({
    config: `listen: ['127.0.0.1:0', '[::1]:0']\nupstream: ${origin.url}\nworkers: 2\nwaf: { mode: off }\ntrustedProxies: []\n`,
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

async function echo(path: string, init?: RequestInit): Promise<Echo> {
  const response = await fetch(node.url() + path, init);
  assert.equal(response.status, 200);
  return (await response.json()) as Echo;
}

for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
  test(`forwarding: ${method} reaches the origin as it is`, async () => {
    const seen = await echo('/path?a=1&b=%20', { method });
    assert.equal(seen.method, method);
    assert.equal(seen.url, '/path?a=1&b=%20');
  });
}

for (const bytes of [0, 1, 1_023, 65_536, 65_537, 1_048_576]) {
  test(`forwarding: a body of ${bytes} bytes with Content-Length arrives whole`, async () => {
    const seen = await echo('/', { method: 'POST', body: Buffer.alloc(bytes, 'x') });
    assert.equal(seen.bodyBytes, bytes);
  });
}

test('forwarding: a chunked body arrives whole and chunked', async () => {
  const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
  const answer = await sendRaw(
    node.port(),
    `${head}5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n`,
  );
  const seen = JSON.parse(bodyOf(answer.text)) as Echo;
  assert.equal(seen.body, 'hello world');
  assert.ok(seen.fields.includes('Transfer-Encoding'));
  assert.ok(!seen.fields.includes('Trailer'));
});

test('forwarding: one byte at a time is as good as all at once', async () => {
  const bytes =
    'POST /slow HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  const answer = await sendRaw(node.port(), bytes, { pieceBytes: 1 });
  assert.equal((JSON.parse(bodyOf(answer.text)) as Echo).body, 'abc');
});

test('forwarding: HEAD has the length and no body', async () => {
  const answer = await sendRaw(
    node.port(),
    'HEAD /measured HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n',
  );
  assert.equal(firstStatus(answer.text), 200);
  assert.match(answer.text, /\r\nContent-Length: 1234\r\n/);
  assert.equal(answer.text.split('\r\n\r\n')[1], '');
});

test('forwarding: 204 and 304 have no body, and the connection goes on', async () => {
  const get = (path: string, connection: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: ${connection}\r\n\r\n`;
  const answer = await sendRaw(
    node.port(),
    get('/empty', 'keep-alive') + get('/not-modified', 'keep-alive') + get('/last', 'close'),
  );
  assert.deepEqual(
    [...answer.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1]),
    ['204', '304', '200'],
  );
  assert.match(answer.text, /HTTP\/1\.1 304 [\s\S]*?\r\nContent-Length: 5\r\n/);
});

test('forwarding: pipelined requests are answered in order', async () => {
  const requests = Array.from({ length: 20 }, (_, i) => {
    const connection = i === 19 ? 'close' : 'keep-alive';
    return `GET /${i} HTTP/1.1\r\nHost: a.test\r\nConnection: ${connection}\r\n\r\n`;
  });
  const answer = await sendRaw(node.port(), requests.join(''));
  const urls = [...answer.text.matchAll(/"url":"\/(\d+)"/g)].map((match) => Number(match[1]));
  assert.deepEqual(
    urls,
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test('forwarding: Expect: 100-continue is answered before the body is sent', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request({
    port: node.port(),
    host: '127.0.0.1',
    method: 'POST',
    headers: { Expect: '100-continue', 'Content-Length': 4 },
  });
  let order = '';
  outgoing.on('continue', () => {
    order += 'continue ';
    outgoing.end('body');
  });
  outgoing.on('error', reject);
  outgoing.on('response', (response) => {
    order += `${response.statusCode}`;
    response.resume().on('end', () => resolve(order));
  });
  outgoing.flushHeaders();
  assert.equal(await promise, 'continue 200');
});

test('forwarding: a chunked response is chunked again', async () => {
  const answer = await sendRaw(
    node.port(),
    'GET /chunked HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n',
  );
  assert.match(answer.text, /\r\nTransfer-Encoding: chunked\r\n/);
  assert.ok(answer.text.endsWith('0\r\n\r\n'));
  assert.equal(await (await fetch(`${node.url()}/chunked`)).text(), 'first second');
});

test('forwarding: an HTTP/1.0 client gets no chunks but the end of the connection', async () => {
  const answer = await sendRaw(node.port(), 'GET /chunked HTTP/1.0\r\n\r\n');
  assert.doesNotMatch(answer.text, /Transfer-Encoding/);
  assert.equal(bodyOf(answer.text), 'first second');
  assert.ok(answer.isClosed);
});

test('forwarding: an HTTP/1.0 client that asks for keep-alive gets it with a length', async () => {
  const once = 'GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n';
  const answer = await sendRaw(node.port(), once + once.replace('keep-alive', 'close'));
  assert.equal(answer.text.match(/HTTP\/1\.1 200/g)?.length, 2);
  assert.match(answer.text, /\r\nConnection: keep-alive\r\n/);
});

test('forwarding: early hints do not disturb the response', async () => {
  assert.equal(await (await fetch(`${node.url()}/hints`)).text(), 'hinted');
});

test('forwarding: an answer before the end of the body is relayed and the connection closed', async () => {
  const body = 'x'.repeat(4_000_000);
  const answer = await sendRaw(
    node.port(),
    `POST /early HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.equal(firstStatus(answer.text), 401);
  assert.ok(answer.text.endsWith('early'));
  assert.ok(answer.isClosed);
});

test('forwarding: one connection serves many requests', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number>();
  for (let i = 0; i < 50; i += 1) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const outgoing = request({ port: node.port(), host: '127.0.0.1', agent, path: `/${i}` }, (response) => {
      const localPort = response.socket.localPort ?? 0;
      response.resume().on('end', () => resolve(localPort));
    });
    outgoing.on('error', reject).end();
    ports.add(await promise);
  }
  agent.destroy();
  assert.equal(ports.size, 1);
});

test('forwarding: a client that only closes its half gets its answer', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { connect } = await import('node:net');
  const socket = connect({ port: node.port(), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('end', () => resolve(text));
  socket.end('GET /half HTTP/1.1\r\nHost: a.test\r\n\r\n');
  assert.match(await promise, /"url":"\/half"/);
  socket.destroy();
});

test('forwarding: IPv6 clients are served and named', async () => {
  const listener = node.status.listeners.find(({ host }) => host.includes(':'));
  assert.ok(listener);
  const seen = (await (await fetch(`http://[::1]:${listener.port}/`)).json()) as Echo;
  assert.equal(fieldOf(seen, 'X-Forwarded-For'), '::1');
  assert.equal(fieldOf(seen, 'Forwarded'), `for="[::1]";host="[::1]:${listener.port}";proto=http`);
});

test('forwarding: a random megabyte comes back byte-identical', async () => {
  const sent = randomBytes(1_000_000);
  const copy = await openOrigin((incoming, response) => {
    incoming.pipe(response);
    return true;
  });
  await using copying = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: ${copy.url}\nwaf: { mode: off }\n`,
  });
  const response = await fetch(copying.url(), { method: 'POST', body: sent });
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(sent));
  await copy[Symbol.asyncDispose]();
});

function bodyOf(text: string): string {
  const at = text.indexOf('\r\n\r\n');
  const head = text.slice(0, at);
  const body = text.slice(at + 4);
  return /\r\nTransfer-Encoding: chunked/.test(head) ? unchunk(body) : body;
}

function unchunk(text: string): string {
  let out = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) return out;
    out += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}

function fieldOf(seen: Echo, name: string): string | undefined {
  const at = seen.fields.indexOf(name);
  return at < 0 ? undefined : seen.fields[at + 1];
}
