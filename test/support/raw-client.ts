/** A TCP client that sends exactly the bytes it is given. */
import { connect, type Socket } from 'node:net';

/** What came back on one connection. */
export interface RawAnswer {
  /** latin1 */
  readonly text: string;
  /** Whether the other side closed, in any way, within the time. */
  readonly isClosed: boolean;
}

/** When to stop reading. */
export interface RawOptions {
  /** Stops as soon as this holds of what has come; default: until the other side closes. */
  readonly isComplete?: (text: string) => boolean;
  /** Gives up after this long. Default 10,000. */
  readonly deadlineMs?: number;
  /** Bytes of each write; default: everything at once. */
  readonly pieceBytes?: number;
}

/** Sends `bytes` to loopback and returns what came back. */
export async function sendRaw(
  port: number,
  bytes: Buffer | string,
  options: RawOptions = {},
): Promise<RawAnswer> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  let text = '';
  let isClosed = false;
  const finish = (): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ text, isClosed });
  };
  const timer = setTimeout(finish, options.deadlineMs ?? 10_000);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (options.isComplete?.(text) === true) finish();
  });
  socket.on('error', () => {
    isClosed = true;
  });
  socket.on('close', () => {
    isClosed = true;
    finish();
  });
  socket.on('end', () => {
    isClosed = true;
  });
  await sendPieces(socket, Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'), options.pieceBytes);
  return await promise;
}

async function sendPieces(
  socket: Socket,
  bytes: Buffer,
  pieceBytes = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += pieceBytes) {
    await new Promise<void>((resolve) => {
      socket.write(bytes.subarray(at, Math.min(bytes.length, at + pieceBytes)), () => resolve());
    });
  }
}

/** The status of the first response in `text`; 0 when there is none. */
export function firstStatus(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
}
