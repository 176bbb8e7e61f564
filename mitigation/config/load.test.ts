import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ensureSelfSigned } from '../connection/tls/self-signed.ts';
import { configBytesMax, type LoadedConfig, type LoadOptions, loadConfig, readConfig } from './load.ts';
import type { NodeConfig } from './model.ts';

let root = '';
let directory = '';
let count = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'secbeat-config-'));
});

after(() => rm(root, { recursive: true }));

beforeEach(async () => {
  count++;
  directory = join(root, `case-${count}`);
  await mkdir(join(directory, 'no-rules'), { recursive: true });
});

async function put(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  const file = join(directory, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content, { mode });
  return file;
}

async function read(text: string, options: Partial<LoadOptions> = {}): Promise<LoadedConfig> {
  const file = await put('secbeat.yaml', text);
  return await readConfig({
    file,
    environment: {},
    selfSigned: 'skip',
    baselineRulesDirectory: join(directory, 'no-rules'),
    ...options,
  });
}

async function load(text: string, options: Partial<LoadOptions> = {}): Promise<NodeConfig> {
  return (await read(text, options)).config;
}

/** The lines of the refusal, with the directory of the case as `DIR`. */
async function problemsOf(text: string, options: Partial<LoadOptions> = {}): Promise<readonly string[]> {
  try {
    await load(text, options);
  } catch (thrown) {
    assert.ok(thrown instanceof Error && 'code' in thrown && 'source' in thrown, String(thrown));
    assert.equal(thrown.code, 'config-invalid');
    assert.equal(thrown.source, 'operator');
    return thrown.message.replaceAll(`${directory}/`, 'DIR/').split('\n');
  }
  return ['was accepted'];
}

const up = 'upstream: http://127.0.0.1:3000\n';

