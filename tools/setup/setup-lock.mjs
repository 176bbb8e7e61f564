/**
 * Lets one set-up at a time touch a node_modules.
 *
 * The lock is a listening socket in Linux's abstract namespace, named after the repository's path. The kernel gives the
 * name to one listener only and takes it back when the last holder is gone, so there is no lock file that could be
 * stale after `kill -9`, and a waiter is woken by the kernel instead of polling.
 *
 * It reaches as far as the network namespace: two containers that share one tree are not held apart.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { SetupProblem } from './problem.mjs';

/** A download of 300 MB at 3 Mbit/s; after that something is wrong that a person must look at. */
const waitMsMax = 15 * 60_000;

/**
 * Runs `work` while holding the lock of `root`, waiting for another holder first.
 *
 * @param {string} root Absolute path of the repository.
 * @param {(line: string) => void} say Takes one line of progress.
 * @param {() => Promise<void>} work
 */
export async function withSetupLock(root, say, work) {
  const name = `\0secbeat-setup-${createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 32)}`;
  const deadlineMs = Date.now() + waitMsMax;
  let release = await tryLock(name);
  if (release === undefined) say('setting up: another set-up of this directory is running; waiting for it');
  while (release === undefined) {
    const leftMs = deadlineMs - Date.now();
    if (leftMs <= 0) {
      throw new SetupProblem(
        `another set-up of ${root} has been running for ${waitMsMax / 60_000} minutes`,
        'End it (it is a node or npm process working in this directory) and start again.',
      );
    }
    await released(name, leftMs);
    release = await tryLock(name);
  }
  try {
    await work();
  } finally {
    release();
  }
}

/** Takes the lock; resolves to what releases it, or to undefined when another holds it. Waiters stay connected. */
function tryLock(name) {
  return new Promise((resolve, reject) => {
    const waiters = new Set();
    const server = createServer((socket) => {
      waiters.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => waiters.delete(socket));
    });
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(name, () => {
      resolve(() => {
        server.close();
        for (const socket of waiters) socket.destroy();
      });
    });
  });
}

/** Resolves when the holder of `name` lets go, or after `leftMs`. */
function released(name, leftMs) {
  return new Promise((resolve) => {
    const socket = connect(name);
    const timer = setTimeout(() => socket.destroy(), leftMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
  });
}
