/**
 * Runs one command in a process group of its own, so that a suite that overruns, or a Ctrl-C, ends everything that its
 * tests started and nothing else.
 */
import { spawn } from 'node:child_process';

/** Between asking a group to end and ending it. */
const graceMs = 5_000;

/** How a group ended. */
export interface GroupEnd {
  /** Exit code; 128 + n after signal n is not used here: a signal gives null. */
  readonly code: number | null;
  readonly processSignal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

/** What to run. */
export interface GroupOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeLimitMs: number;
  onStdout(text: string): void;
  onStderr(text: string): void;
}

/**
 * Runs our own runtime with `args` and resolves when it has ended and its output has been read. What it leaves behind
 * in its process group is ended. Rejects when `abort` is raised, after ending the group.
 */
export function runGroup(options: GroupOptions, abort: AbortSignal): Promise<GroupEnd> {
  abort.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...options.args], {
      cwd: options.cwd,
      // The suites' own runs must not take themselves for part of the run that tests this file.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const pid = child.pid;
    let timedOut = false;
    let killTimer: NodeJS.Timeout | undefined;
    const end = (): void => {
      if (killTimer !== undefined) return;
      signalGroup(pid, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    };
    const limit = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeLimitMs);
    abort.addEventListener('abort', end);
    const settle = (): void => {
      clearTimeout(limit);
      clearTimeout(killTimer);
      abort.removeEventListener('abort', end);
      signalGroup(pid, 'SIGKILL');
    };
    child.stdout.setEncoding('utf8').on('data', options.onStdout);
    child.stderr.setEncoding('utf8').on('data', options.onStderr);
    // A grandchild that keeps our pipes open must not hold up the run: what is in the group ends with its leader.
    child.once('exit', () => signalGroup(pid, 'SIGKILL'));
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, processSignal) => {
      settle();
      if (abort.aborted) reject(abort.reason);
      else resolve({ code, processSignal, timedOut });
    });
  });
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // ESRCH: nobody is left in the group, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
