/** `secbeat` as a process of its own, for tests: one call to its end, or a node with a directory that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../secbeat.ts', import.meta.url));
const deadlineMs = 90_000;

/** What one call left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a call is made. */
export interface CallOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Our environment without what would configure the program under test. */
function environmentOf(own: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SECBEAT_(?!SHARED$)|npm_|NODE_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...own };
}

/** Runs `secbeat` with `args` to its end. A call that does not end is killed, and its code is null. */
export async function call(args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  return await spawnCall(args, options).outcome;
}

/** As `call`, with the process while it runs. */
export function spawnCall(
  args: readonly string[],
  options: CallOptions = {},
): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: environmentOf(options.environment),
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  // A program that does not read its input may have ended before it was written.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const outcome = ended.then(([stdout, stderr]) => ({ code: child.exitCode, stdout, stderr }));
  return { child, outcome };
}

/** A node that runs. Disposing of it ends it and removes its directory. */
export class SecbeatProcess implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'secbeat-cli-'));
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #closed: Promise<unknown>;

  /** Starts `secbeat` with `args` in a directory of its own, on any free ports. */
  constructor(args: readonly string[], environment?: Readonly<Record<string, string>>) {
    const ports = ['--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0'];
    this.process = spawn(process.execPath, [entry, ...args, ...ports], {
      cwd: this.directory,
      env: environmentOf(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#closed = once(this.process, 'close');
    this.process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
    });
  }

  /** Waits until its standard output has `part`, and a line feed behind it. */
  async says(part: string): Promise<void> {
    const isSaid = (): boolean => this.stdout.indexOf('\n', this.stdout.indexOf(part)) >= 0;
    const late = AbortSignal.timeout(deadlineMs);
    while (!this.stdout.includes(part) || !isSaid()) {
      const ended = this.#closed.then(() => 'ended');
      const event = await Promise.race([ended, once(this.process.stdout!, 'data', { signal: late })]);
      if (event === 'ended' && !this.stdout.includes(part)) {
        throw new Error(`it ended without "${part}"\n${this.stdout}${this.stderr}`);
      }
    }
  }

  /** The first URL of a scheme in what it printed. */
  url(scheme: 'http' | 'https'): string {
    const found = new RegExp(`^ {2}(${scheme}://127\\.0\\.0\\.1:\\d+)$`, 'm').exec(this.stdout)?.[1];
    if (found === undefined) throw new Error(`it printed no ${scheme} URL\n${this.stdout}`);
    return found;
  }

  /** Sends it a signal and resolves with its exit code. */
  async end(processSignal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(processSignal);
    await this.#closed;
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const killer = setTimeout(() => this.process.kill('SIGKILL'), 30_000);
      await this.end('SIGTERM');
      clearTimeout(killer);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}