describe('config: refused, with place and remedy', () => {
  const rows: readonly { name: string; text: string; problems: readonly string[] }[] = [
    {
      name: 'all mistakes at once, in the order of the file',
      text: `${up}limits: {fieldsMx: 3}\nworkrs: 2\nhosts:\n  - {names: [a.example], upstream: shpo}\nupstreams:\n  shop: {peers: ["127.0.0.1:1"]}\n`,
      problems: [
        'DIR/secbeat.yaml:2:10: unknown key "fieldsMx" in limits; did you mean "fieldsMax"?',
        'DIR/secbeat.yaml:3:1: unknown key "workrs"; did you mean "workers"?',
        'DIR/secbeat.yaml:5:36: unknown upstream "shpo"; did you mean "shop"?',
      ],
    },
    {
      name: 'unknown key near nothing',
      text: `${up}log: {colour: red}\n`,
      problems: ['DIR/secbeat.yaml:2:7: unknown key "colour" in log; known are level'],
    },
    {
      name: 'unknown key without a value',
      text: `${up}limts:\n`,
      problems: ['DIR/secbeat.yaml:2:1: unknown key "limts"; did you mean "limits"?'],
    },
    {
      name: '__proto__',
      text: `${up}__proto__: {x: 1}\n`,
      problems: [/unknown key "__proto__"; known are listen, /.source],
    },
    {
      name: 'nothing at all',
      text: '',
      problems: [
        'DIR/secbeat.yaml: upstream: nothing to protect; say where the application is, with "upstream: http://127.0.0.1:3000" or --upstream http://127.0.0.1:3000',
      ],
    },
    {
      name: 'several upstreams and no word which',
      text: 'upstreams:\n  a: {peers: ["127.0.0.1:1"]}\n  b: {peers: ["127.0.0.1:2"]}\n',
      problems: [
        'DIR/secbeat.yaml: upstream: which of a, b serves what no host names? Say "upstream: a", or list hosts',
      ],
    },
    {
      name: 'wrong types',
      text: `${up}listen: 127.0.0.1:80\nworkers: 1.5\nlimits: 3\nredirectToHttps: "yes"\nadmin: [x]\ndeadlines: {drain: [1]}\nlog: {level: 3}\ntrustedProxies: [1]\n`,
      problems: [
        'DIR/secbeat.yaml:2:9: listen: met "127.0.0.1:80"; expected a list',
        'DIR/secbeat.yaml:3:10: workers: met 1.5; expected "auto" or a whole number',
        'DIR/secbeat.yaml:4:9: limits: met 3; expected a section with keys',
        'DIR/secbeat.yaml:5:18: redirectToHttps: met "yes"; expected true or false or a whole number',
        'DIR/secbeat.yaml:6:8: admin: met a list; expected a section with keys',
        'DIR/secbeat.yaml:7:20: deadlines.drain: met a list; expected a duration such as "30s"',
        'DIR/secbeat.yaml:8:14: log.level: met 3; expected a text',
        'DIR/secbeat.yaml:9:18: trustedProxies[0]: met 1; expected a text',
      ],
    },
    {
      name: 'words that are not among those expected',
      text: `${up}waf: {mode: of, overCap: refuse}\nworkers: all\n`,
      problems: [
        'DIR/secbeat.yaml:2:13: waf.mode: met "of"; expected one of on, detection-only, off; did you mean "on"?',
        'DIR/secbeat.yaml:2:26: waf.overCap: met "refuse"; expected one of partial, deny',
        'DIR/secbeat.yaml:3:10: workers: met "all"; expected "auto" or a whole number',
      ],
    },
    {
      name: 'numbers out of bounds',
      text: `${up}workers: 257\nlimits: {ipv6PrefixBits: 31, fieldsMax: 1001}\nredirectToHttps: 65536\n`,
      problems: [
        'DIR/secbeat.yaml:2:10: workers: 257 is too large; the maximum is 256',
        'DIR/secbeat.yaml:3:26: limits.ipv6PrefixBits: 31 is too small; the minimum is 32',
        'DIR/secbeat.yaml:3:41: limits.fieldsMax: 1001 is too large; the maximum is 1000',
        'DIR/secbeat.yaml:4:18: redirectToHttps: 65536 is too large; the maximum is 65535',
      ],
    },
    {
      name: 'an upstream without peers, a host without names, a certificate without a key',
      text: 'upstreams: {shop: {peers: []}, cart: {}}\nhosts: [{names: []}, {upstream: shop}]\ncertificates: [{certificateFile: a}]\n',
      problems: [
        'DIR/secbeat.yaml:1:27: upstreams.shop.peers: is empty; expected at least 1',
        'DIR/secbeat.yaml:1:38: upstreams.cart: the key "peers" is missing',
        'DIR/secbeat.yaml:2:17: hosts[0].names: is empty; expected at least 1',
        'DIR/secbeat.yaml:2:22: hosts[1]: the key "names" is missing',
        'DIR/secbeat.yaml:3:16: certificates[0]: the key "keyFile" is missing',
      ],
    },
    {
      name: 'a name that an upstream cannot have',
      text: 'upstreams:\n  "my shop": {peers: ["127.0.0.1:1"]}\n',
      problems: [
        'DIR/secbeat.yaml:2:3: upstreams: "my shop" is no name; expected a letter, then letters, digits, "-" or "_", 63 at most',
      ],
    },
    {
      name: 'listeners that clash',
      text: `${up}listen: ["127.0.0.1:80", "localhost:80"]\ntlsListen: ["[::1]:443", "127.0.0.1:80"]\n`,
      problems: [
        'DIR/secbeat.yaml:2:26: 127.0.0.1:80 is listened on twice; remove one',
        'DIR/secbeat.yaml:3:26: 127.0.0.1:80 is listened on twice; remove one',
      ],
    },
    {
      name: 'no listener',
      text: `${up}listen: []\n`,
      problems: [
        'DIR/secbeat.yaml:2:9: listen: listens nowhere; give at least one address in listen or tlsListen',
      ],
    },
    {
      name: 'IPv6 without brackets',
      text: `${up}listen: ["::1:8443"]\n`,
      problems: [
        'DIR/secbeat.yaml:2:10: listen[0]: "::1:8443": an IPv6 address stands in brackets, for example 127.0.0.1:8080 or [::1]:8080',
      ],
    },
    {
      name: 'a redirect to nowhere',
      text: `${up}listen: ["127.0.0.1:80"]\nredirectToHttps: true\n`,
      problems: [
        'DIR/secbeat.yaml:3:18: redirectToHttps: there is no tlsListen to redirect to; add one, or give its public port',
      ],
    },
    {
      name: 'a redirect to a port that the kernel chooses',
      text: `${up}listen: ["127.0.0.1:80"]\ntlsListen: ["127.0.0.1:0"]\nredirectToHttps: true\n`,
      problems: [
        'DIR/secbeat.yaml:4:18: redirectToHttps: the port of tlsListen is 0 and so not known; give it a fixed port',
      ],
    },
    {
      name: 'an upstream that is the node itself',
      text: 'listen: ["0.0.0.0:3000"]\nupstream: http://localhost:3000\n',
      problems: [
        'DIR/secbeat.yaml:2:11: upstream "default": localhost:3000 is where this node listens (0.0.0.0:3000); give the address of the application',
      ],
    },
    {
      name: 'peers, hosts and paths said twice',
      text: `${up}upstreams: {shop: {peers: ["127.0.0.1:1", "http://127.0.0.1:1"]}}\nhosts:\n  - names: [a.example, A.example]\n    routes: [{path: /x}, {path: /x/}]\n`,
      problems: [
        'DIR/secbeat.yaml:2:43: 127.0.0.1:1 stands twice among the peers of "shop"',
        'DIR/secbeat.yaml:4:24: host name "a.example" is said twice; a name has one host',
        'DIR/secbeat.yaml:5:33: path "/x" is said twice for this host',
      ],
    },
    {
      name: 'a route to nowhere',
      text: 'hosts:\n  - names: [a.example]\n    routes: [{path: /x}]\n',
      problems: [
        'DIR/secbeat.yaml:3:14: hosts[0].routes[0]: the key "upstream" is missing; where do these requests go?',
      ],
    },
    {
      name: 'an upstream named default beside the short form',
      text: `${up}upstreams: {default: {peers: ["127.0.0.1:1"]}}\n`,
      problems: [
        'DIR/secbeat.yaml:1:11: upstream: takes the name "default", which upstreams uses already; refer to that one by its name, or rename it',
      ],
    },
    {
      name: 'limits that do not go together',
      text: `${up}workers: 2\nlimits: {targetMax: 32KiB, requestsPerSecond: 1, requestsBurst: 3601, connectionsPerClientMax: 101, connectionsPerWorkerMax: 50}\n`,
      problems: [
        'DIR/secbeat.yaml:3:21: limits.targetMax: 32KiB is not below headMax (32KiB), of which the target is a part',
        /^DIR\/secbeat\.yaml:3:65: limits\.requestsBurst: .*/.source,
        'DIR/secbeat.yaml:3:96: limits.connectionsPerClientMax: 101 is never reached, because 2 workers with connectionsPerWorkerMax 50 take 100 in all',
      ],
    },
    {
      name: 'lists that contradict each other or themselves',
      text: `${up}allowlist: [10.0.0.0/8, 10.0.0.0/8]\ndenylist: [{prefix: 10.0.0.0/8}, {reason: x}, {prefix: 1.2.3.4/24}]\n`,
      problems: [
        'DIR/secbeat.yaml:3:34: denylist[1]: the key "prefix" is missing',
        'DIR/secbeat.yaml:3:56: denylist[2].prefix: "1.2.3.4/24": has bits set behind the prefix; write 1.2.3.0/24 for the network or 1.2.3.4/32 for the one address',
      ],
    },
    {
      name: 'a prefix on both lists, and twice on one',
      text: `${up}allowlist: [10.0.0.0/8, 10.0.0.0/8]\ndenylist: [{prefix: 10.0.0.0/8}]\n`,
      problems: [
        'DIR/secbeat.yaml:2:25: allowlist[1]: 10.0.0.0/8 stands on it twice; remove one',
        'DIR/secbeat.yaml:3:12: denylist[0]: 10.0.0.0/8 is on the allowlist too, which wins; remove one',
      ],
    },
    {
      name: 'an admin listener for everybody',
      text: `${up}admin: {listen: "0.0.0.0:9090"}\n`,
      problems: [
        'DIR/secbeat.yaml:2:17: admin.listen: 0.0.0.0 is not loopback; metrics and health have no password, so use 127.0.0.1 or [::1], and a proxy of your own for other machines',
      ],
    },
    {
      name: 'an admin listener where traffic goes',
      text: `${up}listen: ["127.0.0.1:9090"]\nadmin: {listen: "127.0.0.1:9090"}\n`,
      problems: [
        'DIR/secbeat.yaml:3:17: admin.listen: 127.0.0.1:9090 is a listener for traffic already; choose another port',
      ],
    },
    {
      name: 'files that are not there',
      text: `${up}waf: {rules: [mine.conf, "crs/*.conf"]}\npages: {deny: no.html}\ncertificates: [{certificateFile: c.pem, keyFile: k.pem}]\n`,
      problems: [
        'DIR/secbeat.yaml:2:15: cannot read DIR/mine.conf: there is no such file',
        'DIR/secbeat.yaml:2:26: waf.rules[1]: no file matches DIR/crs/*.conf',
        'DIR/secbeat.yaml:3:15: pages.deny: cannot read DIR/no.html: there is no such file',
        'DIR/secbeat.yaml:4:34: cannot read DIR/c.pem: there is no such file',
        'DIR/secbeat.yaml:4:50: cannot read DIR/k.pem: there is no such file',
      ],
    },
    {
      name: 'a key in the file itself',
      text: `${up}certificates:\n  - certificateFile: c.pem\n    keyFile: |\n      -----BEGIN PRIVATE KEY-----\n      MC4C\n`,
      problems: [
        'DIR/secbeat.yaml:4:14: certificates[0].keyFile: a certificate or key does not stand in the configuration itself; give the path of its file',
      ],
    },
  ];
  for (const row of rows) {
    test(row.name, async () => {
      const met = await problemsOf(row.text);
      assert.equal(met.length, row.problems.length, met.join('\n'));
      for (const [index, expected] of row.problems.entries()) {
        if (expected.startsWith('^') || expected.startsWith('unknown key "__proto__"')) {
          assert.match(met[index] ?? '', new RegExp(expected));
        } else {
          assert.equal(met[index], expected);
        }
      }
    });
  }
});

