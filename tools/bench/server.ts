/** A server under measurement: a process tree that we started, and how to end it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '@secbeat/base/fault.ts';

/** How long a server may take to answer after it was started, and to end after it was asked to. */
const readyMsMax = 30_000;
const endMsMax = 15_000;
const pollMs = 20;

/** A running server. */
export class Server implements AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly #child: ChildProcess;

  constructor(name: string, url: string, child: ChildProcess) {
    if (child.pid === undefined)
      throw new Fault('not-started', `${name} has no process`, { source: 'internal' });
    this.name = name;
    this.url = url;
    this.pid = child.pid;
    this.#child = child;
  }

  /** Ends it: asked first, then killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#child);
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), endMsMax);
  await ended;
  clearTimeout(killer);
}

/** What to start. */
export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Where it will listen, when that is known before; else it is read from its standard output by `readPort`. */
  readonly port?: number;
  /** Finds the port in what the server has printed so far. */
  readonly readPort?: (output: string) => number | undefined;
}

/** Starts a server on loopback and waits until it accepts a connection. Throws a `Fault` with its output. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-65_536);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  let startFailure: Error | undefined;
  child.once('error', (error) => {
    startFailure = error;
  });
  const deadlineMs = performance.now() + readyMsMax;
  while (performance.now() < deadlineMs && startFailure === undefined && child.exitCode === null) {
    const port = options.port ?? options.readPort?.(output);
    if (port !== undefined && (await accepts(port)))
      return new Server(options.name, `http://127.0.0.1:${port}/`, child);
    await delay(pollMs);
  }
  if (startFailure === undefined) await endChild(child);
  const why = startFailure?.message ?? `it did not listen within ${readyMsMax / 1000} s, or ended`;
  throw new Fault('not-started', `${options.name} did not start: ${why}\n${output}`, {
    source: 'operator',
    cause: startFailure,
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port that is free now, for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return address.port;
}
