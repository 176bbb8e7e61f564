/**
 * The bootstrap against a tree of its own and an npm of ours: what it installs is a link to this runtime, so each row
 * takes a fraction of a second and needs no network. The real npm is run by every CI job before it gets here.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const setupFolder = dirname(fileURLToPath(import.meta.url));
const runtimePackage = `node-linux-${process.arch}`;
/** Tells the fake npm to wait until it may go on, so that a test can act in the middle of an install. */
const gate = 'NPM_GATE';

let directory = '';
let root = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secbeat-bootstrap-'));
  root = join(directory, 'repository');
  mkdirSync(join(root, 'tools/setup'), { recursive: true });
  mkdirSync(join(root, 'cli'));
  mkdirSync(join(directory, 'bin'));
  mkdirSync(join(directory, 'home'));
  for (const name of readdirSync(setupFolder)) {
    if (name.endsWith('.mjs')) copyFileSync(join(setupFolder, name), join(root, 'tools/setup', name));
  }
  writeLock('1.0.0');
  writeFileSync(
    join(root, 'cli/secbeat.ts'),
    `console.log('ran', ...process.argv.slice(2)); process.exitCode = 7;\n`,
  );
  writeNpm(0, '');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function writeLock(yamlVersion: string): void {
  const packages = {
    '': { name: 'tried' },
    base: { name: '@secbeat/base' },
    'node_modules/yaml': { version: yamlVersion, integrity: `sha512-${yamlVersion}` },
    [`node_modules/${runtimePackage}`]: {
      version: process.versions.node,
      integrity: 'sha512-r',
      optional: true,
    },
    'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-e', optional: true },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

/** An npm that counts its runs and installs what the lockfile names (the runtime as a link to ours), or fails. */
function writeNpm(code: number, says: string, omit = ''): void {
  const script = `#!${process.execPath}
const { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
appendFileSync(${JSON.stringify(join(directory, 'npm-runs'))}, process.argv.slice(2).join(' ') + '\\n');
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/yaml', { recursive: true });
const gate = process.env.${gate};
if (gate) writeFileSync(gate + '.pid', String(process.pid));
while (gate && !existsSync(gate)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
if (${code} !== 0) { console.error(${JSON.stringify(says)}); process.exit(${code}); }
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const installed = {};
for (const name of ['yaml', '${runtimePackage}']) {
  if (name === '${omit}') continue;
  mkdirSync('node_modules/' + name, { recursive: true });
  writeFileSync('node_modules/' + name + '/package.json', '{}');
  installed['node_modules/' + name] = packages['node_modules/' + name];
}
if (installed['node_modules/${runtimePackage}']) {
  mkdirSync('node_modules/${runtimePackage}/bin');
  symlinkSync(${JSON.stringify(process.execPath)}, 'node_modules/${runtimePackage}/bin/node');
}
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
`;
  writeFileSync(join(directory, 'bin/npm'), script);
  chmodSync(join(directory, 'bin/npm'), 0o755);
}

function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { HOME: join(directory, 'home'), PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, ...more };
}

function start(...args: readonly string[]) {
  const script = join(root, 'tools/setup/start.mjs');
  return spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: environment(),
    timeout: 30_000,
  });
}

function startAside(more: Readonly<Record<string, string>> = {}): ChildProcess {
  const script = join(root, 'tools/setup/start.mjs');
  return spawn(process.execPath, [script], { env: environment(more), stdio: ['ignore', 'pipe', 'pipe'] });
}

