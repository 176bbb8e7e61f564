/** Several sites behind one node: who serves what, what the WAF does where, and what each side is told about the other. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { metricOf } from './metric.ts';
import { type Ask, ask, echoOf, eventOf, valuesOf } from './site-node.ts';

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS "@contains first-attack" "id:900010,phase:2,deny,status:403,msg:'first'"
SecRule ARGS "@contains second-attack" "id:900011,phase:2,deny,status:403,msg:'second'"
`;
const page = (name: string): string =>
  `<!doctype html><title>${name}</title><p>{{status}} {{title}} {{message}}<p id=i>{{incidentId}}</p>`;

/** Each origin says its name in a field. */
const names = ['main', 'shop', 'api', 'deep'] as const;
const origins = new Map<string, Origin>();
let node: NodeProcess;
let requests = 0;

before(async () => {
  for (const name of names) {
    origins.set(
      name,
      await openOrigin((_, response) => {
        response.setHeader('X-Origin', name);
        return false;
      }),
    );
  }
  node = await startNode({
    config: `
listen: ['127.0.0.1:0']
workers: 2
trustedProxies: [127.0.0.0/8]
upstream: main
upstreams:
  main: { peers: ['${origins.get('main')?.url}'] }
  shop: { peers: ['${origins.get('shop')?.url}'] }
  half: { peers: ['http://127.0.0.1:1', '${origins.get('main')?.url}'] }
  both: { peers: ['${origins.get('api')?.url}', '${origins.get('deep')?.url}'] }
  none: { peers: ['http://127.0.0.1:1', 'http://127.0.0.2:1'] }
limits: { requestsPerSecond: 1, requestsBurst: 50 }
waf: { baseline: false, rules: [own.conf] }
pages: { deny: deny.html, limit: limit.html, error: error.html }
hosts:
  - names: [shop.test, '*.shop.test']
    upstream: shop
    routes:
      - { path: /api, upstream: '${origins.get('api')?.url}' }
      - { path: /api/deep, upstream: '${origins.get('deep')?.url}' }
      - { path: /watched, waf: { mode: detection-only } }
      - { path: /open, waf: { mode: off } }
      - { path: /excepted, waf: { excludeRules: [900010] } }
  - { names: [half.test], upstream: half }
  - { names: [both.test], upstream: both }
  - { names: [none.test], upstream: none }
  - { names: [parts.test], upstream: shop, waf: { excludeRules: [900010] }, routes: [{ path: /strict, waf: { excludeRules: [900011] } }] }
  - { names: [only.test], routes: [{ path: /here, upstream: shop }] }
`,
    files: {
      'own.conf': rules,
      'deny.html': page('own deny page'),
      'limit.html': page('own limit page'),
      'error.html': page('own error page'),
    },
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  for (const origin of origins.values()) await origin[Symbol.asyncDispose]();
});

/** A client of its own for each request, so that their limits do not join. Returns its request id too. */
function asked(what: Ask): { readonly requestId: string; readonly full: Ask } {
  requests += 1;
  const requestId = `sites-${requests}`;
  const client = `198.51.${100 + Math.trunc(requests / 250)}.${1 + (requests % 250)}`;
  const own = [`X-Forwarded-For: ${client}`, `X-Request-ID: ${requestId}`];
  return { requestId, full: { ...what, fields: [...own, ...(what.fields ?? [])] } };
}

const get = (what: Ask) => ask(node.port(), asked(what).full);

const routes: readonly (readonly [host: string, path: string, origin: string])[] = [
  ['shop.test', '/', 'shop'],
  ['SHOP.TEST:8080', '/', 'shop'],
  ['eu.shop.test', '/', 'shop'],
  ['a.eu.shop.test', '/', 'shop'],
  ['notshop.test', '/', 'main'],
  ['shop.test.evil.test', '/', 'main'],
  ['127.0.0.1', '/', 'main'],
  ['[::1]:80', '/', 'main'],
  ['shop.test', '/api', 'api'],
  ['shop.test', '/api/', 'api'],
  ['shop.test', '/api?x=/api/deep', 'api'],
  ['shop.test', '/apix', 'shop'],
  ['shop.test', '/API', 'shop'],
  ['shop.test', '/%61pi', 'api'],
  ['shop.test', '//api', 'api'],
  ['shop.test', '/./api/x', 'api'],
  ['shop.test', '/x/../api/x', 'api'],
  ['shop.test', '/x/%2e%2e/api/x', 'api'],
  ['shop.test', '/api/../x', 'shop'],
  ['shop.test', '/api/deep', 'deep'],
  ['shop.test', '/api/deep/x', 'deep'],
  ['shop.test', '/api/deepx', 'api'],
  ['shop.test', '/api/x/../deep', 'deep'],
];
for (const [host, path, origin] of routes) {
  test(`sites: ${host}${path} is served by ${origin}, target and host as they were`, async () => {
    const answer = await get({ host, path });
    const seen = echoOf(answer);
    assert.match(answer.head, new RegExp(`\\r\\nX-Origin: ${origin}\\r\\n`));
    assert.equal(seen.url, path);
    assert.deepEqual(valuesOf(seen, 'Host'), [host]);
  });
}

test('sites: a host that serves only a part of the paths has nothing else', async () => {
  assert.equal((await get({ host: 'only.test', path: '/here/x' })).status, 200);
  assert.equal((await get({ host: 'only.test', path: '/there' })).status, 404);
  assert.equal((await get({ host: 'only.test', path: '/here/../there' })).status, 404);
});

const verdicts: readonly (readonly [
  host: string,
  target: string,
  status: number,
  verdict: string,
  mode: string | null,
  interruptedBy: number,
])[] = [
  ['shop.test', '/?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/?q=harmless', 200, 'pass', 'on', 0],
  ['shop.test', '/api?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/watched?q=first-attack', 200, 'log', 'detection-only', 900010],
  ['shop.test', '/watched?q=harmless', 200, 'pass', 'detection-only', 0],
  ['shop.test', '/open?q=first-attack', 200, 'pass', null, 0],
  ['shop.test', '/open/..?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/open/%2e%2e/x?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/open/..%2fx?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/open\\..\\x?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/openx?q=first-attack', 403, 'deny', 'on', 900010],
  ['shop.test', '/excepted?q=first-attack', 200, 'pass', 'on', 0],
  ['shop.test', '/excepted?q=second-attack', 403, 'deny', 'on', 900011],
  ['parts.test', '/?q=first-attack', 200, 'pass', 'on', 0],
  ['parts.test', '/strict?q=first-attack', 200, 'pass', 'on', 0],
  ['parts.test', '/strict?q=second-attack', 200, 'pass', 'on', 0],
  ['parts.test', '/?q=second-attack', 403, 'deny', 'on', 900011],
];
for (const [host, path, status, verdict, mode, interruptedBy] of verdicts) {
  test(`sites: the WAF gives ${host}${path} ${status} and the event says ${verdict}`, async () => {
    const before = originRequests();
    const { requestId, full } = asked({ host, path });
    const answer = await ask(node.port(), full);
    assert.equal(answer.status, status);
    const event = await eventOf(node, requestId);
    assert.equal(event.verdict, verdict);
    assert.equal(event.reason, status === 403 ? 'waf' : 'none');
    assert.deepEqual([event.waf?.mode ?? null, event.waf?.interruptedBy ?? 0], [mode, interruptedBy]);
    assert.equal(originRequests() - before, status === 403 ? 0 : 1);
  });
}

function originRequests(): number {
  return [...origins.values()].reduce((sum, origin) => sum + origin.requests(), 0);
}

test('sites: where one of two servers is down every request is served by the other', async () => {
  for (let i = 0; i < 20; i += 1) {
    const answer = await get({
      host: 'half.test',
      path: `/${i}`,
      ...(i % 2 === 1 && { method: 'POST', body: 'abc' }),
    });
    const seen = echoOf(answer);
    assert.deepEqual([seen.url, seen.body], [`/${i}`, i % 2 === 1 ? 'abc' : '']);
  }
  const failed = metricOf(await node.metrics(), 'secbeat_upstream_connections_failed_total');
  assert.ok(failed > 0, 'the server that is down was never tried');
});

test('sites: two servers share the requests', async () => {
  const before = [origins.get('api')?.requests() ?? 0, origins.get('deep')?.requests() ?? 0];
  for (let i = 0; i < 40; i += 1) echoOf(await get({ host: 'both.test' }));
  const api = (origins.get('api')?.requests() ?? 0) - (before[0] ?? 0);
  const deep = (origins.get('deep')?.requests() ?? 0) - (before[1] ?? 0);
  assert.equal(api + deep, 40);
  // Each of the two workers takes turns on its own.
  assert.ok(Math.abs(api - deep) <= 2, `${api} and ${deep}`);
});

test('sites: where all servers are down the client is told 502, and the next site still serves', async () => {
  const { requestId, full } = asked({ host: 'none.test', method: 'POST', body: 'abc' });
  assert.equal((await ask(node.port(), full)).status, 502);
  const event = await eventOf(node, requestId);
  assert.deepEqual([event.verdict, event.reason, event.detail], ['pass', 'no-upstream', 'econnrefused']);
  assert.equal((await get({ host: 'shop.test' })).status, 200);
});

const forwarded: readonly (readonly [
  what: string,
  fields: readonly string[],
  expected: Readonly<Record<string, readonly string[]>>,
])[] = [
  [
    'one hop',
    ['X-Forwarded-For: 203.0.113.9'],
    {
      'X-Forwarded-For': ['203.0.113.9, 127.0.0.1'],
      'X-Real-IP': ['203.0.113.9'],
      'X-Forwarded-Proto': ['http'],
      'X-Forwarded-Host': ['a.test'],
      Forwarded: ['for=127.0.0.1;host=a.test;proto=http'],
    },
  ],
  [
    'a spoofed hop left of the client',
    ['X-Forwarded-For: 192.0.2.1, 203.0.113.9'],
    { 'X-Forwarded-For': ['192.0.2.1, 203.0.113.9, 127.0.0.1'], 'X-Real-IP': ['203.0.113.9'] },
  ],
  [
    'a second trusted proxy',
    ['X-Forwarded-For: 203.0.113.9, 127.0.0.77'],
    { 'X-Forwarded-For': ['203.0.113.9, 127.0.0.77, 127.0.0.1'], 'X-Real-IP': ['203.0.113.9'] },
  ],
  [
    'two lines, a port and an IPv6 address',
    ['X-Forwarded-For: 203.0.113.9:4711', 'X-Forwarded-For: [2001:db8::7]:80'],
    { 'X-Forwarded-For': ['203.0.113.9:4711, [2001:db8::7]:80, 127.0.0.1'], 'X-Real-IP': ['2001:db8::7'] },
  ],
  [
    'no address at all',
    ['X-Forwarded-For: unknown'],
    { 'X-Forwarded-For': ['unknown, 127.0.0.1'], 'X-Real-IP': ['127.0.0.1'] },
  ],
  [
    'protocol, host and Forwarded of the proxy',
    [
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.example.test',
      'Forwarded: for=203.0.113.4;proto=https',
    ],
    {
      'X-Forwarded-Proto': ['https'],
      'X-Forwarded-Host': ['www.example.test'],
      Forwarded: ['for=203.0.113.4;proto=https, for=127.0.0.1;host=a.test;proto=http'],
      'X-Real-IP': ['203.0.113.4'],
    },
  ],
  ['a spoofed X-Real-IP', ['X-Real-IP: 192.0.2.1'], { 'X-Real-IP': ['127.0.0.1'] }],
];
for (const [what, fields, expected] of forwarded) {
  test(`sites: behind a trusted proxy the origin learns who asked: ${what}`, async () => {
    const seen = echoOf(await ask(node.port(), { fields }));
    for (const [name, values] of Object.entries(expected)) {
      assert.deepEqual(valuesOf(seen, name), values, name);
    }
  });
}

const requestIds: readonly (readonly [what: string, sent: string, isKept: boolean])[] = [
  ['of a proxy', 'abc-123_DEF.4:5/6+7=', true],
  ['of 128 characters', 'x'.repeat(128), true],
  ['of 129 characters', 'x'.repeat(129), false],
  ['that is empty', '', false],
  ['with a space', 'a b', false],
  ['with markup', '<script>', false],
  ['with obs-text', 'caf\xe9', false],
];
for (const [what, sent, isKept] of requestIds) {
  test(`sites: an X-Request-ID ${what} is ${isKept ? 'kept' : 'made anew'}`, async () => {
    const seen = echoOf(await ask(node.port(), { fields: [`X-Request-ID: ${sent}`] }));
    const [id = '', ...more] = valuesOf(seen, 'X-Request-ID');
    assert.deepEqual(more, []);
    if (isKept) assert.equal(id, sent);
    else assert.match(id, /^[0-9A-Z]{20}$/);
    assert.equal((await eventOf(node, id)).requestId, id);
  });
}

const html = 'Accept: text/html,*/*;q=0.1';

test('sites: the operator’s page for a denial is shown to a browser, with an incident that can be explained', async () => {
  const answer = await get({ host: 'shop.test', path: '/?q=first-attack', fields: [html] });
  assert.match(answer.body, /<title>own deny page<\/title>/);
  assert.match(answer.body, /<p>403 Request refused /);
  const id = /<p id=i>([0-9A-Z]+)<\/p>/.exec(answer.body)?.[1] ?? '';
  await until(
    async () =>
      (await requestControl<'explain'>(node.dataDirectory, { op: 'explain', id }))?.waf?.interruptedBy ===
      900010,
    10_000,
    () => `no incident ${id}`,
  );
  const program = await get({ host: 'shop.test', path: '/?q=first-attack' });
  assert.match(program.head, /\r\nContent-Type: application\/problem\+json\r\n/);
});

test('sites: the operator’s page for errors is shown for 502 and 404', async () => {
  for (const [host, status] of [
    ['none.test', 502],
    ['only.test', 404],
  ] as const) {
    const answer = await get({ host, fields: [html] });
    assert.equal(answer.status, status);
    assert.match(answer.body, new RegExp(`<title>own error page</title><p>${status} `));
  }
});

test('sites: the operator’s page for limits is shown for 429', async () => {
  const fields = ['X-Forwarded-For: 203.0.113.200', html];
  let limited = await ask(node.port(), { fields });
  for (let i = 0; i < 80 && limited.status === 200; i += 1) limited = await ask(node.port(), { fields });
  assert.equal(limited.status, 429);
  assert.match(limited.body, /<title>own limit page<\/title><p>429 Too many requests /);
  assert.match(limited.head, /\r\nRetry-After: 1\r\n/);
});

test('sites: a HEAD request that is denied gets the length of the page and not the page', async () => {
  const answer = await get({ method: 'HEAD', host: 'shop.test', path: '/?q=first-attack', fields: [html] });
  assert.equal(answer.status, 403);
  assert.equal(answer.body, '');
});
