import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeStatus } from '@secbeat/mitigation/process/control-protocol.ts';
import type { ReadyReport } from '@secbeat/mitigation/process/supervisor.ts';
import { renderReport } from './attack.ts';
import { renderAdded, renderEntries, renderRemoved } from './lists.ts';
import { renderOrigins, renderReady, renderTour } from './ready.ts';
import { renderStatus } from './status-text.ts';

const report: ReadyReport = {
  pid: 10,
  generationPid: 11,
  nodeId: 'n-1',
  dataDirectory: '/srv/my data',
  controlSocket: '/srv/my data/control.sock',
  adminHost: '::1',
  adminPort: 9090,
  listeners: [
    { name: 'a', host: '0.0.0.0', port: 8080, tls: false },
    { name: 'b', host: '2001:db8::1', port: 8443, tls: true },
  ],
};
const context = { root: '/srv/secbeat', isUnderNpm: true, runtime: '/opt/node' };

test('ready: says how long the start took, what is protected, and every address as it can be typed', () => {
  assert.equal(
    renderReady(report, { origins: 'http://127.0.0.1:3000', startSeconds: 1.849 }),
    `
SecBeat is ready in 1.8 s and protects http://127.0.0.1:3000 at
  http://127.0.0.1:8080  (and all other addresses of this machine)
  https://[2001:db8::1]:8443
  metrics and health: http://[::1]:9090/metrics http://[::1]:9090/readyz
  data directory: /srv/my data
`,
  );
});

for (const [ports, expected] of [
  [[1], 'http://10.0.0.1:1'],
  [[1, 2, 3], 'http://10.0.0.1:1, http://10.0.0.1:2, http://10.0.0.1:3'],
  [[1, 2, 3, 4], 'http://10.0.0.1:1, http://10.0.0.1:2, http://10.0.0.1:3 and 1 more'],
] as const) {
  test(`ready: ${ports.length} origins are shown as ${expected}`, () => {
    const upstreams = ports.map((port) => ({ peers: [{ host: '10.0.0.1', port }] }));
    assert.equal(renderOrigins({ upstreams }), expected);
  });
}

const commandsOf = (tour: string): string[] =>
  tour
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim());

test('tour: three commands, which work from any directory', () => {
  const attack =
    "'http://127.0.0.1:8080/product?id=1%20UNION%20SELECT%20name,password,1,1,1%20FROM%20customer'";
  assert.deepEqual(commandsOf(renderTour(report, 'http://127.0.0.1:5', context)), [
    "curl -i 'http://127.0.0.1:8080/search?q=lamp'",
    `curl -i ${attack}`,
    `curl -s ${attack} | npm --prefix /srv/secbeat run --silent secbeat -- explain --data '/srv/my data' -`,
  ]);
});

test('tour: the default directory of the npm scripts needs no --data', () => {
  const standard = { ...report, dataDirectory: '/srv/secbeat/data' };
  assert.match(renderTour(standard, '', context), / secbeat -- explain -\n/);
  assert.match(
    renderTour(standard, '', { ...context, isUnderNpm: false }),
    /\| \/opt\/node \/srv\/secbeat\/cli\/secbeat\.ts explain --data \/srv\/secbeat\/data -\n/,
  );
});

test('tour: where only HTTPS listens, curl takes the self-signed certificate', () => {
  const commands = commandsOf(renderTour({ ...report, listeners: report.listeners.slice(1) }, '', context));
  assert.equal(commands[0], "curl -ik 'https://[2001:db8::1]:8443/search?q=lamp'");
  assert.match(commands[2] ?? '', /^curl -sk /);
});

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const healthy: NodeStatus = {
  version: '0.1.0',
  nodeId: 'n-1',
  supervisorPid: 10,
  generationPid: 11,
  generation: 2,
  supervisorStartedAtMs: nowMs - 7_500_000,
  generationStartedAtMs: nowMs - 61_000,
  isReady: true,
  reasons: [],
  warnings: [],
  listeners: report.listeners,
  admin: { host: '127.0.0.1', port: 9090 },
  workers: [
    { slot: 0, state: 'serving', restarts: 0, spares: 15, lastExit: '' },
    { slot: 1, state: 'serving', restarts: 0, spares: 15, lastExit: '' },
  ],
  configFile: '',
  configLoadedAtMs: nowMs,
  reloadsSucceeded: 1,
  reloadsFailed: 0,
  lastReloadReasons: [],
  rulesLoaded: 41,
  allowlistEntries: 5,
  denylistEntries: 6,
  spoolBytes: 0,
  eventsDropped: 0,
  limitsEvicted: 0,
  countsOverflowed: 0,
};