describe('config: files that are no configuration', () => {
  const message = (file: string): Promise<string> =>
    loadConfig({ file, environment: {} }).then(
      () => 'was accepted',
      (thrown: Error) => thrown.message.replaceAll(`${directory}/`, 'DIR/'),
    );

  test('missing', async () => {
    assert.equal(
      await message(join(directory, 'no.yaml')),
      'DIR/no.yaml: cannot read DIR/no.yaml: there is no such file',
    );
  });

  test('a directory', async () => {
    assert.equal(
      await message(join(directory, 'no-rules')),
      'DIR/no-rules: DIR/no-rules is a directory; expected a file',
    );
  });

  test('a device', async () => {
    assert.equal(await message('/dev/null'), '/dev/null: /dev/null is not a regular file');
  });

  test('not UTF-8: the line is named', async () => {
    const file = await put('latin1.yaml', Buffer.from('a: 1\n# caf\u00e9\n', 'latin1'));
    assert.equal(
      await message(file),
      'DIR/latin1.yaml:2:1: this line is not UTF-8; save the file in that encoding',
    );
  });

  test('UTF-16', async () => {
    const file = await put('utf16.yaml', Buffer.from('\ufeffupstream: x\n', 'utf16le'));
    assert.match(await message(file), /utf16\.yaml:1:1: this line is not UTF-8/);
  });

  for (const { bytes, isRead } of [
    { bytes: configBytesMax - 1, isRead: true },
    { bytes: configBytesMax, isRead: true },
    { bytes: configBytesMax + 1, isRead: false },
  ]) {
    test(`${bytes} bytes are ${isRead ? 'read' : 'refused'}`, async () => {
      const padded = `${up}#`.padEnd(bytes, 'x');
      const expected = isRead ? /^was accepted$/ : /has 1048577 bytes; at most 1048576 are read$/;
      const met = await problemsOf(padded);
      assert.match(met.join('\n'), expected);
    });
  }

  test('a byte order mark and CRLF are taken', async () => {
    assert.equal((await load(`\ufeff${up.replace('\n', '\r\n')}workers: 2\r\n`)).workers, 2);
  });

  test('more problems than anyone reads are counted', async () => {
    const met = await problemsOf(
      `${up}${Array.from({ length: 70 }, (_, index) => `unknown${index}: 1\n`).join('')}`,
    );
    assert.equal(met.length, 51);
    assert.equal(met.at(-1), '... and 20 more');
  });
});

