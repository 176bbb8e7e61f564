/** What a node refuses, how it says so, and what it records. Real processes on loopback. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin, openRawOrigin } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

let origin: Origin;
let silent: Origin;
let broken: Origin;
let node: NodeProcess;

before(async () => {
  origin = await openOrigin();
  silent = await openRawOrigin((socket) => socket.resume());
  broken = await openRawOrigin((socket) => {
    socket.once('data', (bytes) => {
      const path = /^GET (\S+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
      socket.end(answersOfBroken.get(path) ?? '');
    });
  });
  node = await startNode({
    config: `
listen: ['127.0.0.1:0']
workers: 2
trustedProxies: [127.0.0.0/8]
upstreams:
  app: { peers: ['${origin.url}'] }
  silent: { peers: ['${silent.url}'], responseTimeout: 500ms }
  broken: { peers: ['${broken.url}'] }
  nobody: { peers: ['http://127.0.0.1:1'], connectTimeout: 1s }
limits: { requestsPerSecond: 20, requestsBurst: 20, headMax: 8KiB, fieldsMax: 40, targetMax: 2KiB }
deadlines: { requestHead: 700ms, bodyIdle: 700ms }
waf: { mode: off }
hosts:
  - names: [app.test]
    requestBodyMax: 1000
    upstream: app
  - names: [silent.test]
    upstream: silent
  - names: [broken.test]
    upstream: broken
  - names: [nobody.test]
    upstream: nobody
`,
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  for (const each of [origin, silent, broken]) await each[Symbol.asyncDispose]();
});

/** What the broken origin says, by path. */
const answersOfBroken: ReadonlyMap<string, string> = new Map([
  ['/nothing', ''],
  ['/both', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['/twice', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ['/bare', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'],
  ['/status', 'HTTP/1.1 20x OK\r\n\r\n'],
  ['/folded', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
  ['/switch', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
]);

/** The next client: every test has an address of its own, so that limits do not join them. */
let clients = 0;

function get(host: string, path = '/', fields = ''): string {
  clients += 1;
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: 198.51.100.${clients}\r\nConnection: close\r\n${fields}\r\n`;
}

interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly incidentId: string;
}

async function problemOf(bytes: string): Promise<Problem> {
  const answer = await sendRaw(node.port(), bytes);
  assert.match(answer.text, /\r\nContent-Type: application\/problem\+json\r\n/, answer.text);
  return JSON.parse(answer.text.slice(answer.text.indexOf('\r\n\r\n') + 4)) as Problem;
}

/** The event of an incident; it reaches the store within a few ticks of the worker. */
async function eventOf(id: string): Promise<Awaited<ReturnType<typeof explain>> & object> {
  let event = await explain(id);
  const isKnown = async (): Promise<boolean> => {
    if (event === null) event = await explain(id);
    return event !== null;
  };
  await until(isKnown, 5_000, () => `no event for ${id}`);
  assert.ok(event !== null);
  return event;
}

async function explain(id: string) {
  return await requestControl<'explain'>(node.dataDirectory, { op: 'explain', id });
}

const rows: readonly (readonly [
  name: string,
  bytes: () => string,
  status: number,
  reason: string,
  detail: string,
])[] = [
  ['an unknown host', () => get('other.test'), 404, 'no-route', ''],
  [
    'a declared body over the maximum',
    () => `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1001\r\n\r\n`,
    413,
    'body-too-large',
    'body-over-1000-bytes',
  ],
  [
    'a chunked body over the maximum',
    () =>
      `POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1_001)}\r\n0\r\n\r\n`,
    413,
    'body-too-large',
    'body-over-1000-bytes',
  ],
  [
    'a head over the maximum',
    () => get('app.test', '/', `X: ${'x'.repeat(8_192)}\r\n`),
    431,
    'head-too-large',
    'head-too-large',
  ],
  [
    'too many fields',
    () => get('app.test', '/', 'X: y\r\n'.repeat(40)),
    431,
    'head-too-large',
    'fields-too-many',
  ],
  [
    'a target over the maximum',
    () => get('app.test', `/${'x'.repeat(2_048)}`),
    414,
    'head-too-large',
    'target-too-long',
  ],
  [
    'both framings',
    () =>
      'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'malformed-request',
    'content-length-with-transfer-encoding',
  ],
  ['an origin that nobody listens at', () => get('nobody.test'), 502, 'no-upstream', 'econnrefused'],
  ['an origin that does not answer', () => get('silent.test'), 504, 'upstream-timeout', 'no-response'],
  [
    'an origin that closes without a word',
    () => get('broken.test', '/nothing'),
    502,
    'upstream-fault',
    'closed-before-response',
  ],
  [
    'an origin with both framings',
    () => get('broken.test', '/both'),
    502,
    'upstream-fault',
    'content-length-with-transfer-encoding',
  ],
  [
    'an origin with two lengths',
    () => get('broken.test', '/twice'),
    502,
    'upstream-fault',
    'content-length-duplicate',
  ],
  ['an origin with bare line feeds', () => get('broken.test', '/bare'), 502, 'upstream-fault', 'bare-lf'],
  [
    'an origin without a status',
    () => get('broken.test', '/status'),
    502,
    'upstream-fault',
    'status-line-malformed',
  ],
  ['an origin that folds lines', () => get('broken.test', '/folded'), 502, 'upstream-fault', 'field-folded'],
  [
    'an origin that switches unasked',
    () => get('broken.test', '/switch'),
    502,
    'upstream-fault',
    'switching-not-asked-for',
  ],
  [
    'a body that does not come',
    () => 'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nabc',
    408,
    'client-timeout',
    'request-incomplete',
  ],
  [
    'a head that does not come',
    () => 'GET / HTTP/1.1\r\nHost: app',
    408,
    'client-timeout',
    'request-incomplete',
  ],
];

for (const [name, bytes, status, reason, detail] of rows) {
  test(`refusals: ${name} gets ${status} with an incident that says ${reason}`, async () => {
    const problem = await problemOf(bytes());
    assert.equal(problem.status, status);
    const event = await eventOf(problem.incidentId);
    assert.deepEqual([event.status, event.reason, event.detail], [status, reason, detail]);
  });
}

test('refusals: limit - 1 and limit pass, limit + 1 does not', async () => {
  const body = (bytes: number): string =>
    `POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;
  assert.equal(firstStatus((await sendRaw(node.port(), body(999))).text), 200);
  assert.equal(firstStatus((await sendRaw(node.port(), body(1_000))).text), 200);
  assert.equal(firstStatus((await sendRaw(node.port(), body(1_001))).text), 413);
});

test('refusals: a client over its rate gets 429 and is told when to come back; another client is not touched', async () => {
  const flood = async (address: string): Promise<string[]> => {
    const request = `GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: ${address}\r\n\r\n`;
    const last = request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const answer = await sendRaw(node.port(), request.repeat(59) + last);
    assert.match(answer.text, /\r\nRetry-After: 1\r\n/);
    return [...answer.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1]!);
  };
  const statuses = await flood('203.0.113.9');
  assert.equal(statuses.length, 60);
  const passed = statuses.filter((status) => status === '200').length;
  assert.ok(passed >= 20 && passed < 60, `${passed} of 60 passed`);
  assert.equal(statuses.filter((status) => status === '429').length, 60 - passed);
  assert.equal(firstStatus((await sendRaw(node.port(), get('app.test'))).text), 200);
});

test('refusals: IPv6 clients share the bucket of their /64', async () => {
  let refused = 0;
  for (let i = 0; i < 40; i += 1) {
    const request = `GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: 2001:db8::${i.toString(16)}\r\nConnection: close\r\n\r\n`;
    if (firstStatus((await sendRaw(node.port(), request)).text) === 429) refused += 1;
  }
  assert.ok(refused > 0, 'no request of forty addresses in one /64 was limited at a burst of 20');
});

test('refusals: a browser gets a page, a program gets a problem document', async () => {
  const page = await sendRaw(
    node.port(),
    get('other.test', '/', 'Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n'),
  );
  assert.match(page.text, /\r\nContent-Type: text\/html; charset=utf-8\r\n/);
  assert.match(page.text, /<html/);
  assert.match(page.text, /\r\nCache-Control: no-store\r\n/);
});

test('refusals: the denylist refuses a proxied client in HTTP, expires by itself, and the allowlist wins', async () => {
  const { dataDirectory } = node;
  const request =
    'GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: 192.0.2.77\r\nConnection: close\r\n\r\n';
  const status = async (): Promise<number> => firstStatus((await sendRaw(node.port(), request)).text);
  await requestControl<'denylist.add'>(dataDirectory, {
    op: 'denylist.add',
    prefix: '192.0.2.0/24',
    reason: 'test',
    ttlMs: 60_000,
  });
  await until(
    async () => (await status()) === 403,
    5_000,
    () => 'the denylist did not take effect',
  );
  await requestControl<'allowlist.add'>(dataDirectory, {
    op: 'allowlist.add',
    prefix: '192.0.2.77',
    reason: 'test',
  });
  await until(
    async () => (await status()) === 200,
    5_000,
    () => 'the allowlist did not win',
  );
  await requestControl<'allowlist.remove'>(dataDirectory, { op: 'allowlist.remove', prefix: '192.0.2.77' });
  await until(
    async () => (await status()) === 403,
    5_000,
    () => 'the denylist did not come back',
  );
  await requestControl<'denylist.remove'>(dataDirectory, { op: 'denylist.remove', prefix: '192.0.2.0/24' });
  await until(
    async () => (await status()) === 200,
    5_000,
    () => 'the entry was not removed',
  );
  await requestControl<'denylist.add'>(dataDirectory, {
    op: 'denylist.add',
    prefix: '192.0.2.77',
    reason: 'brief',
    ttlMs: 1_000,
  });
  await until(
    async () => (await status()) === 403,
    900,
    () => 'the brief entry did not take effect',
  );
  await until(
    async () => (await status()) === 200,
    5_000,
    () => 'the entry did not expire',
  );
});

test('refusals: every exchange of this file ended in one event', async () => {
  const metric = (text: string, pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
  let text = '';
  await until(
    async () => {
      text = await node.metrics();
      return (
        metric(text, /^secbeat_exchanges_total\{[^}]*\} (\d+)/gm) ===
        metric(text, /^secbeat_events_total\{state="recorded"\} (\d+)/gm)
      );
    },
    5_000,
    () => text.match(/^secbeat_(?:exchanges|events).*$/gm)?.join('\n') ?? 'no metrics',
  );
});