test('status: a healthy node', () => {
  assert.equal(
    renderStatus(healthy, nowMs),
    `node n-1, version 0.1.0
ready: yes
listens on: http://0.0.0.0:8080
listens on: https://[2001:db8::1]:8443
metrics and health: http://127.0.0.1:9090/metrics http://127.0.0.1:9090/readyz
configuration: defaults, environment and command line, loaded 2026-01-02T03:04:05.000Z
reloads: 1 in force, 0 refused
WAF rules: 41   allowlist: 5   denylist: 6
running for: 2 h 5 min (pid 10)
generation: 2, for 1 min 1 s (pid 11)
workers: 2 of 2 serve
`,
  );
});

test('status: what is wrong stands at the top, with reasons', () => {
  const text = renderStatus(
    {
      ...healthy,
      isReady: false,
      reasons: ['1 of 2 workers serve', 'the node is draining'],
      warnings: ['the last reload was refused: an older configuration is in force'],
      lastReloadReasons: ['secbeat.yaml:3:1: unknown key "limts"; did you mean "limits"?'],
      configFile: '/etc/secbeat.yaml',
      workers: [
        { slot: 0, state: 'serving', restarts: 1, spares: 3, lastExit: 'it was stopped' },
        { slot: 1, state: 'starting', restarts: 2, spares: 2, lastExit: '' },
      ],
      eventsDropped: 7,
      limitsEvicted: 8,
      countsOverflowed: 9,
    },
    nowMs,
  );
  assert.deepEqual(text.split('\n').slice(1, 7), [
    'ready: no: 1 of 2 workers serve; the node is draining',
    'warning: the last reload was refused: an older configuration is in force',
    '  secbeat.yaml:3:1: unknown key "limts"; did you mean "limits"?',
    'warning: 7 events were dropped because they could not be kept',
    'warning: 8 clients were forgotten by the rate limit, whose table is full',
    'warning: 9 connections were not counted, because the table of clients is full',
  ]);
  assert.match(
    text,
    /\nworkers: 1 of 2 serve\n {2}worker 0: serving, replaced 1 time, last: it was stopped\n {2}worker 1: starting, replaced 2 times\n$/,
  );
  assert.match(text, /\nconfiguration: \/etc\/secbeat\.yaml, loaded /);
});

test('lists: additions, removals and entries', () => {
  const entry = { prefix: '203.0.113.0/24', reason: 'scanner', expiresAtMs: nowMs };
  assert.equal(
    renderAdded('denylist', { entry, notes: ['the allowlist wins'] }),
    '203.0.113.0/24 is on the denylist until 2026-01-02T03:04:05.000Z\nthe allowlist wins\n',
  );
  assert.equal(
    renderAdded('allowlist', { entry: { ...entry, expiresAtMs: 0 }, notes: [] }),
    '203.0.113.0/24 is on the allowlist until removed\n',
  );
  assert.equal(
    renderRemoved('denylist', { entry, notes: [] }),
    '203.0.113.0/24 was removed from the denylist\n',
  );
  assert.equal(renderEntries('denylist', []), 'the denylist is empty\n');
  assert.equal(
    renderEntries('allowlist', [
      { ...entry, origin: 'added' },
      { prefix: '::1/128', reason: '', expiresAtMs: 0, origin: 'machine' },
    ]),
    `203.0.113.0/24           until 2026-01-02T03:04:05.000Z added          scanner
::1/128                  until removed                  machine
`,
  );
});

test('attack: the report counts by status, in order, and names the command that explains', () => {
  const text = renderReport(
    {
      sent: 6,
      statuses: new Map([
        [403, 4],
        [200, 1],
      ]),
      failures: new Map([['ECONNRESET', 1]]),
      seconds: 1.25,
      p50Ms: 1,
      p99Ms: 2.345,
      lastIncidentId: '7QK2M9XV0RTDA00000G3',
    },
    (id) => `secbeat explain ${id}`,
  );
  assert.equal(
    text,
    `6 requests in 1.3 s
  200  1
  403  4
  no answer (ECONNRESET)  1
latency p50 1.00 ms, p99 2.35 ms
why the last one was refused:
  secbeat explain 7QK2M9XV0RTDA00000G3
`,
  );
});
