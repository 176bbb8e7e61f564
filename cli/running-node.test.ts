/** Whole processes: a node, the demo shop, and the commands that speak to them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { call, SecbeatProcess, spawnCall } from './testing/secbeat-process.ts';

const run = promisify(execFile);

describe('up: the demo', () => {
  let node: SecbeatProcess;
  let data = '';
  before(async () => {
    // Relative on purpose: what it prints must work from elsewhere.
    node = new SecbeatProcess(['up', '--data', 'my data']);
    data = join(node.directory, 'my data');
    await node.says('Ctrl-C ends everything.');
  });
  after(async () => {
    await node[Symbol.asyncDispose]();
  });

  test('up: says how long the start took and where everything is', () => {
    assert.match(node.stdout, /^\nSecBeat is ready in \d+\.\d s and protects the demo shop at\n {2}http:/);
    assert.ok(node.stdout.includes(`  data directory: ${data}\n`), node.stdout);
    assert.match(node.stdout, /metrics and health: http:\/\/127\.0\.0\.1:\d+\/metrics http/);
  });

  test('up: the three commands of the tour work as they are printed, from another directory', async () => {
    const commands = node.stdout.split('\n').filter((line) => line.startsWith('  curl '));
    assert.equal(commands.length, 3);
    const answers: string[] = [];
    for (const command of commands) {
      const { stdout } = await run('/bin/sh', ['-c', command], { cwd: '/' });
      answers.push(stdout);
    }
    assert.match(answers[0]!, /^HTTP\/1\.1 200 OK\r\n.*Brass Lamp/s);
    assert.match(answers[1]!, /^HTTP\/1\.1 403 .*"incidentId":"\w{20}"/s);
    assert.match(answers[2]!, /^Incident \w{20} .*REFUSED \(answered 403\): the WAF found/s);
  });

  test('up: the hole is there without the node and not through it', async () => {
    const demoUrl = /unprotected, on (http:\/\/127\.0\.0\.1:\d+)\//.exec(node.stdout)?.[1];
    const attack = '/product?id=0%20UNION%20SELECT%201,name,password,1,name%20FROM%20customer';
    assert.ok((await (await fetch(`${demoUrl}${attack}`)).text()).includes('<h1>demo</h1>'));
    assert.equal((await fetch(`${node.url('http')}${attack}`)).status, 403);
  });

  test('explain: by id in either case, and as JSON', async () => {
    const refusal = await fetch(`${node.url('http')}/search?q=%3Cscript%3Ealert(1)%3C/script%3E`);
    const { incidentId } = (await refusal.json()) as { readonly incidentId: string };
    const shown = await call(['explain', incidentId.toLowerCase(), '--data', data]);
    assert.match(shown.stdout, new RegExp(`^Incident ${incidentId} `));
    const json = await call(['explain', incidentId, '--json', '--data', data]);
    const event = JSON.parse(json.stdout) as { readonly id: string; readonly status: number };
    assert.deepEqual([event.id, event.status], [incidentId, 403]);
  });

  test('explain: an id that this node does not know ends with 1', async () => {
    const { code, stderr } = await call(['explain', '7QK2M9XV0RTDA00000G3', '--data', data]);
    assert.match(stderr, /^secbeat: this node keeps no incident 7QK2M9XV0RTDA00000G3: /);
    assert.equal(code, 1);
  });

  test('status: as text and as JSON; the variable that names the directory to the node names it here too', async () => {
    const shown = await call(['status'], { environment: { SECBEAT_DATA_DIRECTORY: data } });
    assert.match(shown.stdout, /^node n-\w+, version \S+\nready: yes\nlistens on: http:/);
    assert.equal(shown.code, 0);
    const json = await call(['status', '--json', '--data', data]);
    assert.equal((JSON.parse(json.stdout) as { readonly isReady: boolean }).isReady, true);
  });

  test('lists: an entry is added, shown and removed once', async () => {
    const prefix = '203.0.113.0/24';
    const added = await call([
      'denylist',
      'add',
      prefix,
      '--for',
      '2h',
      '--reason',
      'scanner',
      '--data',
      data,
    ]);
    assert.match(added.stdout, /^203\.0\.113\.0\/24 is on the denylist until \d{4}-/);
    const shown = await call(['denylist', 'list', '--data', data]);
    assert.match(shown.stdout, /^203\.0\.113\.0\/24 +until \S+ +added +scanner\n$/);
    const removed = await call(['denylist', 'remove', prefix, '--data', data]);
    assert.equal(removed.stdout, '203.0.113.0/24 was removed from the denylist\n');
    const again = await call(['denylist', 'remove', prefix, '--data', data]);
    assert.deepEqual([again.code, again.stderr], [1, 'secbeat: 203.0.113.0/24 is not on the denylist\n']);
  });

  test('lists: what is no prefix is refused with a remedy', async () => {
    const { code, stderr } = await call(['allowlist', 'add', '203.0.113.9/24', '--data', data]);
    assert.match(
      stderr,
      /write 203\.0\.113\.0\/24 for the network or 203\.0\.113\.9\/32 for the one address/,
    );
    assert.equal(code, 1);
  });

  test('lists: "always" holds on the allowlist until it is removed', async () => {
    const { stdout } = await call(['allowlist', 'add', '203.0.113.7', '--for', 'always', '--data', data]);
    assert.equal(stdout, '203.0.113.7/32 is on the allowlist until removed\n');
  });

  test('attack: the node refuses a whole mix and says how to ask why', async () => {
    for (const target of [node.url('http'), node.url('https').replace('127.0.0.1', 'localhost')]) {
      const { code, stdout } = await call(['attack', target, '-n', '24', '-c', '2']);
      assert.match(stdout, /^24 requests in \d+\.\d s\n/);
      assert.match(stdout, /\nwhy the last one was refused:\n {2}.* explain \w{20}\n$/);
      assert.doesNotMatch(stdout, /\n {2}(2|5)\d\d {2}/);
      assert.equal(code, 0);
    }
  });

  test('attack: Ctrl-C ends it with what came back until then', async () => {
    const origin = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
    const attack = spawnCall(['attack', url, 'load', '-n', '1000000', '-t', '600']);
    await once(origin, 'request');
    attack.child.kill('SIGINT');
    const { code, stdout } = await attack.outcome;
    assert.match(stdout, /^\d+ requests in /);
    assert.equal(code, 130);
    origin.closeAllConnections();
    origin.close();
  });

  test('reload: takes the same configuration again', async () => {
    const { code, stdout } = await call(['reload', '--data', data]);
    assert.deepEqual([code, stdout], [0, 'The new configuration is in force.\n']);
  });

  test('up: a second copy in the same directory names the first and the remedy', async () => {
    const { code, stderr } = await call([
      'up',
      '--data',
      data,
      '--listen',
      '127.0.0.1:0',
      '--tls-listen',
      '127.0.0.1:0',
    ]);
    assert.match(stderr, /another node \(pid \d+\) is using the data directory .*; stop it with "kill \d+"/);
    assert.equal(code, 1);
  });

  test('up: ports that are taken are named with the option that chooses others', async () => {
    const taken = node.url('http').slice('http://'.length);
    const port = /unprotected, on http:\/\/127\.0\.0\.1:(\d+)\//.exec(node.stdout)?.[1] ?? '';
    const directory = mkdtempSync(join(tmpdir(), 'secbeat-cli-'));
    try {
      const own = ['up', '--data', join(directory, 'data'), '--tls-listen', '127.0.0.1:0'];
      const listener = await call([...own, '--listen', taken]);
      assert.match(listener.stderr, new RegExp(`cannot listen on ${taken}: .*--listen HOST:PORT`));
      const demo = await call([...own, '--listen', '127.0.0.1:0', '--demo-port', port]);
      assert.match(demo.stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another program uses`));
      assert.deepEqual([listener.code, demo.code], [1, 1]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('up: a second copy runs beside it in another directory', async () => {
    await using second = new SecbeatProcess(['up', '--data', 'data']);
    await second.says('Ctrl-C ends everything.');
    assert.notEqual(second.url('http'), node.url('http'));
    assert.equal((await fetch(second.url('http'))).status, 200);
    assert.equal(await second.end('SIGINT'), 0);
    assert.equal((await fetch(node.url('http'))).status, 200);
  });
});

test('up: an application that does not answer is said, and the node serves', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, 'close');
  await using node = new SecbeatProcess(['up', '--upstream', origin, '--data', 'data']);
  await node.says('data directory: ');
  assert.ok(node.stdout.includes(`protects ${origin} at`), node.stdout);
  assert.doesNotMatch(node.stdout, /demo shop/);
  assert.equal((await fetch(node.url('http'))).status, 502);
  assert.equal(await node.end('SIGTERM'), 0);
  assert.ok(
    node.stderr.includes(`secbeat: the application at ${origin} does not answer (ECONNREFUSED)`),
    node.stderr,
  );
});

test('node: reload refuses a bad file with places, keeps the old one, and takes a good one', async () => {
  const origin = createServer((_request, response) => response.end('origin')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'secbeat-cli-'));
  try {
    const file = join(directory, 'secbeat.yaml');
    const good = `upstream: http://127.0.0.1:${(origin.address() as AddressInfo).port}\n`;
    writeFileSync(file, good);
    await using node = new SecbeatProcess(['node', '--config', file, '--data', 'data']);
    const data = join(node.directory, 'data');
    await node.says('data directory: ');
    assert.equal(await (await fetch(node.url('http'))).text(), 'origin');

    writeFileSync(file, `${good}limts: {}\n`);
    const refused = await call(['reload', '--data', data]);
    assert.match(
      refused.stderr,
      /^secbeat: the new configuration was refused, the old one stays in force:\n.*secbeat\.yaml:2:1: /,
    );
    assert.equal(refused.code, 1);
    assert.match((await call(['status', '--data', data])).stdout, /\nwarning: the last reload was refused/);
    assert.equal(await (await fetch(node.url('http'))).text(), 'origin');

    writeFileSync(file, `${good}limits: { fieldsMax: 50 }\n`);
    assert.equal((await call(['reload', '--data', data])).code, 0);
    assert.equal(await node.end('SIGTERM'), 0);
  } finally {
    origin.closeAllConnections();
    origin.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

for (const processSignal of ['SIGINT', 'SIGTERM'] as const) {
  test(`up: ${processSignal} at once ends it without a word`, async () => {
    await using node = new SecbeatProcess(['up', '--data', 'data']);
    await once(node.process, 'spawn');
    await node.end(processSignal);
    assert.equal(node.process.signalCode, processSignal);
    assert.deepEqual([node.stdout, node.stderr], ['', '']);
  });

  test(`up: ${processSignal} while the generation starts ends everything and leaves no lock`, async () => {
    await using node = new SecbeatProcess(['up', '--data', 'data']);
    const lock = join(node.directory, 'data', 'node.lock');
    const endsAtMs = performance.now() + 60_000;
    // The supervisor names the generation in its lock as soon as it has started one, which then compiles for a while.
    while (!existsSync(lock) || !/"generations":\[\{/.test(readFileSync(lock, 'utf8'))) {
      assert.ok(performance.now() < endsAtMs && node.process.exitCode === null, node.stderr);
      await wait(2);
    }
    // Resolves when all processes that share its outputs have ended.
    assert.equal(await node.end(processSignal), 0);
    assert.equal(existsSync(lock), false);
    assert.doesNotMatch(node.stderr, /\n {4}at |"level":"error"/);
  });
}

test('up: without a terminal and with an output that nobody reads it still serves', async () => {
  await using node = new SecbeatProcess(['up', '--data', 'data']);
  await node.says('SecBeat is ready');
  node.process.stdout?.destroy();
  const status = await call(['status', '--data', join(node.directory, 'data')]);
  assert.match(status.stdout, /\nready: yes\n/);
  assert.equal(await node.end('SIGINT'), 0);
});
