/** A real `secbeat node` in processes of its own, with a data directory that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import type { NodeStatus } from '@secbeat/mitigation/process/control-protocol.ts';

const entry = fileURLToPath(import.meta.resolve('@secbeat/cli/secbeat.ts'));
const readyMs = 60_000;

/** How a node is started. */
export interface NodeOptions {
  /** Text of the configuration file; absent means that only the arguments count. */
  readonly config?: string;
  /** Arguments behind the command; `--data` and `--config` are added. */
  readonly args?: readonly string[];
  readonly command?: 'node' | 'up';
  /** Files to write into the node's directory before it starts: name -> text. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** One running node. Disposing of it ends it and removes its directory. */
export class NodeProcess implements AsyncDisposable {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly configFile: string;
  readonly process: ChildProcess;
  #output = '';
  #errors = '';
  #hasEnded = false;
  status!: NodeStatus;

  constructor(options: NodeOptions) {
    this.directory = mkdtempSync(join(tmpdir(), 'secbeat-test-'));
    this.dataDirectory = join(this.directory, 'data');
    this.configFile = join(this.directory, 'secbeat.yaml');
    for (const [name, text] of Object.entries(options.files ?? {}))
      writeFileSync(join(this.directory, name), text);
    const args = [entry, options.command ?? 'node', '--data', this.dataDirectory];
    if (options.config !== undefined) {
      writeFileSync(this.configFile, options.config);
      args.push('--config', this.configFile);
    }
    this.process = spawn(process.execPath, [...args, ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.directory,
      env: { ...process.env, ...options.environment },
    });
    this.process.stdout?.on('data', (text: Buffer) => {
      this.#output += text.toString();
    });
    this.process.stderr?.on('data', (text: Buffer) => {
      this.#errors += text.toString();
    });
    this.process.once('exit', () => {
      this.#hasEnded = true;
    });
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits until the node has said that it serves. Throws with what it wrote when it ends or is late. */
  async ready(): Promise<this> {
    await until(
      () => this.#output.includes('metrics and health') || this.#hasEnded,
      readyMs,
      () => this.#report(),
    );
    if (this.#hasEnded) throw new Error(`the node ended before it served\n${this.#report()}`);
    this.status = await requestControl<'status'>(this.dataDirectory, { op: 'status' });
    return this;
  }

  /** `http://127.0.0.1:PORT` of the first plain (or TLS) listener. */
  url(isTls = false): string {
    const listener = this.#listener(isTls);
    const host = listener.host.includes(':') ? `[${listener.host}]` : listener.host;
    return `${isTls ? 'https' : 'http'}://${host}:${listener.port}`;
  }

  port(isTls = false): number {
    return this.#listener(isTls).port;
  }

  get adminUrl(): string {
    return `http://${this.status.admin.host}:${this.status.admin.port}`;
  }

  async metrics(): Promise<string> {
    return await (await fetch(`${this.adminUrl}/metrics`)).text();
  }

  async restartWorker(slot: number): Promise<void> {
    await requestControl<'worker.restart'>(this.dataDirectory, { op: 'worker.restart', slot });
  }

  async refreshStatus(): Promise<NodeStatus> {
    this.status = await requestControl<'status'>(this.dataDirectory, { op: 'status' });
    return this.status;
  }

  /** Ends it as a person would and returns the exit code; kills it when it does not end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.#hasEnded) {
      const ended = once(this.process, 'exit');
      this.process.kill(signal);
      const killer = setTimeout(() => this.process.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(killer);
    }
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #listener(isTls: boolean): NodeStatus['listeners'][number] {
    const listener = this.status.listeners.find(({ tls }) => tls === isTls);
    if (listener === undefined) throw new Error(`the node has no ${isTls ? 'TLS' : 'plain'} listener`);
    return listener;
  }

  #report(): string {
    return `--- stdout\n${this.#output}\n--- stderr\n${this.#errors}`;
  }
}

/** Starts a node and waits until it serves. */
export async function startNode(options: NodeOptions): Promise<NodeProcess> {
  const node = new NodeProcess(options);
  try {
    return await node.ready();
  } catch (error) {
    await node[Symbol.asyncDispose]();
    throw error;
  }
}

/** Waits until `isTrue`, looking every 10 ms. Throws after `deadlineMs` with what `describe` returns. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  deadlineMs: number,
  describe: () => string,
): Promise<void> {
  const endsAtMs = performance.now() + deadlineMs;
  while (!(await isTrue())) {
    if (performance.now() > endsAtMs) throw new Error(`not within ${deadlineMs} ms: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