describe('config: who wins', () => {
  const file = `${up}workers: 2\nlimits: {fieldsMax: 50}\nlisten: ["127.0.0.1:1"]\n`;

  test('file over default', async () => {
    const config = await load(file);
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
    const config = await load(file, { environment });
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
    const config = await load(file, {
      environment: { SECBEAT_LISTEN: '127.0.0.1:2', SECBEAT_UPSTREAM: 'http://127.0.0.1:9' },
      listen: ['127.0.0.1:4'],
      tlsListen: ['127.0.0.1:5'],
      upstream: 'http://127.0.0.1:8',
      dataDirectory: join(directory, 'elsewhere'),
    });
    assert.deepEqual(
      config.listeners.map((listener) => listener.name),
      ['127.0.0.1:4', '127.0.0.1:5'],
    );
    assert.deepEqual(config.upstreams[0]?.peers, [{ host: '127.0.0.1', port: 8 }]);
    assert.equal(config.dataDirectory, join(directory, 'elsewhere'));
  });

  test('a mistake in the environment is named by its variable', async () => {
    const environment = {
      SECBEAT_WORKERS: 'many',
      SECBEAT_LIMITS_FIELDS_MAX: '5',
      SECBEAT_DEADLINES_DRAIN: '9',
    };
    assert.deepEqual((await problemsOf(file, { environment })).toSorted(), [
      'SECBEAT_DEADLINES_DRAIN: deadlines.drain: "9" has no unit; write "9s" or "9ms"',
      'SECBEAT_LIMITS_FIELDS_MAX: limits.fieldsMax: 5 is too small; the minimum is 10',
      'SECBEAT_WORKERS: workers: met "many"; expected "auto" or a whole number',
    ]);
  });

  test('a mistake on the command line is named by its option', async () => {
    assert.deepEqual(await problemsOf(file, { upstream: '3000', listen: [':80'] }), [
      '--listen: listen[0]: ":80" names no address; write 127.0.0.1:80 for this machine only, 0.0.0.0:80 for all of IPv4 or [::]:80 for all of IPv6',
      '--upstream: upstream: "3000" is no origin; expected http://HOST:PORT, for example http://127.0.0.1:3000',
    ]);
  });

  test('a mistyped variable is warned of, a foreign one is not', async () => {
    const environment = { SECBEAT_WORKER: '2', SECBEAT_SERVICE_HOST: '10.0.0.1', WORKERS: 'x' };
    const warnings: string[] = [];
    await load(file, { environment, onWarning: (message) => warnings.push(message) });
    assert.ok(warnings.includes('SECBEAT_WORKER is no setting; did you mean SECBEAT_WORKERS?'));
    assert.ok(!warnings.some((message) => message.includes('SERVICE_HOST')));
  });

  test('SECBEAT_CONFIG names the file, --config wins over it', async () => {
    const other = await put('other.yaml', `${up}workers: 7\n`);
    const environment = { SECBEAT_CONFIG: other };
    assert.equal((await loadConfig({ environment, selfSigned: 'skip' })).workers, 7);
    assert.equal((await load(file, { environment })).workers, 2);
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
    const { hosts } = await load(text);
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
    const { upstreams } = await load(text);
    assert.deepEqual(
      upstreams.map(({ name }) => name),
      ['shop', 'default', '127.0.0.1:4'],
    );
    assert.equal(upstreams[0]?.keepAliveMs, 9000);
    assert.equal(upstreams[0]?.queueMax, 0);
    assert.equal(upstreams[1]?.keepAliveMs, 4000);
  });

  test('the only upstream serves everything', async () => {
    const { hosts } = await load('upstreams: {shop: {peers: ["127.0.0.1:1"]}}\n');
    assert.equal(hosts[0]?.routes[0]?.upstream, 'shop');
  });

  test('hosts alone leave all other names without a route', async () => {
    const { hosts } = await load('hosts: [{names: [a.example], upstream: "127.0.0.1:1"}]\n');
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
      const config = await load(`${up}${row.text}\n`);
      assert.deepEqual(
        config.listeners.map((listener) => [listener.name, listener.redirectToHttpsPort]),
        row.listeners,
      );
    });
  }
});

