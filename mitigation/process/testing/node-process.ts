/** Starts real nodes for tests, talks to them, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeConfig } from '../../config/model.ts';
import { requestControl } from '../control-client.ts';
import type { ControlRequest, ControlResults } from '../control-protocol.ts';
import { identifyProcess } from '../process-identity.ts';
import type { ReadyReport } from '../supervisor.ts';
import { createTestConfig } from './node-config.ts';

/** A directory with a configuration, in which nodes are started one after the other. */
export class TestSite implements AsyncDisposable {
  readonly root: string;
  readonly dataDirectory: string;
  readonly configFile: string;
  readonly #nodes: TestNode[] = [];

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'secbeat-process-'));
    this.dataDirectory = join(this.root, 'data');
    this.configFile = join(this.root, 'config.json');
    this.configure('first');
  }

  /** Writes the configuration file. */
  configure(marker: string, change: Partial<NodeConfig> = {}): void {
    this.writeConfig(JSON.stringify({ ...createTestConfig(this.dataDirectory, marker), ...change }));
  }

  writeConfig(text: string): void {
    writeFileSync(this.configFile, text);
  }

  /** Starts a supervisor; `ready` or `failed` say what came of it. */
  spawn(args: readonly number[] = []): TestNode {
    const node = new TestNode(this.configFile, args);
    this.#nodes.push(node);
    return node;
  }

  /** Starts a supervisor and waits until it serves. */
  async start(args: readonly number[] = []): Promise<TestNode> {
    const node = this.spawn(args);
    await node.ready();
    return node;
  }

  control<Op extends ControlRequest['op']>(
    request: Extract<ControlRequest, { readonly op: Op }>,
  ): Promise<ControlResults[Op]> {
    return requestControl<Op>(this.dataDirectory, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node.kill();
    // A generation whose supervisor was killed drains for up to 2 s and may still write.
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
  }
}

/** One supervisor process with its children. */
export class TestNode {
  readonly child: ChildProcess;
  /** Everything that it and its children wrote to stderr. */
  log = '';
  readonly #report: Promise<string>;
  readonly #exit: Promise<number | null>;

  constructor(configFile: string, args: readonly number[]) {
    const program = fileURLToPath(new URL('./run-node.ts', import.meta.url));
    this.child = spawn(process.execPath, [program, configFile, ...args.map(String)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.#exit = once(this.child, 'exit').then(([code]) => code as number | null);
    const lines = createInterface({ input: this.child.stdout! });
    this.#report = Promise.race([
      once(lines, 'line').then(([line]) => String(line)),
      once(this.child.stderr!, 'end').then(() => ''),
    ]);
  }

  async ready(): Promise<ReadyReport> {
    const line = await this.#report;
    assert.notEqual(line, '', `the node did not start:\n${this.log}`);
    return JSON.parse(line) as ReadyReport;
  }

  async port(): Promise<number> {
    return (await this.ready()).listeners[0]!.port;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async exitCode(): Promise<number | null> {
    return await this.#exit;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#exit;
  }

  /** Opens a connection to the traffic port. */
  async connect(): Promise<TestConnection> {
    return await TestConnection.open(await this.port());
  }

  /** Asks one thing on a connection of its own. */
  async ask(line: string): Promise<Readonly<Record<string, unknown>>> {
    using connection = await this.connect();
    return await connection.ask(line);
  }
}

/** A client of the test plane. */
export class TestConnection implements Disposable {
  readonly socket: net.Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async open(port: number): Promise<TestConnection> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    return new TestConnection(socket);
  }

  send(line: string): void {
    this.socket.write(`${line}\n`);
  }

  /** Returns the next answer; fails when the connection ends first. */
  async ask(line: string): Promise<Readonly<Record<string, unknown>>> {
    this.send(line);
    const { value, done } = await this.#lines.next();
    assert.ok(done !== true, `the connection ended before "${line}" was answered`);
    return JSON.parse(value) as Readonly<Record<string, unknown>>;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Waits until `read` returns something that is not undefined; fails after 20 s. For states that nobody announces. */
export async function eventually<Value>(
  what: string,
  read: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const value = await read();
    if (value !== undefined) return value;
    await wait(20);
  }
  throw new Error(`never happened: ${what}`);
}

/** Tells whether a process runs; one that has ended and that nobody has waited for does not. */
export function isAlive(pid: number): boolean {
  return identifyProcess(pid) !== undefined;
}
