/** Installs Debian packages as root, in the open: the list first, no recommendations, no service started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Fault } from '@secbeat/base/fault.ts';
import { guardServices, policyFile, repairServiceGuard } from './service-guard.ts';

/** A slow mirror; after that the run says so instead of hanging. */
const aptMinutesMax = 15;

/**
 * Installs `packages` (which must be missing: nothing is asked of the network otherwise).
 *
 * @param say Takes one line for the reader.
 */
export async function installPackages(
  packages: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Fault('no-apt', `this system has no apt-get; install these yourself: ${packages.join(' ')}`, {
      source: 'operator',
    });
  }
  say(`installing Debian packages, without their services: ${packages.join(' ')}`);
  const restore = guardServices(policyFile);
  let running: ChildProcess | undefined;
  let interruptedBy: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (interruptedBy !== undefined) {
      restore();
      process.exit(130);
    }
    // apt finishes the package in hand and ends; leaving at once would let it go on without the guard.
    interruptedBy = name;
    running?.kill(name);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const apt = async (args: readonly string[]): Promise<void> => {
    await run(['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], (child) => {
      running = child;
    });
    if (interruptedBy !== undefined) throw interrupted(interruptedBy, undefined);
  };
  try {
    await apt(['update']);
    await apt(['install', '--yes', '--no-install-recommends', ...packages]);
  } catch (error) {
    throw interruptedBy === undefined ? error : interrupted(interruptedBy, error);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    restore();
  }
}

/** The fault of a run that a person or CI ended: the caller must end too, not go on without the packages. */
function interrupted(name: NodeJS.Signals, cause: unknown): Fault {
  return new Fault('interrupted', `ended by ${name} while installing packages`, {
    source: 'operator',
    cause,
  });
}

/** Removes a guard that a killed run left behind. Only root can have left one. */
export function repairAfterKilledRun(): void {
  if (process.getuid?.() === 0) repairServiceGuard(policyFile);
}

function run(args: readonly string[], onStart: (child: ChildProcess) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: aptMinutesMax * 60_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    });
    onStart(child);
    let output = '';
    const keep = (chunk: string): void => {
      output = (output + chunk).slice(-32_768);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', reject);
    child.once('close', (code, processSignal) => {
      if (code === 0) return resolve();
      const ended =
        processSignal === null ? `code ${code}` : `${processSignal} (limit ${aptMinutesMax} minutes)`;
      const said = output.trim().split('\n').slice(-20).join('\n');
      reject(
        new Fault('apt-failed', `apt-get ${args.join(' ')} ended with ${ended}:\n${said}`, {
          source: 'operator',
          retry: true,
        }),
      );
    });
  });
}
