import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { attackFamilies } from './attacks.ts';
import { attackKinds, runAttack } from './run.ts';

async function openServer(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/page?q=1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const few = { connections: 2, durationMs: 60_000 };

test('attack: every family has requests, and every kind that is offered can be sent', async () => {
  assert.deepEqual(attackKinds, ['mix', 'load', 'sqli', 'xss', 'traversal', 'command', 'scanner']);
  assert.deepEqual(
    attackFamilies.map(({ requests }) => requests.length),
    [6, 5, 6, 4, 3],
  );
  await using server = await openServer((_request, response) => response.end());
  for (const kind of attackKinds) {
    const report = await runAttack({ target: server.url, kind, requests: 3, ...few });
    assert.deepEqual([...report.statuses], [[200, 3]], kind);
  }
});

test('attack: counts answers by status and remembers the incident of the last refusal', async () => {
  let number = 0;
  await using server = await openServer((_request, response) => {
    number += 1;
    if (number % 2 === 1) response.end('fine');
    else response.writeHead(403).end(`{"incidentId":"7QK2M9XV0RTDA0000${String(number).padStart(3, '0')}"}`);
  });
  const report = await runAttack({
    target: server.url,
    kind: 'mix',
    requests: 10,
    connections: 1,
    durationMs: 60_000,
  });
  assert.equal(report.sent, 10);
  assert.deepEqual(
    [...report.statuses],
    [
      [200, 5],
      [403, 5],
    ],
  );
  assert.deepEqual([...report.failures], []);
  assert.equal(report.lastIncidentId, '7QK2M9XV0RTDA0000010');
  assert.ok(report.p50Ms > 0 && report.p99Ms >= report.p50Ms);
});

test('attack: sends paths and bodies as they are written, to the port that was given', async () => {
  const seen: string[] = [];
  await using server = await openServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push(`${request.method} ${request.url} ${body}`);
    response.end();
  });
  await runAttack({ target: server.url, kind: 'traversal', requests: 2, connections: 1, durationMs: 60_000 });
  await runAttack({ target: server.url, kind: 'sqli', requests: 5, connections: 1, durationMs: 60_000 });
  await runAttack({ target: server.url, kind: 'load', requests: 1, connections: 1, durationMs: 60_000 });
  assert.equal(seen[0], 'GET /../../../../etc/passwd ');
  assert.equal(seen[1], 'GET /static/%2e%2e/%2e%2e/etc/shadow ');
  assert.equal(seen[6], "POST /login name=admin'--&password=x");
  assert.equal(seen[7], 'GET /page?q=1 ');
});

test('attack: a redirect is counted and not followed', async () => {
  let followed = 0;
  await using elsewhere = await openServer((_request, response) => {
    followed += 1;
    response.end();
  });
  await using server = await openServer((_request, response) =>
    response.writeHead(302, { Location: elsewhere.url }).end(),
  );
  const report = await runAttack({ target: server.url, kind: 'load', requests: 4, ...few });
  assert.deepEqual([...report.statuses], [[302, 4]]);
  assert.equal(followed, 0);
});

test('attack: never has more requests open than connections', async () => {
  let open = 0;
  let most = 0;
  await using server = await openServer((_request, response) => {
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      response.end();
    });
  });
  const report = await runAttack({
    target: server.url,
    kind: 'load',
    requests: 40,
    connections: 3,
    durationMs: 60_000,
  });
  assert.deepEqual([...report.statuses], [[200, 40]]);
  assert.ok(most <= 3, `${most} at once`);
});

test('attack: gives up after 20 requests without a single answer', async () => {
  await using server = await openServer((request) => request.socket.destroy());
  const report = await runAttack({
    target: server.url,
    kind: 'load',
    requests: 500,
    connections: 1,
    durationMs: 60_000,
  });
  assert.equal(report.sent, 20);
  assert.deepEqual([...report.failures], [['ECONNRESET', 20]]);
  assert.ok(Number.isNaN(report.p50Ms));
});

test('attack: ends at its time although an answer never comes', async () => {
  await using server = await openServer(() => undefined);
  const report = await runAttack({
    target: server.url,
    kind: 'load',
    requests: 5,
    connections: 2,
    durationMs: 50,
  });
  assert.deepEqual([...report.failures], [['cut off at the end', 2]]);
});

test('attack: ends at its time although an answer never ends', async () => {
  await using server = await openServer((_request, response) => response.write('the first part'));
  const report = await runAttack({
    target: server.url,
    kind: 'load',
    requests: 5,
    connections: 1,
    durationMs: 200,
  });
  assert.deepEqual([...report.failures], [['cut off at the end', 1]]);
});

test('attack: an interrupted one reports what came back until then', async () => {
  const interrupt = new AbortController();
  let number = 0;
  await using server = await openServer((_request, response) => {
    number += 1;
    if (number < 3) response.end();
    else interrupt.abort();
  });
  const report = await runAttack({
    target: server.url,
    kind: 'load',
    requests: 100,
    connections: 1,
    durationMs: 60_000,
    abort: interrupt.signal,
  });
  assert.deepEqual([...report.statuses], [[200, 2]]);
  assert.equal(report.sent, 3);
});

test('attack: a target that is not loopback is refused before anything is sent', async () => {
  await assert.rejects(runAttack({ target: 'http://192.0.2.1/', kind: 'mix', requests: 1, ...few }), {
    code: 'attack-target',
  });
});
