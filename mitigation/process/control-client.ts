/**
 * Asks a running node, for the command line: one request over the control socket of its data directory.
 */
import { existsSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { reachSocket } from './control-path.ts';
import {
  type ControlRequest,
  type ControlResults,
  controlName,
  responseBytesMax,
} from './control-protocol.ts';
import { findHolder } from './data-lock.ts';

/** Reloading compiles all rules, several times on a slow machine. */
const deadlineMs: Readonly<Partial<Record<ControlRequest['op'], number>>> = { reload: 300_000 };
const deadlineMsDefault = 10_000;

/** While a generation is being replaced there is nobody at the socket for a moment. */
const patienceMs = 5000;
const retryMs = 50;

/**
 * Sends `request` to the node that runs with `dataDirectory` and returns its result. Throws a `Fault`: the node's own, or that none runs
 * there, or that it does not answer.
 */
export async function requestControl<Op extends ControlRequest['op']>(
  dataDirectory: string,
  request: Extract<ControlRequest, { readonly op: Op }>,
): Promise<ControlResults[Op]> {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    try {
      const text = await exchange(
        dataDirectory,
        `${JSON.stringify(request)}\n`,
        deadlineMs[request.op] ?? deadlineMsDefault,
      );
      return decodeResponse(text) as ControlResults[Op];
    } catch (thrown) {
      if (!canAskAgain(request.op, thrown)) throw thrown;
      const holder = findHolder(dataDirectory);
      if (holder === undefined || waitedMs >= patienceMs)
        throw unreachable(dataDirectory, holder?.pid, thrown);
    }
    await wait(retryMs);
  }
}

/** Nobody was at the socket, or whoever was is handing over. What was perhaps carried out is asked again only where that is the same. */
function canAskAgain(op: ControlRequest['op'], thrown: unknown): boolean {
  const code = (thrown as { readonly code?: unknown }).code;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return true;
  return code === 'node-busy' && op !== 'shutdown' && op !== 'worker.restart';
}

async function exchange(directory: string, line: string, responseMs: number): Promise<string> {
  using reachable = reachSocket(directory, controlName);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const socket = net.connect(reachable.path, () => socket.write(line));
  const timer = setTimeout(() => {
    const message = `the node in ${directory} did not answer within ${responseMs} ms; see its log`;
    socket.destroy(new Fault('control-timeout', message, { source: 'internal', retry: true }));
  }, responseMs);
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > responseBytesMax) {
      const message = `the node answered more than ${responseBytesMax} bytes`;
      socket.destroy(new Fault('control-response', message, { source: 'internal' }));
    }
  });
  // A node that ends just now: whether that shows as an error or as an end is chance.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
  });
  socket.on('close', () => {
    clearTimeout(timer);
    resolve(Buffer.concat(chunks).toString('utf8'));
  });
  return await promise;
}

function decodeResponse(text: string): unknown {
  let value: unknown;
  try {
    value = text.endsWith('\n') ? JSON.parse(text) : undefined;
  } catch (thrown) {
    throw new Fault('control-response', `the node answered no JSON: ${asError(thrown).message}`, {
      source: 'internal',
      cause: thrown,
    });
  }
  if (typeof value !== 'object' || value === null) {
    const message = 'the node ended before it answered; see its log';
    throw new Fault('node-busy', message, { source: 'internal', retry: true });
  }
  const { result, error } = value as { readonly result?: unknown; readonly error?: unknown };
  if (error === undefined) return result;
  const { code, message } = error as { readonly code: unknown; readonly message: unknown };
  throw new Fault(String(code), String(message), { source: 'operator' });
}

function unreachable(directory: string, pid: number | undefined, cause: unknown): Fault {
  const path = join(directory, controlName);
  if (pid !== undefined) {
    const message = `the node with pid ${pid} does not answer at ${path}: it is starting, or its generation does not come up; see its log`;
    return new Fault('node-busy', message, { source: 'internal', retry: true, cause });
  }
  const hint = existsSync(directory) ? 'start it with "secbeat up"' : 'that directory does not exist';
  const message = `no node is running with the data directory ${directory}; ${hint}, or name another with --data DIR`;
  return new Fault('node-not-running', message, { source: 'operator', cause });
}