function npmRuns(): readonly string[] {
  const file = join(directory, 'npm-runs');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

/** Waits until `file` is there. */
async function appears(file: string): Promise<void> {
  await becomes(() => existsSync(file));
}

/** Waits for what no event tells; the test runner's own limit ends a wait that is in vain. */
async function becomes(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('bootstrap: the first run installs and hands over arguments and exit code', () => {
  const ended = start('--listen', 'a b');
  assert.equal(ended.stdout, 'ran up --listen a b\n');
  assert.equal(ended.status, 7);
  assert.match(ended.stderr, /setting up: 2 packages .*\n(.*\n)*secbeat: setting up: done in \d+ s/);
  assert.match(npmRuns()[0] ?? '', /^ci --ignore-scripts --no-audit --no-fund /);
});

test('bootstrap: the second run asks npm nothing and says nothing', () => {
  start();
  const ended = start();
  assert.deepEqual([ended.stdout, ended.stderr, ended.status], ['ran up\n', '', 7]);
  assert.equal(npmRuns().length, 1);
});

test('bootstrap: another lockfile is installed', () => {
  start();
  writeLock('1.0.1');
  start();
  assert.equal(npmRuns().length, 2);
});

test('bootstrap: a package that has gone is installed again', () => {
  start();
  rmSync(join(root, 'node_modules/yaml'), { recursive: true });
  assert.equal(start().status, 7);
  assert.equal(npmRuns().length, 2);
});

test('bootstrap: what npm ci made by hand is taken over', () => {
  spawnSync(join(directory, 'bin/npm'), ['ci'], { cwd: root, env: environment() });
  assert.equal(start().status, 7);
  assert.deepEqual(npmRuns(), ['ci']);
});

test('bootstrap: what npm ci made by hand of another lockfile is not', () => {
  spawnSync(join(directory, 'bin/npm'), ['ci'], { cwd: root, env: environment() });
  writeLock('1.0.1');
  start();
  assert.equal(npmRuns().length, 2);
});

test('bootstrap: killed in the middle of an install, npm ends with it and the next run repairs', async () => {
  const file = join(directory, 'gate');
  const killed = startAside({ [gate]: file });
  await appears(`${file}.pid`);
  killed.kill('SIGKILL');
  await once(killed, 'close');
  const npmPid = Number(readFileSync(`${file}.pid`, 'utf8'));
  await becomes(() => !isRunning(npmPid));
  assert.equal(start().status, 7);
  assert.equal(npmRuns().length, 2);
});

test('bootstrap: of two at once one installs and both run', async () => {
  const file = join(directory, 'gate');
  const first = startAside({ [gate]: file });
  await appears(`${file}.pid`);
  const second = startAside();
  const [said] = (await once(second.stderr ?? second, 'data')) as [Buffer];
  assert.match(said.toString(), /another set-up of this directory is running; waiting for it/);
  writeFileSync(file, '');
  const ends = await Promise.all([once(first, 'close'), once(second, 'close')]);
  assert.deepEqual(
    ends.map(([code]) => code as unknown),
    [7, 7],
  );
  assert.equal(npmRuns().length, 1);
});

const failures: readonly { readonly name: string; readonly npm: () => void; readonly says: RegExp }[] = [
  {
    name: 'no network',
    npm: () => writeNpm(1, 'npm error code EAI_AGAIN'),
    says: /npm error code EAI_AGAIN[\s\S]*npm cannot reach its registry\n\nThe first start needs the network once/,
  },
  { name: 'a read-only tree', npm: () => writeNpm(1, 'npm error code EROFS'), says: /npm may not write/ },
  { name: 'a full disk', npm: () => writeNpm(1, 'npm error code ENOSPC'), says: /the disk is full/ },
  {
    name: 'another file than the lockfile names',
    npm: () => writeNpm(1, 'EINTEGRITY'),
    says: /is not the one that package-lock/,
  },
  {
    name: 'something unknown',
    npm: () => writeNpm(1, 'npm error odd'),
    says: /npm error odd[\s\S]*npm ci failed/,
  },
  {
    name: 'a runtime that npm passed over',
    npm: () => writeNpm(0, '', runtimePackage),
    says: /pinned runtime cannot be used: .* is missing[\s\S]*omit must not name "optional"/,
  },
  {
    name: 'a package that npm passed over',
    npm: () => writeNpm(0, '', 'yaml'),
    says: /packages are missing in node_modules/,
  },
  { name: 'no npm', npm: () => rmSync(join(directory, 'bin/npm')), says: /npm/ },
];
for (const { name, npm, says } of failures) {
  test(`bootstrap: ${name} is told with what to do, and the next run tries again`, () => {
    npm();
    const ended = spawnSync(process.execPath, [join(root, 'tools/setup/start.mjs')], {
      encoding: 'utf8',
      env: environment({ PATH: `${join(directory, 'bin')}` }),
    });
    assert.equal(ended.status, 1);
    assert.equal(ended.stdout, '');
    assert.match(ended.stderr, says);
    assert.doesNotMatch(ended.stderr, /\n {4}at /);
    writeNpm(0, '');
    assert.equal(start().status, 7);
  });
}

const signals: readonly { readonly name: NodeJS.Signals; readonly code: number }[] = [
  { name: 'SIGINT', code: 21 },
  { name: 'SIGTERM', code: 22 },
  { name: 'SIGHUP', code: 23 },
];
for (const { name, code } of signals) {
  test(`bootstrap: ${name} reaches the runtime and its exit code comes back`, async () => {
    start();
    writeFileSync(
      join(root, 'cli/secbeat.ts'),
      `process.on('${name}', () => process.exit(${code}));\nsetInterval(() => {}, 1000);\nconsole.log('up');\n`,
    );
    const running = startAside();
    await once(running.stdout ?? running, 'data');
    running.kill(name);
    assert.deepEqual(await once(running, 'close'), [code, null]);
  });
}

test('bootstrap: a signal to the whole process group reaches the runtime once', async () => {
  start();
  const file = join(directory, 'signals');
  writeFileSync(
    join(root, 'cli/secbeat.ts'),
    `import { appendFileSync } from 'node:fs';
process.on('SIGTERM', () => {
  appendFileSync(${JSON.stringify(file)}, 'x');
  setTimeout(() => process.exit(0), 1000);
});
console.log('up');
setInterval(() => {}, 1000);\n`,
  );
  const launcher = `${process.execPath} ${join(root, 'tools/setup/start.mjs')}`;
  const npm = spawn('/bin/sh', ['-c', `${launcher}; true`], {
    env: environment({ npm_lifecycle_event: 'start' }),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(npm.stdout ?? npm, 'data');
  process.kill(-(npm.pid ?? Number.NaN), 'SIGTERM');
  // The pipe is the launcher's and the runtime's too: it ends when both have.
  await once(npm, 'close');
  assert.equal(readFileSync(file, 'utf8'), 'x');
});

/** An entry that says its pid and, when it is asked to end, that it was. */
function writePatientEntry(): void {
  const file = JSON.stringify(join(directory, 'ended'));
  writeFileSync(
    join(root, 'cli/secbeat.ts'),
    `import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => { writeFileSync(${file}, ''); process.exit(0); });
setInterval(() => {}, 1000);
console.log(process.pid);\n`,
  );
}

test('bootstrap: killed while the runtime runs, it leaves nobody behind', async () => {
  start();
  writePatientEntry();
  const running = startAside();
  const [pid] = (await once(running.stdout ?? running, 'data')) as [Buffer];
  running.kill('SIGKILL');
  await appears(join(directory, 'ended'));
  await becomes(() => !isRunning(Number(pid.toString())));
});

test('bootstrap: when the npm that started it is killed, the runtime is asked to end', async () => {
  start();
  writePatientEntry();
  const launcher = `${process.execPath} ${join(root, 'tools/setup/start.mjs')}`;
  const npm = spawn('/bin/sh', ['-c', `${launcher}; true`], {
    env: environment({ npm_lifecycle_event: 'start' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(npm.stdout ?? npm, 'data')) as [Buffer];
  npm.kill('SIGKILL');
  await appears(join(directory, 'ended'));
  await becomes(() => !isRunning(Number(pid.toString())));
});

test('bootstrap: a runtime that dies of a signal gives 128 + signal', () => {
  start();
  writeFileSync(join(root, 'cli/secbeat.ts'), `process.kill(process.pid, 'SIGKILL');\n`);
  assert.equal(start().status, 137);
});

/** Whether a process runs. One that has ended and only waits for its parent (a zombie) does not. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false; // No such process any more.
  }
}
