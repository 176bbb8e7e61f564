import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ensureSelfSigned } from '../connection/tls/self-signed.ts';
import { type ConfigCase, openConfigCase, upstreamLine } from './config-fixture.ts';
import { loadConfig } from './load.ts';

let inCase: ConfigCase;
const up = upstreamLine;

beforeEach(async () => {
  inCase = await openConfigCase();
});

afterEach(() => inCase.remove());

describe('config: who wins', () => {
  const file = `${up}workers: 2\nlimits: {fieldsMax: 50}\nlisten: ["127.0.0.1:1"]\n`;

  test('file over default', async () => {
    const config = await inCase.load(file);
    assert.equal(config.workers, 2);
    assert.equal(config.limits.fieldsMax, 50);
    assert.equal(config.limits.requestsPerSecond, 1000);
  });

  test('environment over file', async () => {
    const environment = {
      SECBEAT_WORKERS: '3',
      SECBEAT_LIMITS_FIELDS_MAX: '60',
      SECBEAT_LISTEN: '127.0.0.1:2, 127.0.0.1:3',
      SECBEAT_EVENTS_INCLUDE_QUERY: 'true',
      SECBEAT_LIMITS_HEAD_MAX: '64KiB',
      SECBEAT_WAF_MODE: '',
    };
    const config = await inCase.load(file, { environment });
    assert.equal(config.workers, 3);
    assert.equal(config.limits.fieldsMax, 60);
    assert.deepEqual(
      config.listeners.map((listener) => listener.name),
      ['127.0.0.1:2', '127.0.0.1:3'],
    );
    assert.equal(config.events.includeQuery, true);
    assert.equal(config.limits.headBytesMax, 65_536);
    assert.equal(config.hosts[0]?.routes[0]?.wafMode, 'on');
  });

  test('command line over environment', async () => {
    const config = await inCase.load(file, {
      environment: { SECBEAT_LISTEN: '127.0.0.1:2', SECBEAT_UPSTREAM: 'http://127.0.0.1:9' },
      listen: ['127.0.0.1:4'],
      tlsListen: ['127.0.0.1:5'],
      upstream: 'http://127.0.0.1:8',
      dataDirectory: join(inCase.directory, 'elsewhere'),
    });
    assert.deepEqual(
      config.listeners.map((listener) => listener.name),
      ['127.0.0.1:4', '127.0.0.1:5'],
    );
    assert.deepEqual(config.upstreams[0]?.peers, [{ host: '127.0.0.1', port: 8 }]);
    assert.equal(config.dataDirectory, join(inCase.directory, 'elsewhere'));
  });

  test('a mistake in the environment is named by its variable', async () => {
    const environment = {
      SECBEAT_WORKERS: 'many',
      SECBEAT_LIMITS_FIELDS_MAX: '5',
      SECBEAT_DEADLINES_DRAIN: '9',
    };
    assert.deepEqual((await inCase.problemsOf(file, { environment })).toSorted(), [
      'SECBEAT_DEADLINES_DRAIN: deadlines.drain: "9" has no unit; write "9s" or "9ms"',
      'SECBEAT_LIMITS_FIELDS_MAX: limits.fieldsMax: 5 is too small; the minimum is 10',
      'SECBEAT_WORKERS: workers: met "many"; expected "auto" or a whole number',
    ]);
  });

  test('a mistake on the command line is named by its option', async () => {
    assert.deepEqual(await inCase.problemsOf(file, { upstream: '3000', listen: [':80'] }), [
      '--listen: listen[0]: ":80" names no address; write 127.0.0.1:80 for this machine only, 0.0.0.0:80 for all of IPv4 or [::]:80 for all of IPv6',
      '--upstream: upstream: "3000" is no origin; expected http://HOST:PORT, for example http://127.0.0.1:3000',
    ]);
  });

  test('a mistyped variable is warned of, a foreign one is not', async () => {
    const environment = { SECBEAT_WORKER: '2', SECBEAT_SERVICE_HOST: '10.0.0.1', WORKERS: 'x' };
    const warnings: string[] = [];
    await inCase.load(file, { environment, onWarning: (message) => warnings.push(message) });
    assert.ok(warnings.includes('SECBEAT_WORKER is no setting; did you mean SECBEAT_WORKERS?'));
    assert.ok(!warnings.some((message) => message.includes('SERVICE_HOST')));
  });

  test('SECBEAT_CONFIG names the file, --config wins over it', async () => {
    const other = await inCase.put('other.yaml', `${up}workers: 7\n`);
    const environment = { SECBEAT_CONFIG: other };
    assert.equal((await loadConfig({ environment, selfSigned: 'skip' })).workers, 7);
    assert.equal((await inCase.load(file, { environment })).workers, 2);
  });
});

