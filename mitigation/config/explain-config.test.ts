import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureSelfSigned } from '../connection/tls/self-signed.ts';
import { explainConfig } from './explain-config.ts';
import { type LoadedConfig, readConfig } from './load.ts';

let directory = '';
let loaded: LoadedConfig;
let keyPem = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secbeat-explain-'));
  const made = await ensureSelfSigned(join(directory, 'made'), []);
  keyPem = made.keyPem;
  await writeFile(join(directory, 'c.pem'), made.certificatePem);
  await writeFile(join(directory, 'k.pem'), made.keyPem, { mode: 0o600 });
  const file = join(directory, 'secbeat.yaml');
  const text = `upstreams:
  shop:
    peers: [http://127.0.0.1:1]
    keepAlive: 2s
hosts:
  - names: [a.example]
    upstream: shop
    waf: {excludeRules: [7]}
certificates:
  - {certificateFile: c.pem, keyFile: k.pem}
denylist: [203.0.113.0/24, {prefix: 192.0.2.1, reason: scans}]
limits:
  fieldsMax: 50
`;
  await writeFile(file, text);
  loaded = await readConfig({
    file,
    environment: { SECBEAT_WORKERS: '2' },
    upstream: 'http://127.0.0.1:9',
    selfSigned: 'skip',
  });
});

after(() => rm(directory, { recursive: true }));

/** The lines without the directory, blanks made one. */
function linesOf(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll(`${directory}/`, '').replaceAll(/ +/g, ' '));
}

describe('explain: each value has its origin', () => {
  const rows: readonly string[] = [
    'listen = [] # default',
    'workers = 2 # SECBEAT_WORKERS',
    'upstream = "http://127.0.0.1:9" # --upstream',
    'upstreams.shop.peers = ["http://127.0.0.1:1"] # secbeat.yaml:3:12',
    'upstreams.shop.keepAlive = "2s" # secbeat.yaml:4:16',
    'upstreams.shop.queueMax = 1024 # default',
    'hosts[0].names = ["a.example"] # secbeat.yaml:6:12',
    'hosts[0].waf.excludeRules = [7] # secbeat.yaml:8:25',
    'certificates[0].keyFile = "k.pem" # secbeat.yaml:10:39',
    'denylist[0] = "203.0.113.0/24" # secbeat.yaml:11:12',
    'denylist[1].reason = "scans" # secbeat.yaml:11:56',
    'limits.fieldsMax = 50 # secbeat.yaml:13:14',
    'limits.headMax = "32KiB" # default',
    'pages = {} # default',
  ];
  for (const row of rows) {
    test(row, () => {
      const expected = row.startsWith('listen') ? 'listen = ["127.0.0.1:8080"] # default' : row;
      const lines = linesOf(explainConfig(loaded));
      assert.ok(lines.includes(expected), lines.join('\n'));
    });
  }
});

test('explain: private keys are not shown', () => {
  const text = explainConfig(loaded);
  assert.ok(!text.includes('PRIVATE KEY'));
  assert.ok(!text.includes(keyPem.split('\n')[1] ?? 'no key'));
});

test('explain: one key, with its meaning, default and variable', () => {
  assert.deepEqual(linesOf(explainConfig(loaded, 'limits.fieldsMax')), [
    '# Header fields of a request; 431. From 10 to 1000.',
    '# Default: 100',
    '# Environment: SECBEAT_LIMITS_FIELDS_MAX',
    'limits.fieldsMax = 50 # secbeat.yaml:13:14',
  ]);
});

test('explain: a section, an item, a key that is not set', () => {
  assert.deepEqual(linesOf(explainConfig(loaded, 'log')), [
    "# The node's own log, on standard error.",
    'log.level = "info" # default',
  ]);
  assert.equal(linesOf(explainConfig(loaded, 'hosts[0]')).length, 4);
  assert.equal(linesOf(explainConfig(loaded, 'pages.deny')).at(-1), 'pages.deny is not set');
});

describe('explain: a key that does not exist is refused with the nearest', () => {
  const rows: readonly (readonly [key: string, message: RegExp])[] = [
    ['limits.fieldMax', /unknown key "limits\.fieldMax"; did you mean "limits\.fieldsMax"\?/],
    ['limit', /unknown key "limit"; did you mean "limits"\?/],
    ['zzzzzz', /unknown key "zzzzzz"; known are listen, /],
    ['log.level.x', /unknown key "log\.level\.x"/],
    ['log[0]', /unknown key "log\[0\]"/],
    ['__proto__', /unknown key "__proto__"/],
    ['constructor', /unknown key "constructor"/],
  ];
  for (const [key, message] of rows) {
    test(key, () => assert.throws(() => explainConfig(loaded, key), { code: 'config-key-unknown', message }));
  }
});
