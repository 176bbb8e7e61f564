/**
 * The admin listener: metrics and health on a loopback address of their own, served by the generation's main thread.
 *
 *      GET /metrics   the page for Prometheus
 *      GET /healthz   200 while the process is alive
 *      GET /readyz    200 when the node serves and protects as configured, else 503; reasons and warnings as JSON
 *
 * It reads and never changes anything, so it has no password; what protects it is where it listens.
 *
 * Security: the Host field must name a loopback address, so that a web page in the operator's browser cannot read it
 * by DNS rebinding. Small limits and short deadlines: a stuck scraper cannot hold the node.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { Exposition } from './exposition.ts';
import type { Readiness } from './readiness.ts';

/** What the admin listener needs. */
export interface AdminListenerOptions {
  /** A loopback address: 127.0.0.0/8, `::1` or `localhost`. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly exposition: Pick<Exposition, 'contentType' | 'render'>;
  readonly readiness: () => Readiness;
  readonly log: { warn(fields: object, message: string): void };
}

/** An open admin listener. */
export interface AdminListener extends AsyncDisposable {
  /** Where it listens: `127.0.0.1:9090` or `[::1]:9090`. */
  readonly address: string;
  readonly port: number;
  /** Stops listening and ends what is open; the port is free when it resolves. */
  close(): Promise<void>;
}

const connectionsMax = 64;
const headBytesMax = 8192;
const deadlineMs = 5000;

const loopbackHost = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;
const loopbackField = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET' } : {}),
  });
  response.end(body);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { status, message } });
}

async function sendMetrics(options: AdminListenerOptions, response: ServerResponse): Promise<void> {
  send(response, 200, options.exposition.contentType, await options.exposition.render());
}

function sendReadiness(options: AdminListenerOptions, response: ServerResponse): void {
  const { isReady, reasons, warnings } = options.readiness();
  sendJson(response, isReady ? 200 : 503, { ready: isReady, reasons, warnings });
}

async function answer(
  options: AdminListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host } = request.headers;
  if (host === undefined || !loopbackField.test(host)) {
    sendError(response, 421, 'the Host field must name a loopback address, for example 127.0.0.1');
    return;
  }
  if (request.method !== 'GET') {
    sendError(response, 405, `method ${request.method} is not allowed; use GET`);
    return;
  }
  switch ((request.url ?? '').split('?', 1)[0]) {
    case '/metrics':
      await sendMetrics(options, response);
      return;
    case '/healthz':
      sendJson(response, 200, { status: 'alive' });
      return;
    case '/readyz':
      sendReadiness(options, response);
      return;
    default:
      sendError(response, 404, 'there are /metrics, /healthz and /readyz');
  }
}

/** A figure that cannot be had is an answer of its own, never the end of the node. */
function refuse(options: AdminListenerOptions, response: ServerResponse, thrown: unknown): void {
  options.log.warn({ err: asError(thrown) }, 'the admin listener could not answer');
  if (response.headersSent) response.destroy();
  else sendError(response, 500, 'the figures cannot be had; see the log of the node');
}

function listenFault(options: AdminListenerOptions, thrown: unknown): Fault {
  const error = asError(thrown);
  const code = 'code' in error ? error.code : '';
  const remedy =
    code === 'EADDRINUSE' ? 'the port is in use; choose another with admin.listen' : error.message;
  const text = `cannot open the admin listener on ${options.host}:${options.port}: ${remedy}`;
  return new Fault('admin-listen', text, { source: 'operator', retry: code === 'EADDRINUSE', cause: error });
}

function listen(server: Server, options: AdminListenerOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: Error): void => reject(listenFault(options, error));
  server.once('error', fail);
  server.listen({ host: options.host, port: options.port, exclusive: true }, () => {
    server.off('error', fail);
    resolve();
  });
  return promise;
}

/**
 * Opens the admin listener. Rejects with a `Fault` when the address is not a loopback one or cannot be bound.
 */
export async function openAdminListener(options: AdminListenerOptions): Promise<AdminListener> {
  if (!loopbackHost.test(options.host)) {
    const text = `admin.listen is ${options.host}:${options.port}, expected a loopback address such as 127.0.0.1: metrics and health have no password`;
    throw new Fault('admin-not-loopback', text, { source: 'operator' });
  }
  const server = createServer(
    {
      maxHeaderSize: headBytesMax,
      headersTimeout: deadlineMs,
      requestTimeout: deadlineMs,
      keepAliveTimeout: deadlineMs,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      answer(options, request, response).catch((thrown: unknown) => refuse(options, response, thrown));
    },
  );
  server.maxConnections = connectionsMax;
  server.maxHeadersCount = 64;
  await listen(server, options);
  server.on('error', (error) => options.log.warn({ err: error }, 'the admin listener failed'));
  const { address, family, port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeAllConnections();
    await promise;
  };
  return {
    address: family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
    port,
    close,
    [Symbol.asyncDispose]: close,
  };
}