describe('config: without a file', () => {
  test('an upstream is enough', async () => {
    const config = await loadConfig({ upstream: '127.0.0.1:3000', environment: {}, selfSigned: 'skip' });
    assert.equal(config.file, '');
    assert.equal(config.workers, availableParallelism());
    assert.equal(config.dataDirectory, join(process.cwd(), 'data'));
    assert.deepEqual(config.listeners, [
      { name: '127.0.0.1:8080', host: '127.0.0.1', port: 8080, tls: false, redirectToHttpsPort: 0 },
      { name: '127.0.0.1:8443', host: '127.0.0.1', port: 8443, tls: true, redirectToHttpsPort: 0 },
    ]);
    assert.deepEqual(config.hosts, [
      {
        names: ['*'],
        routes: [
          {
            name: '* /',
            pathPrefix: '/',
            upstream: 'default',
            wafMode: 'on',
            wafExcludedRuleIds: [],
            requestBodyBytesMax: 10_737_418_240,
          },
        ],
      },
    ]);
    assert.deepEqual(config.admin, { host: '127.0.0.1', port: 0 });
  });

  test('nothing to protect is said with the remedy', async () => {
    await assert.rejects(loadConfig({ environment: {} }), {
      message: /^configuration: upstream: nothing to protect; .*--upstream/,
    });
  });
});

describe('config: sites', () => {
  const text = [
    'upstream: http://127.0.0.1:1',
    'upstreams:',
    '  shop: {peers: ["http://127.0.0.1:2"], keepAlive: 9s, queueMax: 0}',
    'limits: {requestBodyMax: 5MiB}',
    'hosts:',
    '  - names: [Shop.example, "*.shop.example"]',
    '    upstream: shop',
    '    waf: {mode: detection-only, excludeRules: [2, 1]}',
    '    routes:',
    '      - path: /a/',
    '        requestBodyMax: 1KiB',
    '      - path: /a/b',
    '        waf: {mode: off, excludeRules: [3, 1]}',
    '        upstream: http://127.0.0.1:4',
    '  - names: [docs.example]',
    '',
  ].join('\n');

  test('routes inherit from their host, and hosts from the file; the longest path is first', async () => {
    const { hosts } = await inCase.load(text);
    assert.deepEqual(
      hosts.map((host) => host.names),
      [['shop.example', '*.shop.example'], ['docs.example'], ['*']],
    );
    const rows = hosts.flatMap((host) => host.routes).map((route) => Object.values(route));
    assert.deepEqual(rows, [
      ['shop.example /a/b', '/a/b', '127.0.0.1:4', 'off', [1, 2, 3], 5_242_880],
      ['shop.example /a', '/a', 'shop', 'detection-only', [1, 2], 1024],
      ['shop.example /', '/', 'shop', 'detection-only', [1, 2], 5_242_880],
      ['docs.example /', '/', 'default', 'on', [], 5_242_880],
      ['* /', '/', 'default', 'on', [], 5_242_880],
    ]);
  });

  test('upstreams are those of the file and those written in place', async () => {
    const { upstreams } = await inCase.load(text);
    assert.deepEqual(
      upstreams.map(({ name }) => name),
      ['shop', 'default', '127.0.0.1:4'],
    );
    assert.equal(upstreams[0]?.keepAliveMs, 9000);
    assert.equal(upstreams[0]?.queueMax, 0);
    assert.equal(upstreams[1]?.keepAliveMs, 4000);
  });

  test('the only upstream serves everything', async () => {
    const { hosts } = await inCase.load('upstreams: {shop: {peers: ["127.0.0.1:1"]}}\n');
    assert.equal(hosts[0]?.routes[0]?.upstream, 'shop');
  });

  test('hosts alone leave all other names without a route', async () => {
    const { hosts } = await inCase.load('hosts: [{names: [a.example], upstream: "127.0.0.1:1"}]\n');
    assert.deepEqual(
      hosts.map((host) => host.names),
      [['a.example']],
    );
  });
});

