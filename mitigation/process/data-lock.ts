/**
 * The lock of a data directory: one supervisor at a time, also after `kill -9` of the last one.
 *
 *      node.lock  {"holder": supervisor, "generations": [its processes]}
 *
 * The file appears by link(2), which is atomic and fails when it exists. A lock whose holder has ended is moved aside by
 * rename(2), so that of several starters one wins; should that one have moved a lock that was fresh, it sees so by
 * its text and puts it back, and the owner sees so by `assertHeld` before it touches anything else.
 *
 * The generations are named because they outlive a killed supervisor for a moment while they drain. Two owners of
 * one event store would be worse than that moment: the next supervisor waits for them, and ends them when they overstay.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { makeDirectory } from './make-directory.ts';
import { identityName } from './node-identity.ts';
import {
  decodeProcessIdentity,
  identifyProcess,
  isRunning,
  type ProcessIdentity,
} from './process-identity.ts';

const lockName = 'node.lock';

/** How often an acquisition starts over because somebody else changed the file in between. */
const attemptsMax = 20;

/** How long the generations of a dead supervisor may take to drain by themselves. They are told 2 s (generation.ts). */
const leftoversDeadlineMs = 5000;

/** Between two looks at whether the leftovers have ended. */
const leftoversPollMs = 20;

interface LockText {
  readonly holder: ProcessIdentity;
  readonly generations: readonly ProcessIdentity[];
}

/** A data directory that this process owns. */
export interface DataLock extends Disposable {
  readonly directory: string;
  /** True when the lock of a supervisor that had died was taken over. */
  readonly wasStale: boolean;
  /** Throws a `Fault` when the lock is not ours any more. */
  assertHeld(): void;
  /** Records the generations that run now. */
  setGenerations(pids: readonly number[]): void;
  /** Releases the lock. Leaves a lock that is not ours alone. */
  release(): void;
}

/**
 * Makes the directory when it is missing (mode 0700) and locks it. Throws a `Fault` that names the process that holds it, or says why
 * the directory cannot be used. Resolves when nothing of an earlier owner runs any more.
 */
export async function lockDataDirectory(directory: string): Promise<DataLock> {
  prepareDirectory(directory);
  const path = join(directory, lockName);
  const holder = requireOwnIdentity();
  let own = encodeLock({ holder, generations: [] });
  let stale: LockText | undefined;
  for (let attempt = 0; ; attempt++) {
    if (attempt === attemptsMax) {
      throw new Fault(
        'data-locked',
        `${path} changes all the time: several nodes start in one directory; start one`,
        {
          source: 'operator',
          retry: true,
        },
      );
    }
    if (tryLink(directory, path, own)) break;
    const text = readLock(path);
    if (text === undefined) continue;
    const found = decodeLock(text);
    if (found !== undefined && isRunning(found.holder)) throw heldFault(directory, found.holder.pid);
    if (moveAside(path, text)) stale = found ?? stale;
  }
  const assertHeld = (): void => {
    if (readLock(path) !== own) {
      throw new Fault('data-locked', `${path} was taken by another process while this one started`, {
        source: 'operator',
      });
    }
  };
  const release = (): void => {
    if (readLock(path) === own) unlinkSync(path);
  };
  await endLeftovers(stale?.generations ?? []);
  assertHeld();
  return {
    directory,
    wasStale: stale !== undefined,
    assertHeld,
    setGenerations: (pids) => {
      const generations = pids.map(identifyProcess).filter((identity) => identity !== undefined);
      assertHeld();
      own = encodeLock({ holder, generations });
      const next = `${path}.${process.pid}.next`;
      writeFileSync(next, own, { mode: 0o600 });
      renameSync(next, path);
    },
    release,
    [Symbol.dispose]: release,
  };
}

/** Returns who holds the lock of `directory` now, for messages of a client; undefined when nobody does. */
export function findHolder(directory: string): ProcessIdentity | undefined {
  const text = readLock(join(directory, lockName));
  const holder = text === undefined ? undefined : decodeLock(text)?.holder;
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

function heldFault(directory: string, pid: number): Fault {
  const message =
    `another node (pid ${pid}) is using the data directory ${directory}; ` +
    `stop it with "kill ${pid}", or start this one with another --data DIR and other ports`;
  return new Fault('data-locked', message, { source: 'operator' });
}

function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory);
    if ((statSync(directory).mode & 0o077) === 0) return;
    // Keys and masked events will lie in it. A directory with other things in it is not ours to close: it may be /tmp.
    const names = readdirSync(directory);
    if (names.length > 0 && !names.includes(identityName)) {
      throw new Error('other users can read it and it holds other files ("chmod 700" it if it is meant)');
    }
    chmodSync(directory, 0o700);
  } catch (thrown) {
    const message = `cannot use the data directory ${directory}: ${asError(thrown).message}; choose another with --data DIR`;
    throw new Fault('data-directory', message, { source: 'operator', cause: thrown });
  }
}

function requireOwnIdentity(): ProcessIdentity {
  const identity = identifyProcess(process.pid);
  if (identity !== undefined) return identity;
  throw new Fault(
    'proc-missing',
    `cannot read /proc/${process.pid}/stat; the node needs Linux with /proc mounted`,
    {
      source: 'operator',
    },
  );
}

function tryLink(directory: string, path: string, text: string): boolean {
  const draft = uniquePath(path);
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  } catch (thrown) {
    const message = `cannot write in the data directory ${directory}: ${asError(thrown).message}; choose another with --data DIR`;
    throw new Fault('data-directory', message, { source: 'operator', cause: thrown });
  }
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return false;
    throw thrown;
  } finally {
    unlinkSync(draft);
  }
}

/** Moves the lock away when it still says `text`. Returns false when somebody else was quicker. */
function moveAside(path: string, text: string): boolean {
  const aside = uniquePath(path);
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return false;
    throw thrown;
  }
  try {
    if (readLock(aside) === text) return true;
    linkSync(aside, path);
  } catch (thrown) {
    // A third starter has locked meanwhile; the one whose lock we moved finds out by assertHeld.
    if (!hasCode(thrown, 'EEXIST')) throw thrown;
  } finally {
    unlinkSync(aside);
  }
  return false;
}

async function endLeftovers(generations: readonly ProcessIdentity[]): Promise<void> {
  let leftovers = generations.filter(isRunning);
  for (
    let waitedMs = 0;
    leftovers.length > 0 && waitedMs < leftoversDeadlineMs;
    waitedMs += leftoversPollMs
  ) {
    await wait(leftoversPollMs);
    leftovers = leftovers.filter(isRunning);
  }
  for (const leftover of leftovers) {
    // Ours by pid and start time: a generation whose supervisor is dead and that does not end by itself.
    if (isRunning(leftover)) process.kill(leftover.pid, 'SIGKILL');
  }
}

function encodeLock(lock: LockText): string {
  return `${JSON.stringify(lock)}\n`;
}

/** A lock that cannot be read is one of a node that died while writing, or an edit by hand: nobody holds it. */
function decodeLock(text: string): LockText | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { holder, generations } = (value ?? {}) as {
    readonly holder?: unknown;
    readonly generations?: unknown;
  };
  const identity = decodeProcessIdentity(holder);
  if (identity === undefined || !Array.isArray(generations)) return undefined;
  return {
    holder: identity,
    generations: generations.map(decodeProcessIdentity).filter((known) => known !== undefined),
  };
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function uniquePath(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
}

function hasCode(thrown: unknown, code: string): boolean {
  return (thrown as { readonly code?: unknown }).code === code;
}
