/** Origins to put behind a node: one that echoes, one that says exactly what it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';

/** A running origin. */
export interface Origin extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Requests seen so far. */
  readonly requests: () => number;
}

/** What `/echo` answers. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly string[];
  readonly bodyBytes: number;
  readonly body: string;
}

const bodyShownMax = 10_000;

/**
 * Opens an origin that answers every request with an `Echo` as JSON, unless `handle` answers itself (returns true).
 * It keeps idle connections longer than the node does.
 */
export async function openOrigin(
  handle?: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Origin> {
  let seen = 0;
  const server = createServer((request, response) => {
    seen += 1;
    if (handle?.(request, response) === true) return;
    let bodyBytes = 0;
    let body = '';
    request.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length;
      if (body.length < bodyShownMax) body += chunk.toString('latin1');
    });
    request.on('end', () => {
      const echo: Echo = {
        method: request.method ?? '',
        url: request.url ?? '',
        fields: request.rawHeaders,
        bodyBytes,
        body,
      };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(echo));
    });
    request.on('error', () => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  return await listening(
    server,
    () => seen,
    () => server.closeAllConnections(),
  );
}

/** Opens an origin that gives each connection to `talk`. */
export async function openRawOrigin(talk: (socket: Socket) => void): Promise<Origin> {
  let seen = 0;
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    seen += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    talk(socket);
  });
  return await listening(
    server,
    () => seen,
    () => {
      for (const socket of sockets) socket.destroy();
    },
  );
}

async function listening(
  server: Server | NetServer,
  requests: () => number,
  closeAll: () => void,
): Promise<Origin> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      closeAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