describe('config: certificates', () => {
  test('are read into the configuration, with their names', async () => {
    const made = await ensureSelfSigned(join(directory, 'made'), ['shop.example']);
    await put('c.pem', made.certificatePem);
    await put('k.pem', made.keyPem);
    const text = `${up}certificates: [{certificateFile: c.pem, keyFile: k.pem}]\n`;
    const { config, warnings } = await read(text);
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
    const made = await ensureSelfSigned(join(directory, 'made'), []);
    await put('c.pem', made.certificatePem);
    await put('k.pem', made.certificatePem);
    assert.deepEqual(
      await problemsOf(`${up}certificates:\n  - certificateFile: c.pem\n    keyFile: k.pem\n`),
      [
        'DIR/secbeat.yaml:4:14: DIR/k.pem holds a certificate and no key; expected PEM with -----BEGIN PRIVATE KEY-----',
      ],
    );
  });

  test('a key that others can read, and an end that is near, are warned of', async () => {
    const made = await ensureSelfSigned(join(directory, 'made'), []);
    await put('c.pem', made.certificatePem);
    await put('k.pem', made.keyPem, 0o644);
    const text = `${up}certificates: [{certificateFile: c.pem, keyFile: k.pem}]\n`;
    const { warnings } = await read(text, { nowMs: Date.now() + 390 * 86_400_000 });
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
    const first = await load(text, { selfSigned: 'create' });
    assert.equal(first.dataDirectory, join(directory, 'state'));
    assert.equal(first.certificates[0]?.place, join(directory, 'state', 'tls', 'self-signed.pem'));
    assert.ok(first.certificates[0]?.names.includes('a.example'));
    assert.deepEqual((await load(text, { selfSigned: 'create' })).certificates, first.certificates);
  });

  test('a configuration that is refused writes nothing', async () => {
    await problemsOf(`${up}dataDirectory: state\nfoo: 1\n`, { selfSigned: 'create' });
    await assert.rejects(rm(join(directory, 'state'), { recursive: true }), { code: 'ENOENT' });
  });

  test('without a TLS listener there are none', async () => {
    const config = await load(`${up}listen: ["127.0.0.1:1"]\n`, { selfSigned: 'create' });
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
  await put('deny.html', '<p>\u00e9</p>');
  const config = await load(text);
  assert.deepEqual(Object.values(config.deadlines), [1000, 2000, 3000, 4000, 5000, 6000]);
  assert.deepEqual(config.accessLog, {
    format: 'combined',
    file: join(directory, 'state/logs/a.log'),
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

test('config: a page that is not UTF-8, or too long, is refused', async () => {
  await put('bad.html', Buffer.from('<p>\n\u00e9', 'latin1'));
  await put('long.html', 'x'.repeat(262_145));
  assert.deepEqual(await problemsOf(`${up}pages: {deny: bad.html, limit: long.html}\n`), [
    'DIR/secbeat.yaml:2:15: pages.deny: DIR/bad.html is not UTF-8 in line 2',
    'DIR/secbeat.yaml:2:32: pages.limit: DIR/long.html has 262145 bytes; at most 262144 are read',
  ]);
});

test('config: a trusted network that is nearly everybody is warned of', async () => {
  const { warnings } = await read(`${up}trustedProxies: [0.0.0.0/7, 10.0.0.0/8]\n`);
  const about = warnings.filter((warning) => warning.includes('trusted'));
  assert.equal(about.length, 1);
  assert.match(about[0] ?? '', /secbeat\.yaml:2:18: 0\.0\.0\.0\/7 is trusted to name the client/);
});

test('config: a file behind a symbolic link is read, its paths start at the link', async () => {
  await put('real/secbeat.yaml', `${up}pages: {deny: p.html}\n`);
  await put('linked/p.html', 'x');
  await symlink('../real/secbeat.yaml', join(directory, 'linked/secbeat.yaml'));
  const config = await loadConfig({
    file: join(directory, 'linked/secbeat.yaml'),
    environment: {},
    selfSigned: 'skip',
  });
  assert.equal(config.pages.denyHtml, 'x');
});
