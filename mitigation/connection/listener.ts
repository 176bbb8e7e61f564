/**
 * One listening socket of a worker: accepts behind the gate, speaks TLS if it must, hands over to HTTP.
 *
 *      accept -> gate (no socket object yet) -> count -> [TLS handshake] -> H1Connection
 *
 * A reload changes the certificates for the connections that come after it: the TLS server does not listen itself, so
 * exchanging it drops nothing.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { IpAddress } from '@secbeat/base/ip-address.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { ListenerConfig } from '../config/model.ts';
import type { DownstreamEvents } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { limitKey } from '../request/limit.ts';
import type { AcceptGate } from './accept-gate.ts';
import { H1Connection } from './h1-connection.ts';

/** Connections that wait in the kernel for this worker. */
const backlog = 4_096;

/** See the head of this file. */
export class Listener {
  readonly #plane: Plane;
  readonly #events: DownstreamEvents;
  readonly #config: ListenerConfig;
  readonly #gate: AcceptGate;
  readonly #server: Server;
  readonly #connections = new Set<H1Connection>();
  /** Sockets whose TLS handshake is under way. */
  readonly #handshaking = new Set<Socket>();
  #tls: TlsServer | null = null;

  constructor(plane: Plane, events: DownstreamEvents, config: ListenerConfig, gate: AcceptGate) {
    this.#plane = plane;
    this.#events = events;
    this.#config = config;
    this.#gate = gate;
    this.#server = createServer({
      // TLS: only once it is secure. A client that leaves within the handshake must not hold its place to the deadline.
      allowHalfOpen: !config.tls,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      blockList: gate,
    });
    this.#server.on('connection', (socket) => this.#onSocket(socket));
    if (config.tls) this.useTls();
  }

  /** Listens on an inherited descriptor. Owned: `fd` is closed with the server. */
  async listen(fd: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(
          new Fault('listen-failed', `cannot listen on ${this.#config.name}: ${error.message}`, {
            source: 'internal',
            cause: error,
          }),
        );
      });
      this.#server.listen({ fd, backlog }, resolve);
    });
    this.#server.on('error', (error) => {
      this.#plane.log.error({ err: error, listener: this.#config.name }, 'the listener failed to accept');
    });
  }

  /** Takes the certificates of the policy in force for connections from now on. */
  useTls(): void {
    const policy = this.#plane.policy.tls;
    if (!this.#config.tls || policy === null) return;
    const server = createTlsServer(policy.options);
    server.on('secureConnection', (socket) => this.#onSecure(socket));
    server.on('tlsClientError', (error, socket) => {
      this.#plane.metrics.add(Counter.tlsHandshakeFailed, 1);
      this.#plane.log.debug({ err: asError(error), listener: this.#config.name }, 'a TLS handshake failed');
      socket.destroy();
    });
    this.#tls = server;
  }

  #onSocket(socket: Socket): void {
    const plane = this.#plane;
    const peer = this.#gate.addressOf(socket.remoteAddress ?? '');
    if (peer === undefined) {
      // Gone between accept and here: there is nobody to talk to.
      socket.destroy();
      return;
    }
    this.#count(socket, peer);
    if (!this.#config.tls) {
      this.#serve(socket, peer);
      return;
    }
    this.#handshaking.add(socket);
    socket.on('error', () => socket.destroy());
    if (this.#tls === null) socket.destroy();
    else this.#tls.emit('connection', socket);
    if (plane.isDraining) socket.destroy();
  }

  /** Counts the connection until its socket closes, whatever becomes of it. */
  #count(socket: Socket, peer: IpAddress): void {
    const plane = this.#plane;
    const isTls = this.#config.tls;
    const [w0, w1, w2, w3] = limitKey(peer, plane.policy.config.limits.ipv6PrefixBits);
    const handle = plane.shared.connectionCounts.increment(w0, w1, w2, w3, plane.slot);
    plane.openConnections += 1;
    plane.metrics.add(isTls ? Counter.connectionTlsAccepted : Counter.connectionPlainAccepted, 1);
    socket.once('close', () => {
      plane.openConnections -= 1;
      plane.metrics.add(isTls ? Counter.connectionTlsClosed : Counter.connectionPlainClosed, 1);
      plane.shared.connectionCounts.decrement(handle, plane.slot);
      this.#handshaking.delete(socket);
    });
  }

  #onSecure(socket: TLSSocket): void {
    socket.allowHalfOpen = true;
    this.#plane.metrics.add(
      socket.isSessionReused() ? Counter.tlsHandshakeResumed : Counter.tlsHandshakeFull,
      1,
    );
    const peer = this.#gate.addressOf(socket.remoteAddress ?? '');
    if (peer === undefined) socket.destroy();
    else this.#serve(socket, peer);
  }

  #serve(socket: Socket, peer: IpAddress): void {
    const connection = new H1Connection(this.#plane, this.#events, socket, this.#config, peer);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  get openCount(): number {
    return this.#connections.size + this.#handshaking.size;
  }

  /** Stops accepting. Connections in the kernel's queue stay there for the next owner of the socket. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Ends connections that have been idle for `idleMs`. */
  closeIdle(nowMs: number, idleMs: number): void {
    for (const connection of this.#connections) connection.closeIfIdle(nowMs, idleMs);
  }

  /** Ends everything at once. */
  destroyAll(): void {
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#handshaking) socket.destroy();
  }
}
