/** Calls of the whole program that end by themselves: wrong ones, and those that need no node. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call } from './testing/secbeat-process.ts';

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'secbeat-calls-'));
  writeFileSync(join(directory, 'good.yaml'), 'upstream: http://127.0.0.1:3000\n');
  writeFileSync(join(directory, 'bad.yaml'), 'upstream: http://127.0.0.1:3000\nlimts: {}\n');
  writeFileSync(join(directory, 'file'), '');
});
after(() => rmSync(directory, { recursive: true, force: true }));

const anyPorts = ['--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0'];

for (const [words, part] of [
  [[], /^Usage: secbeat/],
  [
    ['statsu'],
    /^secbeat: unknown command 'statsu'\n\(Did you mean status\?\)\n\(secbeat --help shows how\)\n$/,
  ],
  [['--versio'], /^secbeat: unknown option '--versio'\n\(Did you mean --version\?\)/],
  [['help', 'statsu'], /^secbeat: unknown command 'statsu'\n\(Did you mean status\?\)/],
  [
    ['help', 'denylist', 'ad'],
    /^secbeat: unknown command 'ad'\n\(Did you mean add\?\)\n\(secbeat denylist --help/,
  ],
  [['denylist'], /^Usage: secbeat denylist/],
  [
    ['denylist', 'add'],
    /^secbeat: missing required argument 'prefix'\n\(secbeat denylist add --help shows how\)\n$/,
  ],
  [
    ['denylist', 'add', '1.2.3.4', '--for', '5'],
    /'5' is invalid\. expected a number and a unit, from 1s to 366d/,
  ],
  [['denylist', 'add', '1.2.3.4', '--for', 'always'], /'always' is invalid/],
  [['denylist', 'add', '1.2.3.4', '--for', '367d'], /'367d' is invalid/],
  [['up', 'extra'], /^secbeat: too many arguments for 'up'/],
  [['up', '--demo-pot', '1'], /\(Did you mean --demo-port\?\)/],
  [['up', '--demo-port', '65536'], /'65536' is invalid\. expected a port from 0 to 65535/],
  [['up', '--demo-port', '-1'], /expected a port from 0 to 65535/],
  [['up', '--demo-port', '80x'], /'80x' is invalid\. expected a port from 0 to 65535/],
  [['up', '--data', ''], /expected the name of a directory, got nothing/],
  [['status', '--data', ' '], /expected the name of a directory, got nothing/],
  [['explain'], /^secbeat: missing required argument 'incident'/],
  [['attack'], /^secbeat: missing required argument 'url'/],
  [['attack', 'http://127.0.0.1:1', 'sqlii'], /expected one of mix, load, .* \(did you mean sqli\?\)/],
  [['attack', 'http://127.0.0.1:1', '-n', '0'], /'0' is invalid\. expected a whole number from 1 to 1000000/],
  [['attack', 'http://127.0.0.1:1', '-n', '1000001'], /expected a whole number from 1 to 1000000/],
  [['attack', 'http://127.0.0.1:1', '-n', '1e3'], /expected a whole number/],
  [['attack', 'http://127.0.0.1:1', '-c', '1001'], /expected a whole number from 1 to 1000\b/],
  [['attack', 'http://127.0.0.1:1', '-t', '601'], /expected a whole number from 1 to 600/],
] as const) {
  test(`wrong call: secbeat ${words.join(' ')} ends with 2 and says what was expected`, async () => {
    const { code, stdout, stderr } = await call(words);
    assert.match(stderr, part);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

for (const [words, part] of [
  [['node'], /^secbeat: configuration: upstream: nothing to protect; say where the application is/],
  [['node', '--config', 'none.yaml'], /^secbeat: none\.yaml: .*there is no such file\n$/],
  [['node', '--config', 'bad.yaml'], /^secbeat: bad\.yaml:2:1: .*limts.*did you mean "limits"/],
  [['node', '--upstream', 'http://127.0.0.1:99999'], /port 99999 is above 65535/],
  [['node', '--upstream', 'http://127.0.0.1:1', '--listen', 'abc'], /--listen: .*"abc" is no HOST:PORT/],
  [['up', '--data', 'file', ...anyPorts], /^secbeat: cannot .*ENOTDIR|^secbeat: cannot .*EEXIST/],
  [
    ['up', '--demo-port', '0', '--upstream', 'http://127.0.0.1:1'],
    /--demo-port is for the demo shop, which does not run/,
  ],
  [
    ['status'],
    /^secbeat: no node is running with the data directory \S+\/data \(\.\/data, the default\), which does not exist; start one with "secbeat up"/,
  ],
  [
    ['reload', '--data', 'none'],
    /^secbeat: no node is running with .*\/none \(--data\), which does not exist/,
  ],
  [['status', '--data', '.'], /^secbeat: no node is running with the data directory \S+ \(--data\); start/],
  [['status', '--data', 'file'], /^secbeat: cannot ask the node .*that is no directory/],
  [['denylist', 'list'], /^secbeat: no node is running/],
  [['allowlist', 'add', '203.0.113.7', '--for', 'always'], /^secbeat: no node is running/],
  [['explain', 'nope'], /^secbeat: "nope" is no incident id; expected the 20 digits and letters/],
  [['explain', '7qk2m9xv0rtda00000g3'], /^secbeat: no node is running/],
  [['explain', '-'], /^secbeat: nothing was read; expected a refusal of the node/],
  [['config', 'check'], /^secbeat: configuration: upstream: nothing to protect/],
  [['config', 'check', '--config', 'bad.yaml'], /^secbeat: bad\.yaml:2:1: /],
  [['config', 'explain', 'limts', '--config', 'good.yaml'], /^secbeat: .*limts.*did you mean "?limits/],
  [
    ['attack', 'http://192.0.2.1/'],
    /^secbeat: target "http:\/\/192\.0\.2\.1\/" names 192\.0\.2\.1, which is not loopback/,
  ],
] as const) {
  test(`refused call: secbeat ${words.join(' ')} ends with 1 and a reason`, async () => {
    const { code, stdout, stderr } = await call(words, { cwd: directory });
    assert.match(stderr, part);
    assert.doesNotMatch(stderr, /\n {4}at |mistake in SecBeat/);
    assert.deepEqual([code, stdout], [1, '']);
  });
}

test('explain: what was read without an incident id is said so', async () => {
  const { code, stderr } = await call(['explain', '-'], { input: '<html>hello</html>' });
  assert.match(stderr, /^secbeat: what was read has no incident id; expected a refusal of the node/);
  assert.equal(code, 1);
});

for (const [words, part] of [
  [['--help'], /\n {2}up \[options\].*Exit codes: 0 done, 1 refused with a reason, 2 called wrongly\.\n$/s],
  [['--version'], /^\d+\.\d+\.\d+\n$/],
  [['help'], /^Usage: secbeat \[options\]/],
  [['help', 'attack'], /Families:\n {2}sqli .*Any target but loopback is refused/s],
  [['help', 'denylist', 'add'], /^Usage: secbeat denylist add .*default: 24h\)/s],
  [['allowlist', 'help', 'add'], /always \(default: 24h\)/],
  [['up', '--help'], /--demo-port <port> .*\(default: any free\s+one\)\n/],
  [
    ['config', 'check', '--config', 'good.yaml'],
    /^The configuration is sound: 2 listeners, 1 upstream, \d+ WAF rules\.\n$/,
  ],
  [['config', 'explain', '--config', 'good.yaml'], /^upstream = .*http:\/\/127\.0\.0\.1:3000.*good\.yaml:1/m],
  [['config', 'explain', 'limits', '--config', 'good.yaml'], /limits\.requestsPerSecond = /],
] as const) {
  test(`call: secbeat ${words.join(' ')} ends with 0`, async () => {
    const { code, stdout, stderr } = await call(words, { cwd: directory });
    assert.match(stdout, part);
    assert.deepEqual([code, stderr], [0, '']);
  });
}

test('config explain: without a configuration it shows the defaults, and says so', async () => {
  const { code, stdout, stderr } = await call(['config', 'explain', 'limits'], { cwd: directory });
  assert.match(stdout, /limits\.fieldsMax = 100\b/);
  assert.match(stderr, /^secbeat: nothing is configured; these are the defaults/);
  assert.equal(code, 0);
});

test('config schema: is JSON', async () => {
  const { code, stdout } = await call(['config', 'schema']);
  assert.equal(code, 0);
  assert.equal(typeof (JSON.parse(stdout) as { properties: { limits: object } }).properties.limits, 'object');
});

test('config check: the environment counts', async () => {
  const environment = { SECBEAT_CONFIG: 'bad.yaml' };
  assert.match(
    (await call(['config', 'check'], { cwd: directory, environment })).stderr,
    /^secbeat: bad\.yaml:2:1/,
  );
});

test('output: a reader that stops reading is no error', async () => {
  const entry = fileURLToPath(new URL('secbeat.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, 'config', 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = await once(child, 'close');
  assert.deepEqual([code, stderr], [0, '']);
});

test('attack: nobody at the target ends with 1', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  const { code, stderr } = await call(['attack', `http://127.0.0.1:${port}`, '-n', '1000000', '-t', '600']);
  assert.match(stderr, /answered none of \d+ requests \(ECONNREFUSED\); is a node listening there\?/);
  assert.equal(code, 1);
});
