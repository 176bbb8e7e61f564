/**
 * The control socket of a node, served by the generation that owns it.
 *
 * It is bound under a name of its own and then renamed over `control.sock`: the file of a dead node is in nobody's way, and at
 * a hand-over the new owner takes the name in one step, while the old one's closing cannot remove it.
 */
import { chmodSync, lstatSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { Log } from '../log.ts';
import { encodeFault } from './call-link.ts';
import { reachSocket } from './control-path.ts';
import {
  type ControlRequest,
  controlName,
  decodeControlRequest,
  requestBytesMax,
} from './control-protocol.ts';

/** What a control socket needs. */
export interface ControlOptions {
  readonly directory: string;
  readonly log: Log;
  /** Carries out one request and returns its result. What it throws goes to the client. */
  readonly handle: (request: ControlRequest) => Promise<unknown>;
}

/** An open control socket. */
export interface ControlSocket extends AsyncDisposable {
  readonly path: string;
  /** Takes no more requests; those under way get their answers. The name is removed unless another has taken it. */
  close(): Promise<void>;
}

/** Operators and their scripts; far above what they need. */
const connectionsMax = 32;
/** Within it a request must be complete, and afterwards its response read. */
const clientDeadlineMs = 5000;

/** Opens the socket. Throws a `Fault` that names the path. */
export async function openControl(options: ControlOptions): Promise<ControlSocket> {
  const path = join(options.directory, controlName);
  const draftName = `control.${process.pid}`;
  const draft = join(options.directory, draftName);
  const server = net.createServer({ allowHalfOpen: true }, (socket) => serve(socket, options));
  server.maxConnections = connectionsMax;
  try {
    rmSync(draft, { force: true });
    using reachable = reachSocket(options.directory, draftName);
    await listen(server, reachable.path);
    chmodSync(draft, 0o600);
    renameSync(draft, path);
  } catch (thrown) {
    server.close();
    const message = `cannot open the control socket ${path}: ${asError(thrown).message}`;
    throw new Fault('control-listen', message, { source: 'operator', cause: thrown });
  }
  server.on('error', (error) => options.log.warn({ err: error }, 'the control socket failed'));
  const { ino } = lstatSync(path);
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
    await promise;
  };
  return { path, close, [Symbol.asyncDispose]: close };
}

function listen(server: net.Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

function serve(socket: net.Socket, options: ControlOptions): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  socket.setTimeout(clientDeadlineMs, () => socket.destroy());
  // A client that has gone needs no answer.
  socket.on('error', () => socket.destroy());
  const read = (chunk: Buffer): void => {
    bytes += chunk.length;
    chunks.push(chunk);
    const newlineAt = chunk.indexOf(0x0a);
    if (newlineAt < 0 && bytes <= requestBytesMax) return;
    socket.off('data', read);
    socket.resume();
    // The node may take its time (a reload compiles); the client has its own deadline.
    socket.setTimeout(0);
    const length = bytes - chunk.length + newlineAt;
    const isTooLarge = newlineAt < 0 || length > requestBytesMax;
    const text = isTooLarge ? '' : Buffer.concat(chunks).toString('utf8', 0, length);
    chunks = [];
    void answer(text, isTooLarge, options).then((response) => {
      socket.setTimeout(clientDeadlineMs);
      socket.end(`${JSON.stringify(response)}\n`);
    });
  };
  socket.on('data', read);
  socket.on('end', () => {
    if (bytes === 0 || chunks.length > 0) socket.destroy();
  });
}

async function answer(text: string, isTooLarge: boolean, options: ControlOptions): Promise<object> {
  const request = isTooLarge
    ? `the request has more than ${requestBytesMax} bytes`
    : decodeControlRequest(text);
  if (typeof request === 'string') return { error: { code: 'control-invalid', message: request } };
  try {
    return { result: await options.handle(request) };
  } catch (thrown) {
    const { code, message } = encodeFault(thrown);
    if (!(thrown instanceof Fault))
      options.log.error({ err: asError(thrown), op: request.op }, 'a control request failed');
    return { error: { code, message } };
  }
}
