/**
 * Hands over to the pinned runtime: one child process that gets our terminal, our signals and our exit code.
 *
 * Node.js 20 cannot replace its own process image, so this process stays as a thin parent. The child gets a process
 * group of its own: otherwise Ctrl-C, or a signal to the whole group as `timeout` sends it, would reach it once
 * directly and again from us (npm repeats signals as well), and a second signal means "at once" to a node.
 *
 * Nobody above or below is left alone: the child is asked to end when we are killed, and it is asked to end when the
 * npm that started us is (npm dies of SIGTERM without telling its script).
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { runtimePath } from './install.mjs';
import { SetupProblem } from './problem.mjs';
import { tied } from './tie.mjs';

const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
/** The terminal and npm repeat one Ctrl-C within a few milliseconds; a person does not. */
const sameSignalMs = 250;

/** How often we look whether the npm that started us is still there. */
const parentCheckEveryMs = 500;

/**
 * Runs `entry` with the pinned runtime and resolves to the exit code that this process must end with (128 + signal
 * when the child died of one).
 *
 * @param {string} root Absolute path of the repository.
 * @param {string} entry TypeScript file, relative to `root`.
 * @param {readonly string[]} args
 */
export function launch(root, entry, args) {
  const runtime = runtimePath(root);
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
  return new Promise((resolve, reject) => {
    const [command, ...commandArgs] = tied('TERM', [runtime, join(root, entry), ...args]);
    const child = spawn(command, commandArgs, {
      stdio: 'inherit',
      detached: true,
      env: {
        ...process.env,
        PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
      },
    });
    const lastMs = new Map();
    const forward = (name) => {
      const nowMs = Date.now();
      if (nowMs - (lastMs.get(name) ?? 0) < sameSignalMs) return;
      lastMs.set(name, nowMs);
      // A closed terminal means "end"; SIGHUP itself would mean "load the configuration again" to a node.
      child.kill(name === 'SIGHUP' && atTerminal && isTerminalGone() ? 'SIGTERM' : name);
    };
    for (const name of forwardedSignals) process.on(name, forward);
    const npmPid = process.ppid;
    const isUnderNpm = process.env.npm_lifecycle_event !== undefined;
    const parentCheck = setInterval(() => {
      if (!isUnderNpm || process.ppid === npmPid) return;
      clearInterval(parentCheck);
      if (!lastMs.has('SIGINT') && !lastMs.has('SIGTERM')) forward('SIGTERM');
    }, parentCheckEveryMs);
    child.once('error', (error) => {
      reject(
        new SetupProblem(`cannot start ${runtime}: ${error.message}`, 'Delete node_modules and start again.'),
      );
    });
    child.once('close', (code, processSignal) => {
      clearInterval(parentCheck);
      resolve(code ?? 128 + constants.signals[processSignal]);
    });
  });
}

function isTerminalGone() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true; // ENXIO or EIO: there is no terminal behind us any more.
  }
}
