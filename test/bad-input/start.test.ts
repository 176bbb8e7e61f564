/** Starts that cannot be: ports, data directories and arguments; and an origin that is not there, which is none of these. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { errorLinesOf, runCommand } from './command.ts';

const upstream = ['--upstream', 'http://127.0.0.1:1'];
const anyPort = ['--listen', '127.0.0.1:0'];

let scratch: string;
let origin: Origin;
let running: NodeProcess;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'secbeat-test-start-'));
  origin = await openOrigin();
  running = await startNode({ config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 1\n` });
});

after(async () => {
  await running[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

async function refusedStart(args: readonly string[]): Promise<string> {
  const end = await runCommand(['node', ...args], scratch);
  assert.equal(end.code, 1, end.stderr);
  assert.equal(end.stdout, '');
  const lines = errorLinesOf(end);
  assert.equal(lines.length, 1, end.stderr);
  return lines[0] ?? '';
}

async function assertStillServes(): Promise<void> {
  assert.equal((await fetch(running.url())).status, 200);
  assert.equal((await fetch(`${running.adminUrl}/readyz`)).status, 200);
}

test('bad start: a port that another program has is named, with a remedy', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  assert.equal(
    await refusedStart(['--listen', `127.0.0.1:${port}`, '--data', 'a', ...upstream]),
    `secbeat: cannot listen on 127.0.0.1:${port}: address in use by another program (see "ss -ltnp"); choose another with --listen HOST:PORT`,
  );
  writeFileSync(
    join(scratch, 'admin.yaml'),
    `listen: ['127.0.0.1:0']\nupstream: http://127.0.0.1:1\nadmin: { listen: '127.0.0.1:${port}' }\n`,
  );
  assert.equal(
    await refusedStart(['--config', 'admin.yaml', '--data', 'a']),
    `secbeat: cannot open the admin listener on 127.0.0.1:${port}: the port is in use; choose another with admin.listen`,
  );
  await new Promise((resolve) => server.close(resolve));
});

test('bad start: the ports of a running node are refused to a second one, and the first goes on', async () => {
  for (const option of ['--listen', '--tls-listen']) {
    const remedy = 'address in use by another program (see "ss -ltnp"); choose another with';
    assert.equal(
      await refusedStart([option, `127.0.0.1:${running.port()}`, '--data', 'a', ...upstream]),
      `secbeat: cannot listen on 127.0.0.1:${running.port()}: ${remedy} ${option} HOST:PORT`,
    );
  }
  await assertStillServes();
});

test('bad start: an address that no interface has', async () => {
  assert.equal(
    await refusedStart(['--listen', '203.0.113.1:0', '--data', 'a', ...upstream]),
    'secbeat: cannot listen on 203.0.113.1:0: no interface of this machine has that address; choose another with --listen HOST:PORT',
  );
});

test('bad start: a data directory in use names the process that has it, which goes on', async () => {
  assert.equal(
    await refusedStart(['--data', running.dataDirectory, ...anyPort, ...upstream]),
    `secbeat: another node (pid ${running.pid}) is using the data directory ${running.dataDirectory}; ` +
      `stop it with "kill ${running.pid}", or start this one with another --data DIR and other ports`,
  );
  await assertStillServes();
  assert.equal((await running.refreshStatus()).supervisorPid, running.pid);
});

test('bad start: data directories that cannot be used say why', async () => {
  writeFileSync(join(scratch, 'file'), '');
  mkdirSync(join(scratch, 'shared'));
  writeFileSync(join(scratch, 'shared', 'mine.txt'), '');
  const rows: readonly (readonly [data: string, why: RegExp])[] = [
    ['file', /^EEXIST: file already exists, mkdir '.*'$/],
    ['file/below', /^ENOTDIR: not a directory, mkdir '.*'$/],
    ['shared', /^other users can read it and it holds other files \("chmod 700" it if it is meant\)$/],
    // The one directory of every Linux machine in which not even root can make another.
    ['/sys/secbeat-test', /^(?:EPERM|EACCES|EROFS): .*, mkdir '\/sys\/secbeat-test'$/],
  ];
  for (const [data, why] of rows) {
    const line = await refusedStart(['--data', data, ...anyPort, ...upstream]);
    const parts = /^secbeat: cannot use the data directory (\S+): (.*); choose another with --data DIR$/.exec(
      line,
    );
    assert.ok(parts !== null, line);
    assert.equal(parts[1], data.startsWith('/') ? data : join(scratch, data));
    assert.match(parts[2] ?? '', why);
  }
});

test('bad start: an origin that does not answer is told, the node starts, and visitors get 502', async () => {
  await using node = await startNode({
    config: `listen: ['127.0.0.1:0']\nupstream: http://127.0.0.1:1\nworkers: 1\n`,
  });
  const response = await fetch(node.url());
  assert.equal(response.status, 502);
  assert.equal(((await response.json()) as { readonly title: string }).title, 'Application unreachable');
  await until(
    () =>
      node.errors.includes(
        'secbeat: the application at http://127.0.0.1:1 does not answer (ECONNREFUSED); visitors get 502 until it does\n',
      ),
    10_000,
    () => node.errors,
  );
  // The origin's health is not the node's: a fleet must not lose its nodes with the application.
  const ready = await fetch(`${node.adminUrl}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { ready: true, reasons: [], warnings: [] }]);
});

const calls: readonly (readonly [args: readonly string[], code: number, says: string])[] = [
  [['nod'], 2, "secbeat: unknown command 'nod'\n(Did you mean node?)"],
  [['node', '--frobnicate'], 2, "secbeat: unknown option '--frobnicate'"],
  [['node', '--config'], 2, "secbeat: option '--config <file>' argument missing"],
  [['node', 'extra'], 2, "secbeat: too many arguments for 'node'. Expected 0 arguments but got 1: extra."],
  [['denylist', 'add'], 2, "secbeat: missing required argument 'prefix'"],
  [['explain'], 2, "secbeat: missing required argument 'incident'"],
  [
    ['node', '--listen', '999', '--upstream', 'http://127.0.0.1:1'],
    1,
    'secbeat: --listen: listen[0]: "999" is no HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080\n',
  ],
  [
    ['up', '--demo-port', '99999'],
    2,
    "secbeat: option '--demo-port <port>' argument '99999' is invalid. expected a port from 0 to 65535",
  ],
];
for (const [args, code, says] of calls) {
  test(`bad start: secbeat ${args.join(' ')} is refused with code ${code}`, async () => {
    const end = await runCommand(args, scratch);
    assert.equal(end.code, code, end.stderr);
    assert.ok(end.stderr.startsWith(says), end.stderr);
    assert.doesNotMatch(end.stderr, /\n {4}at /);
    assert.equal(end.stdout, '');
  });
}

for (const command of ['status', 'reload']) {
  test(`bad start: secbeat ${command} without a node says that none runs there`, async () => {
    const end = await runCommand([command, '--data', 'nowhere'], scratch);
    assert.equal(end.code, 1);
    assert.match(end.stderr, /^secbeat: no node is running with the data directory \S+\/nowhere \(--data\)/);
  });
}