describe('config: listeners', () => {
  const rows: readonly { name: string; text: string; listeners: readonly (readonly [string, number])[] }[] = [
    {
      name: 'only a plain one said: no TLS',
      text: 'listen: ["127.0.0.1:1"]',
      listeners: [['127.0.0.1:1', 0]],
    },
    { name: 'only a TLS one said: no plain', text: 'tlsListen: ["[::1]:2"]', listeners: [['[::1]:2', 0]] },
    {
      name: 'redirect: to the one on the same address',
      text: 'listen: ["127.0.0.1:1", "[::1]:1"]\ntlsListen: ["127.0.0.1:2", "[::1]:3"]\nredirectToHttps: true',
      listeners: [
        ['127.0.0.1:1', 2],
        ['[::1]:1', 3],
        ['127.0.0.1:2', 0],
        ['[::1]:3', 0],
      ],
    },
    {
      name: 'redirect: else to 443',
      text: 'listen: ["127.0.0.1:1"]\ntlsListen: ["[::1]:3", "[::1]:443"]\nredirectToHttps: true',
      listeners: [
        ['127.0.0.1:1', 443],
        ['[::1]:3', 0],
        ['[::1]:443', 0],
      ],
    },
    {
      name: 'redirect: to a public port without a TLS listener of its own',
      text: 'listen: ["127.0.0.1:1"]\nredirectToHttps: 443',
      listeners: [['127.0.0.1:1', 443]],
    },
    {
      name: 'port 0 twice',
      text: 'listen: ["127.0.0.1:0", "127.0.0.1:0"]',
      listeners: [
        ['127.0.0.1:0', 0],
        ['127.0.0.1:0', 0],
      ],
    },
  ];
  for (const row of rows) {
    test(row.name, async () => {
      const config = await inCase.load(`${up}${row.text}\n`);
      assert.deepEqual(
        config.listeners.map((listener) => [listener.name, listener.redirectToHttpsPort]),
        row.listeners,
      );
    });
  }
});

describe('config: certificates', () => {
  test('are read into the configuration, with their names', async () => {
    const made = await ensureSelfSigned(join(inCase.directory, 'made'), ['shop.example']);
    await inCase.put('c.pem', made.certificatePem);
    await inCase.put('k.pem', made.keyPem);
    const text = `${up}certificates: [{certificateFile: c.pem, keyFile: k.pem}]\n`;
    const { config, warnings } = await inCase.read(text);
    assert.equal(config.certificates.length, 1);
    assert.equal(config.certificates[0]?.certificatePem, made.certificatePem);
    assert.equal(config.certificates[0]?.keyPem, made.keyPem);
    assert.ok(config.certificates[0]?.names.includes('shop.example'));
    assert.deepEqual(
      warnings.filter((warning) => warning.includes('.pem')),
      [],
    );
  });

  test('what is wrong with them is said at the key that names the file', async () => {
    const made = await ensureSelfSigned(join(inCase.directory, 'made'), []);
    await inCase.put('c.pem', made.certificatePem);
    await inCase.put('k.pem', made.certificatePem);
    assert.deepEqual(
      await inCase.problemsOf(`${up}certificates:\n  - certificateFile: c.pem\n    keyFile: k.pem\n`),
      [
        'DIR/secbeat.yaml:4:14: DIR/k.pem holds a certificate and no key; expected PEM with -----BEGIN PRIVATE KEY-----',
      ],
    );
  });

  test('a key that others can read, and an end that is near, are warned of', async () => {
    const made = await ensureSelfSigned(join(inCase.directory, 'made'), []);
    await inCase.put('c.pem', made.certificatePem);
    await inCase.put('k.pem', made.keyPem, 0o644);
    const text = `${up}certificates: [{certificateFile: c.pem, keyFile: k.pem}]\n`;
    const { warnings } = await inCase.read(text, { nowMs: Date.now() + 390 * 86_400_000 });
    assert.ok(
      warnings.some((warning) => /secbeat\.yaml:2:50: .*k\.pem has mode 0644/.test(warning)),
      warnings.join('\n'),
    );
    assert.ok(
      warnings.some((warning) => /c\.pem expires on .*, in 6 days/.test(warning)),
      warnings.join('\n'),
    );
  });

  test('none with a TLS listener: one is made in the data directory and kept', async () => {
    const text = `${up}dataDirectory: state\nhosts: [{names: [a.example]}]\n`;
    const first = await inCase.load(text, { selfSigned: 'create' });
    assert.equal(first.dataDirectory, join(inCase.directory, 'state'));
    assert.equal(first.certificates[0]?.place, join(inCase.directory, 'state', 'tls', 'self-signed.pem'));
    assert.ok(first.certificates[0]?.names.includes('a.example'));
    assert.deepEqual((await inCase.load(text, { selfSigned: 'create' })).certificates, first.certificates);
  });

  test('a configuration that is refused writes nothing', async () => {
    await inCase.problemsOf(`${up}dataDirectory: state\nfoo: 1\n`, { selfSigned: 'create' });
    await assert.rejects(rm(join(inCase.directory, 'state'), { recursive: true }), { code: 'ENOENT' });
  });

  test('without a TLS listener there are none', async () => {
    const config = await inCase.load(`${up}listen: ["127.0.0.1:1"]\n`, { selfSigned: 'create' });
    assert.deepEqual(config.certificates, []);
  });
});

