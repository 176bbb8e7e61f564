import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { findHolder, lockDataDirectory } from './data-lock.ts';
import { decodeProcessIdentity, identifyProcess, isRunning } from './process-identity.ts';

let root = '';
let directory = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'secbeat-lock-'));
  directory = join(root, 'data');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const self = identifyProcess(process.pid)!;

/** Writes the lock of a holder as it would be found. */
function writeLock(holder: unknown, generations: readonly unknown[] = []): void {
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'node.lock'), JSON.stringify({ holder, generations }));
}

test('data lock: makes the directory for the owner alone, and its release leaves nothing', async () => {
  const lock = await lockDataDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(lock.wasStale, false);
  assert.equal(findHolder(directory)?.pid, process.pid);
  lock.release();
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(findHolder(directory), undefined);
});

test('data lock: while its holder runs another is refused with the pid and the remedy', async () => {
  using _ = await lockDataDirectory(directory);
  await assert.rejects(lockDataDirectory(directory), {
    code: 'data-locked',
    message: `another node (pid ${process.pid}) is using the data directory ${directory}; stop it with "kill ${process.pid}", or start this one with another --data DIR and other ports`,
  });
});

test('data lock: of several that start at once one gets it', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDirectory(directory)));
  assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
  assert.deepEqual(readdirSync(directory), ['node.lock']);
});

const stale = [
  { name: 'a process that got the same pid later', holder: { ...self, startTicks: self.startTicks + 1 } },
  { name: 'a boot before this one', holder: { ...self, bootId: 'another' } },
  { name: 'a pid that nobody has', holder: { ...self, pid: 2 ** 22 + 1 } },
  { name: 'no process at all', holder: null },
  { name: 'a pid of 0', holder: { ...self, pid: 0 } },
];

for (const { name, holder } of stale) {
  test(`data lock: is taken over from ${name}`, async () => {
    writeLock(holder);
    using lock = await lockDataDirectory(directory);
    assert.equal(findHolder(directory)?.pid, process.pid);
    lock.assertHeld();
    assert.deepEqual(readdirSync(directory), ['node.lock']);
  });
}

for (const text of ['', '{', '[]', 'null', '7']) {
  test(`data lock: is taken over from a file that holds ${JSON.stringify(text)}`, async () => {
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'node.lock'), text);
    using lock = await lockDataDirectory(directory);
    lock.assertHeld();
  });
}

test('data lock: a generation that outlived its supervisor is waited for, and ended when it overstays', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const generation = identifyProcess(child.pid!)!;
  writeLock({ ...self, startTicks: self.startTicks + 1 }, [generation]);
  using lock = await lockDataDirectory(directory);
  assert.equal(lock.wasStale, true);
  assert.deepEqual(await exited, [null, 'SIGKILL']);
});

test('data lock: a stranger that has the pid of an old generation is left alone', async () => {
  writeLock({ ...self, startTicks: self.startTicks + 1 }, [{ ...self, startTicks: self.startTicks + 1 }]);
  using lock = await lockDataDirectory(directory);
  lock.assertHeld();
});

test('data lock: names the generations that run', async () => {
  using lock = await lockDataDirectory(directory);
  lock.setGenerations([process.pid]);
  const { generations } = JSON.parse(readFileSync(join(directory, 'node.lock'), 'utf8'));
  assert.deepEqual(generations, [self]);
  lock.assertHeld();
});

test('data lock: one that was taken away is noticed, and its taker’s is not removed', async () => {
  const lock = await lockDataDirectory(directory);
  writeFileSync(join(directory, 'node.lock'), 'of another');
  assert.throws(() => lock.assertHeld(), { code: 'data-locked' });
  assert.throws(() => lock.setGenerations([]), { code: 'data-locked' });
  lock.release();
  assert.equal(existsSync(join(directory, 'node.lock')), true);
});

test('data directory: a file in its place is refused with the option', async () => {
  writeFileSync(directory, '');
  await assert.rejects(lockDataDirectory(directory), {
    code: 'data-directory',
    message: /choose another with --data DIR/,
  });
});

test('data directory: an empty one that others can read is closed to them', async () => {
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  using _ = await lockDataDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('data directory: somebody else’s is not touched', async () => {
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, 'letters.txt'), '');
  await assert.rejects(lockDataDirectory(directory), {
    code: 'data-directory',
    message: /it holds other files/,
  });
  assert.equal(statSync(directory).mode & 0o777, 0o755);
});

test('process identity: this process runs; the same pid with another start does not', () => {
  assert.equal(isRunning(self), true);
  assert.equal(isRunning({ ...self, startTicks: self.startTicks - 1 }), false);
  assert.equal(identifyProcess(2 ** 22 + 1), undefined);
});

const noIdentities = [
  { name: 'null', value: null },
  { name: 'a number', value: 7 },
  { name: 'an empty object', value: {} },
  { name: 'a negative pid', value: { ...self, pid: -1 } },
  { name: 'a pid as text', value: { ...self, pid: '1' } },
  { name: 'a fraction of a tick', value: { ...self, startTicks: 0.5 } },
  { name: 'one without a boot', value: { pid: 1, startTicks: 1 } },
];

for (const { name, value } of noIdentities) {
  test(`process identity: ${name} is none`, () => assert.equal(decodeProcessIdentity(value), undefined));
}
