import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Fault } from '@secbeat/base/fault.ts';
import { type AdminListener, type AdminListenerOptions, openAdminListener } from './listener.ts';
import type { Readiness } from './readiness.ts';

const ready: Readiness = { isReady: true, reasons: [], warnings: ['careful'] };

async function open(t: TestContext, options: Partial<AdminListenerOptions> = {}): Promise<AdminListener> {
  const admin = await openAdminListener({
    host: '127.0.0.1',
    port: 0,
    exposition: { contentType: 'text/plain; version=0.0.4', render: async () => 'metric 1\n' },
    readiness: () => ready,
    log: { warn: () => undefined },
    ...options,
  });
  t.after(() => admin.close());
  return admin;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly allow: string | undefined;
  readonly body: string;
}

function ask(
  admin: AdminListener,
  path: string,
  options: { method?: string; host?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = options.host === undefined ? {} : { host: options.host };
  const host = admin.address.startsWith('[') ? '::1' : '127.0.0.1';
  const asked = request({
    host,
    port: admin.port,
    path,
    method: options.method ?? 'GET',
    headers,
    agent: false,
  });
  asked.on('error', reject);
  asked.on('response', async (response) => {
    resolve({
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      allow: response.headers.allow,
      body: await text(response),
    });
  });
  asked.end();
  return promise;
}

test('admin listener: /metrics is the page with its content type', async (t) => {
  const answer = await ask(await open(t), '/metrics');
  assert.deepEqual(answer, {
    status: 200,
    contentType: 'text/plain; version=0.0.4',
    allow: undefined,
    body: 'metric 1\n',
  });
});

test('admin listener: /healthz is 200 even when the node is not ready', async (t) => {
  const readiness = (): Readiness => ({ isReady: false, reasons: ['no'], warnings: [] });
  const answer = await ask(await open(t, { readiness }), '/healthz?verbose');
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body), { status: 'alive' });
});

test('admin listener: /readyz is 200 with warnings when ready', async (t) => {
  const answer = await ask(await open(t), '/readyz');
  assert.equal(answer.status, 200);
  assert.equal(answer.contentType, 'application/json');
  assert.deepEqual(JSON.parse(answer.body), { ready: true, reasons: [], warnings: ['careful'] });
});

test('admin listener: /readyz is 503 with the reasons when not ready', async (t) => {
  const readiness = (): Readiness => ({ isReady: false, reasons: ['1 of 2 workers serve'], warnings: [] });
  const answer = await ask(await open(t, { readiness }), '/readyz');
  assert.equal(answer.status, 503);
  assert.deepEqual(JSON.parse(answer.body), {
    ready: false,
    reasons: ['1 of 2 workers serve'],
    warnings: [],
  });
});

for (const path of ['/', '/metrics/', '/metrics/../x', '//metrics', '/readyz/x', '*']) {
  test(`admin listener: ${path} is 404`, async (t) => {
    assert.equal((await ask(await open(t), path)).status, 404);
  });
}

for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
  test(`admin listener: ${method} is 405 and names GET`, async (t) => {
    const answer = await ask(await open(t), '/metrics', { method });
    assert.equal(answer.status, 405);
    assert.equal(answer.allow, 'GET');
  });
}

for (const [host, status] of [
  ['127.0.0.1', 200],
  ['127.8.9.10:9090', 200],
  ['localhost', 200],
  ['LOCALHOST:1', 200],
  ['[::1]:9090', 200],
  ['attacker.example', 421],
  ['localhost.attacker.example', 421],
  ['127.0.0.1.attacker.example', 421],
  ['127.0.0.1@attacker.example', 421],
  ['localhost:80:80', 421],
  ['::1', 421],
  ['192.168.0.1', 421],
] as const) {
  test(`admin listener: Host ${JSON.stringify(host)} gets ${status}`, async (t) => {
    assert.equal((await ask(await open(t), '/metrics', { host })).status, status);
  });
}

test('admin listener: a request without Host gets 421', async (t) => {
  const socket = connect((await open(t)).port, '127.0.0.1');
  socket.end('GET /metrics HTTP/1.0\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 421 /);
});

test('admin listener: a failing page is 500, logged, and does not harm the next', async (t) => {
  const warnings: string[] = [];
  let isBroken = true;
  const admin = await open(t, {
    exposition: {
      contentType: 'text/plain',
      render: async () => {
        if (isBroken) throw new Error('secret detail');
        return 'ok';
      },
    },
    log: { warn: (_fields, message) => warnings.push(message) },
  });
  const answer = await ask(admin, '/metrics');
  assert.equal(answer.status, 500);
  assert.equal(answer.body.includes('secret detail'), false);
  assert.deepEqual(warnings, ['the admin listener could not answer']);
  isBroken = false;
  assert.equal((await ask(admin, '/metrics')).status, 200);
});

test('admin listener: a failing readiness is 500 and does not end the process', async (t) => {
  const readiness = (): Readiness => {
    throw new Error('no figures');
  };
  const admin = await open(t, { readiness });
  assert.equal((await ask(admin, '/readyz')).status, 500);
  assert.equal((await ask(admin, '/healthz')).status, 200);
});

test('admin listener: a head over 8 KiB is refused', async (t) => {
  const admin = await open(t);
  assert.equal((await ask(admin, `/healthz?${'x'.repeat(7000)}`)).status, 200);
  assert.equal((await ask(admin, `/healthz?${'x'.repeat(9000)}`)).status, 431);
});

test('admin listener: bytes that are not HTTP are answered 400 and the listener goes on', async (t) => {
  const admin = await open(t);
  const socket = connect(admin.port, '127.0.0.1');
  socket.end('\x16\x03\x01\x00\x00\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 400 /);
  assert.equal((await ask(admin, '/healthz')).status, 200);
});

for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.org', '']) {
  test(`admin listener: will not listen on ${JSON.stringify(host)}`, async (t) => {
    await assert.rejects(open(t, { host }), (thrown: unknown) => {
      assert.ok(thrown instanceof Fault);
      assert.equal(thrown.code, 'admin-not-loopback');
      assert.match(thrown.message, /expected a loopback address such as 127\.0\.0\.1/);
      return true;
    });
  });
}

test('admin listener: an occupied port names the address and the remedy', async (t) => {
  const first = await open(t);
  await assert.rejects(open(t, { port: first.port }), {
    code: 'admin-listen',
    message: `cannot open the admin listener on 127.0.0.1:${first.port}: the port is in use; choose another with admin.listen`,
  });
});

test('admin listener: its port is free for the next owner once it is closed, open connections or not', async (t) => {
  const first = await open(t);
  const socket = connect(first.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await ask(first, '/healthz');
  await first.close();
  await first.close();
  const second = await open(t, { port: first.port });
  assert.equal((await ask(second, '/healthz')).status, 200);
  socket.destroy();
});

test('admin listener: listens on IPv6 loopback too', async (t) => {
  const admin = await open(t, { host: '::1' });
  assert.equal(admin.address, `[::1]:${admin.port}`);
  assert.equal((await ask(admin, '/healthz')).status, 200);
});