test('config: everything else arrives in its units', async () => {
  const text = `${up}dataDirectory: state
deadlines: {tlsHandshake: 1s, requestHead: 2s, bodyIdle: 3s, keepAliveIdle: 4s, tunnelIdle: 5s, drain: 6s}
accessLog: {format: combined, file: logs/a.log, rotateSize: 1MiB, filesMax: 3}
events: {spoolMax: 2MiB, incidentMax: 3MiB, includeValues: true}
denylist: [203.0.113.7, {prefix: "2001:db8::/32", reason: scans, until: "2027-01-31T12:00:00Z"}]
trustedProxies: [10.0.0.1]
pages: {deny: deny.html}
log: {level: debug}
`;
  await inCase.put('deny.html', '<p>\u00e9</p>');
  const config = await inCase.load(text);
  assert.deepEqual(Object.values(config.deadlines), [1000, 2000, 3000, 4000, 5000, 6000]);
  assert.deepEqual(config.accessLog, {
    format: 'combined',
    file: join(inCase.directory, 'state/logs/a.log'),
    rotateBytes: 1_048_576,
    filesMax: 3,
  });
  assert.deepEqual(Object.values(config.events), [2_097_152, 3_145_728, false, true]);
  assert.deepEqual(config.denylist, [
    { prefix: '203.0.113.7/32', reason: '', expiresAtMs: 0 },
    { prefix: '2001:db8::/32', reason: 'scans', expiresAtMs: 1_801_396_800_000 },
  ]);
  assert.deepEqual(config.trustedProxies, ['10.0.0.1/32']);
  assert.deepEqual(config.pages, { denyHtml: '<p>\u00e9</p>' });
  assert.equal(config.logLevel, 'debug');
  assert.deepEqual(structuredClone(config), config);
});

test('config: known keys without a value say nothing', async () => {
  const config = await inCase.load(
    `${up}limits:\n  # fieldsMax: 1\nwaf:\n  mode:\nhosts:\n  - names: [a.example]\n    routes:\n`,
  );
  assert.equal(config.limits.fieldsMax, 100);
  assert.equal(config.hosts[0]?.routes[0]?.wafMode, 'on');
});

test('config: a page that is not UTF-8, or too long, is refused', async () => {
  await inCase.put('bad.html', Buffer.from('<p>\n\u00e9', 'latin1'));
  await inCase.put('long.html', 'x'.repeat(262_145));
  assert.deepEqual(await inCase.problemsOf(`${up}pages: {deny: bad.html, limit: long.html}\n`), [
    'DIR/secbeat.yaml:2:15: pages.deny: DIR/bad.html is not UTF-8 in line 2',
    'DIR/secbeat.yaml:2:32: pages.limit: DIR/long.html has 262145 bytes; at most 262144 are read',
  ]);
});

test('config: a trusted network that is nearly everybody is warned of', async () => {
  const { warnings } = await inCase.read(`${up}trustedProxies: [0.0.0.0/7, 10.0.0.0/8]\n`);
  const about = warnings.filter((warning) => warning.includes('trusted'));
  assert.equal(about.length, 1);
  assert.match(about[0] ?? '', /secbeat\.yaml:2:18: 0\.0\.0\.0\/7 is trusted to name the client/);
});

test('config: a file behind a symbolic link is read, its paths start at the link', async () => {
  await inCase.put('real/secbeat.yaml', `${up}pages: {deny: p.html}\n`);
  await inCase.put('linked/p.html', 'x');
  await symlink('../real/secbeat.yaml', join(inCase.directory, 'linked/secbeat.yaml'));
  const config = await loadConfig({
    file: join(inCase.directory, 'linked/secbeat.yaml'),
    environment: {},
    selfSigned: 'skip',
  });
  assert.equal(config.pages.denyHtml, 'x');
});
