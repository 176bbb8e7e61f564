/** HTTPS through a node: versions, names, tickets, redirects, large bodies, and clients that are no TLS clients. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { ensureSelfSigned } from '@secbeat/mitigation/connection/tls/self-signed.ts';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';
import { metricOf, untilMetric } from './metric.ts';

const largeBytes = 24 * 1024 * 1024;
const large = randomBytes(largeBytes);

let origin: Origin;
let node: NodeProcess;
let named: NodeProcess;
let ownCertificate: string;
let scratch: string;

before(async () => {
  origin = await openOrigin((incoming, response) => {
    if (incoming.url !== '/large') return false;
    if (incoming.method === 'GET') response.end(large);
    else {
      const hash = createHash('sha256');
      incoming.on('data', (chunk: Buffer) => hash.update(chunk));
      incoming.on('end', () => response.end(hash.digest('hex')));
    }
    return true;
  });
  node = await startNode({
    config: `
listen: ['127.0.0.1:0']
tlsListen: ['127.0.0.1:0']
upstream: ${origin.url}
workers: 2
redirectToHttps: 8443
accessLog: { format: off }
waf: { mode: off }
deadlines: { tlsHandshake: 500ms }
`,
  });
  ownCertificate = readFileSync(join(node.dataDirectory, 'tls/self-signed.pem'), 'utf8');
  scratch = mkdtempSync(join(tmpdir(), 'secbeat-test-tls-'));
  const pems = await Promise.all(
    ['one.test', 'two.test', '*.wild.test'].map(
      async (name, i) => await ensureSelfSigned(join(scratch, String(i)), [name]),
    ),
  );
  const files = Object.fromEntries(
    pems.flatMap(({ certificatePem, keyPem }, i) => [
      [`${i}.crt`, certificatePem],
      [`${i}.key`, keyPem],
    ]),
  );
  named = await startNode({
    config: `
listen: ['127.0.0.1:0']
tlsListen: ['127.0.0.1:0']
upstream: ${origin.url}
workers: 1
redirectToHttps: 443
accessLog: { format: off }
waf: { mode: off }
deadlines: { tlsHandshake: 5m }
certificates:
${pems.map((_, i) => `  - { certificateFile: ${i}.crt, keyFile: ${i}.key }`).join('\n')}
`,
    files,
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  await named[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

/** Handshakes with `to`, verified against the certificate that the node made for itself unless `options` say otherwise. */
async function handshake(options: ConnectionOptions = {}, to = node): Promise<TLSSocket> {
  const trust = to === node ? { ca: ownCertificate } : { rejectUnauthorized: false };
  const socket = connect({ host: '127.0.0.1', port: to.port(true), servername: '', ...trust, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** One request on a handshaken connection, read to its end. */
async function askOn(socket: TLSSocket, path = '/', host = 'a.test'): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

test('tls: the certificate made on first run serves, verified as 127.0.0.1 and as localhost', async () => {
  for (const servername of ['', 'localhost']) {
    const socket = await handshake({ servername });
    assert.equal(socket.authorized, true);
    const text = await askOn(socket);
    assert.equal(firstStatus(text), 200);
    assert.match(text, /"X-Forwarded-Proto","https"/);
  }
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`tls: ${version} is spoken`, async () => {
    const socket = await handshake({ minVersion: version, maxVersion: version });
    assert.equal(socket.getProtocol(), version);
    assert.equal(firstStatus(await askOn(socket)), 200);
  });
}

test('tls: TLS 1.1 is refused with the alert that says so', async () => {
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  await assert.rejects(handshake(old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('tls: a suite without forward secrecy is refused', async () => {
  const weak = { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } as const;
  await assert.rejects(handshake(weak), { code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' });
});

test('tls: http/1.1 is chosen by ALPN, also beside h2', async () => {
  const socket = await handshake({ ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(socket.alpnProtocol, 'http/1.1');
  socket.destroy();
});

const byName: readonly (readonly [asked: string, subject: string])[] = [
  ['one.test', 'one.test'],
  ['two.test', 'two.test'],
  ['TWO.test', 'two.test'],
  ['shop.wild.test', '*.wild.test'],
  ['deep.shop.wild.test', 'one.test'],
  ['wild.test', 'one.test'],
  ['unknown.test', 'one.test'],
  ['', 'one.test'],
];
for (const [asked, name] of byName) {
  test(`tls: a client that asks for "${asked}" gets the certificate of ${name}`, async () => {
    const socket = await handshake({ servername: asked }, named);
    const { subjectaltname = '' } = socket.getPeerCertificate();
    assert.ok(subjectaltname.split(', ').includes(`DNS:${name}`), subjectaltname);
    for (const other of ['one.test', 'two.test', '*.wild.test']) {
      assert.equal(subjectaltname.includes(`DNS:${other}`), other === name, subjectaltname);
    }
    socket.destroy();
  });
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`tls: a ${version} session resumes after both workers have been replaced`, async () => {
    const first = await handshake({ maxVersion: version });
    let session: Buffer | undefined;
    first.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    // TLS 1.2 has its ticket within the handshake, before anyone could listen.
    if (version === 'TLSv1.2') session = first.getSession();
    assert.equal(firstStatus(await askOn(first)), 200);
    assert.ok(session !== undefined);
    for (const slot of [0, 1]) {
      const { restarts } = (await node.refreshStatus()).workers[slot]!;
      await node.restartWorker(slot);
      await until(
        async () => {
          const worker = (await node.refreshStatus()).workers[slot]!;
          return worker.restarts > restarts && worker.state === 'serving';
        },
        30_000,
        () => node.errors,
      );
    }
    const before = metricOf(await node.metrics(), 'secbeat_tls_handshakes_total', 'outcome="resumed"');
    for (let i = 0; i < 8; i += 1) {
      const socket = await handshake({ maxVersion: version, session });
      assert.equal(socket.isSessionReused(), true);
      assert.equal(firstStatus(await askOn(socket)), 200);
    }
    await untilMetric(node, 'secbeat_tls_handshakes_total', 'outcome="resumed"', before + 8);
  });
}

test('tls: plain requests are sent to HTTPS with 308, path and query kept', async () => {
  const answer = await sendRaw(
    node.port(),
    'POST /a%20b/c?x=1&y=%2F HTTP/1.1\r\nHost: shop.test:8080\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  );
  assert.equal(firstStatus(answer.text), 308);
  assert.match(answer.text, /\r\nLocation: https:\/\/shop\.test:8443\/a%20b\/c\?x=1&y=%2F\r\n/);
});

test('tls: a redirect to port 443 names no port, an empty query stays', async () => {
  const answer = await sendRaw(
    named.port(),
    'GET /? HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n',
  );
  assert.match(answer.text, /\r\nLocation: https:\/\/shop\.test\/\?\r\n/);
});

test('tls: 24 MiB go up byte-identical', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(
    {
      host: '127.0.0.1',
      port: node.port(true),
      path: '/large',
      method: 'PUT',
      ca: ownCertificate,
      agent: false,
    },
    (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      response.on('end', () => resolve(text));
    },
  );
  outgoing.on('error', reject).end(large);
  assert.equal(await promise, createHash('sha256').update(large).digest('hex'));
});

test('tls: 24 MiB come down byte-identical', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  request(
    { host: '127.0.0.1', port: node.port(true), path: '/large', ca: ownCertificate, agent: false },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    },
  )
    .on('error', reject)
    .end();
  assert.ok((await promise).equals(large));
});

test('tls: many requests go over one connection', async () => {
  const socket = await handshake();
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
  for (let i = 0; i < 20; i += 1) socket.write(get);
  socket.end(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  await once(socket, 'close');
  assert.equal(text.match(/HTTP\/1\.1 200 /g)?.length, 21);
});

const notClients: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['says nothing', Buffer.alloc(0)],
  ['sends the first half of a hello', Buffer.from('16030100c8010000c40303', 'hex')],
];
for (const [what, bytes] of notClients) {
  test(`tls: a client that ${what} is closed at the deadline of the handshake`, async () => {
    const failed = metricOf(await node.metrics(), 'secbeat_tls_handshakes_total', 'outcome="failed"');
    const answer = await sendRaw(node.port(true), bytes);
    assert.deepEqual(answer, { text: '', isClosed: true });
    await untilMetric(node, 'secbeat_tls_handshakes_total', 'outcome="failed"', failed + 1);
  });
}

const garbage: readonly (readonly [what: string, bytes: string])[] = [
  ['plain HTTP', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a record of 64 KiB', `\x16\x03\x01\xff\xff${'\x01'.repeat(65_535)}`],
  ['a hello that is only zeros', `\x16\x03\x01\x00\x40${'\0'.repeat(64)}`],
  ['an alert', '\x15\x03\x01\x00\x02\x02\x28'],
];
for (const [what, bytes] of garbage) {
  test(`tls: ${what} on the TLS port ends the connection and reaches nobody`, async () => {
    const before = origin.requests();
    const failed = metricOf(await node.metrics(), 'secbeat_tls_handshakes_total', 'outcome="failed"');
    const answer = await sendRaw(node.port(true), bytes);
    assert.equal(answer.isClosed, true);
    assert.doesNotMatch(answer.text, /HTTP/);
    await untilMetric(node, 'secbeat_tls_handshakes_total', 'outcome="failed"', failed + 1);
    assert.equal(origin.requests(), before);
    assert.equal(firstStatus(await askOn(await handshake())), 200);
  });
}

test('tls: a TLS hello on the plain port is refused as HTTP', async () => {
  const before = origin.requests();
  const socket = connect({ host: '127.0.0.1', port: node.port(), rejectUnauthorized: false });
  await assert.rejects(once(socket, 'secureConnect'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
  assert.equal(origin.requests(), before);
});

test('tls: a client that vanishes within the handshake, or right behind it, leaves nothing open', async () => {
  for (const bytes of ['', '\x16\x03\x01']) {
    const socket = connectPlain({ host: '127.0.0.1', port: node.port(true) });
    await once(socket, 'connect');
    if (bytes !== '') await new Promise((resolve) => socket.write(bytes, 'latin1', resolve));
    socket.resetAndDestroy();
  }
  (await handshake()).destroy();
  await untilMetric(node, 'secbeat_downstream_connections_open', 'transport="tls"', 0);
  await untilMetric(node, 'secbeat_downstream_connections_open', 'transport="plain"', 0);
});

test('tls: a client that leaves right behind its last handshake message is let go before the deadline', async () => {
  // Five minutes on this node: only the end of the connection can free its place.
  for (let i = 0; i < 10; i += 1) (await handshake({}, named)).destroy();
  const silent = connectPlain({ host: '127.0.0.1', port: named.port(true) });
  await once(silent, 'connect');
  silent.end();
  await untilMetric(named, 'secbeat_downstream_connections_open', 'transport="tls"', 0);
});

test('tls: a client that only closes its half gets its answer', async () => {
  const socket = await handshake({ allowHalfOpen: true } as ConnectionOptions);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.end('GET /half HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await once(socket, 'end');
  assert.match(text, /"url":"\/half"/);
});

test('tls: after all this no connection of a client is open', async () => {
  for (const each of [node, named]) {
    await untilMetric(each, 'secbeat_downstream_connections_open', '', 0);
  }
});
