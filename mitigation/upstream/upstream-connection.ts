/**
 * One connection to an origin peer: a request out, a response in, then back to the pool.
 *
 *      connecting -> idle <-> active -> closed
 *                              |-> tunnel (101)
 *
 * An origin is not trusted either: the response is read by the strict reader, and after any doubt (bytes beyond the
 * response, a malformed head, a request that was not sent to its end) the connection is closed instead of reused.
 *
 * Hot: reads go into one buffer that all upstream sockets of the worker share (`onread`), so nothing is allocated to
 * read; whoever keeps bytes beyond the callback copies them.
 */
import { connect, type Socket } from 'node:net';
import { asError } from '@secbeat/base/fault.ts';
import { BodyReader, type BodySink } from '@secbeat/http/h1/body.ts';
import { KnownField } from '@secbeat/http/h1/fields.ts';
import { Framing } from '@secbeat/http/h1/framing.ts';
import { type ResponseHead, ResponseHeadReader } from '@secbeat/http/h1/response-head.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { PeerConfig, UpstreamConfig } from '../config/model.ts';
import { ByteAccumulator } from '../connection/byte-accumulator.ts';
import { Deadline } from '../connection/deadline.ts';
import type { Exchange } from '../exchange.ts';
import type { Plane } from '../plane.ts';

/** How a connection failed its exchange. */
export type UpstreamFailure =
  | 'connect'
  | 'connect-timeout'
  | 'queue-full'
  | 'queue-timeout'
  | 'closed'
  | 'malformed'
  | 'response-timeout'
  | 'idle-timeout'
  | 'fault';

/** What the upstream side tells the lifecycle. */
export interface UpstreamEvents {
  /** The connection is the exchange's own now: send the request. */
  ready(exchange: Exchange, connection: UpstreamConnection): void;
  responseHead(exchange: Exchange, head: ResponseHead): void;
  /** Borrowed: `bytes` is overwritten by the next read of any upstream socket. */
  responseContent(exchange: Exchange, bytes: Buffer, from: number, to: number): void;
  /** One read has been handled: hand what was relayed to the kernel. */
  responseBatch(exchange: Exchange): void;
  responseEnd(exchange: Exchange): void;
  switched(exchange: Exchange, head: ResponseHead): void;
  /** Owned: a copy. */
  tunnelData(exchange: Exchange, bytes: Buffer): void;
  tunnelEnd(exchange: Exchange): void;
  /** The origin takes request bytes again. */
  drained(exchange: Exchange): void;
  failed(exchange: Exchange, failure: UpstreamFailure, detail: string): void;
}

/** What a connection tells the pool that owns it. */
export interface ConnectionOwner {
  connected(connection: UpstreamConnection): void;
  connectFailed(connection: UpstreamConnection, failure: UpstreamFailure, detail: string): void;
  released(connection: UpstreamConnection): void;
  closed(connection: UpstreamConnection): void;
}

const State = { connecting: 0, idle: 1, active: 2, tunnel: 3, closed: 4 } as const;

/** Informational responses that an origin may send before the real one. */
const informationalMax = 8;

/** See the head of this file. Owns the socket. */
export class UpstreamConnection implements BodySink {
  readonly peerName: string;
  readonly #plane: Plane;
  readonly #config: UpstreamConfig;
  readonly #owner: ConnectionOwner;
  readonly #events: UpstreamEvents;
  readonly #socket: Socket;
  readonly #reader: ResponseHeadReader;
  readonly #body = new BodyReader();
  readonly #partial = new ByteAccumulator();
  readonly #deadline: Deadline;

  #state: number = State.connecting;
  #exchange: Exchange | null = null;
  #served = 0;
  #isHeadRead = false;
  #isUntilClose = false;
  #isRequestSent = false;
  #isChunkedOut = false;
  #informational = 0;
  #keepAliveMs: number;

  constructor(
    plane: Plane,
    owner: ConnectionOwner,
    events: UpstreamEvents,
    config: UpstreamConfig,
    peer: PeerConfig,
  ) {
    this.#plane = plane;
    this.#owner = owner;
    this.#events = events;
    this.#config = config;
    this.#keepAliveMs = config.keepAliveMs;
    this.peerName = peer.host.includes(':') ? `[${peer.host}]:${peer.port}` : `${peer.host}:${peer.port}`;
    this.#reader = new ResponseHeadReader(plane.responseHeadLimits);
    this.#deadline = new Deadline(plane.wheel, plane.clock, () => this.#onDeadline());
    this.#deadline.arm(plane.clock.monotonicMs(), config.connectTimeoutMs);
    const socket = connect({
      host: peer.host,
      port: peer.port,
      noDelay: true,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      onread: {
        buffer: plane.upstreamReadBuffer,
        callback: (length, buffer) => this.#onRead(length, buffer as Buffer),
      },
    });
    this.#socket = socket;
    socket.on('connect', () => this.#onConnect());
    socket.on('drain', () => {
      if (this.#exchange !== null) this.#events.drained(this.#exchange);
    });
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onClose());
  }

  /** True when an exchange before this one was served on it: the origin may have closed it meanwhile. */
  get isReused(): boolean {
    return this.#served > 1;
  }

  /** False once it is closing, although nobody may have been told yet. */
  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  // The request

  /** Takes the connection for `exchange`. */
  assign(exchange: Exchange): void {
    this.#state = State.active;
    this.#exchange = exchange;
    this.#served += 1;
    this.#isHeadRead = false;
    this.#isUntilClose = false;
    this.#isRequestSent = false;
    this.#informational = 0;
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#config.idleTimeoutMs);
    this.#events.ready(exchange, this);
  }

  /** Sends the head. `text` is latin1 and complete. */
  writeHead(text: string, method: string, isChunked: boolean): void {
    this.#isChunkedOut = isChunked;
    this.#reader.begin(method);
    this.#plane.metrics.add(Counter.upstreamBytesOut, text.length);
    this.#socket.write(text, 'latin1');
  }

  /** Sends content of the request body. Owned: `bytes` is kept until it is sent. Returns false when the origin is slow. */
  writeContent(bytes: Buffer): boolean {
    const socket = this.#socket;
    this.#plane.metrics.add(Counter.upstreamBytesOut, bytes.length);
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#config.idleTimeoutMs);
    if (!this.#isChunkedOut) return socket.write(bytes);
    socket.cork();
    socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    socket.write(bytes);
    const isTaken = socket.write('\r\n', 'latin1');
    socket.uncork();
    return isTaken;
  }

  /** The request is complete: from here on the response is awaited. */
  endRequest(): void {
    if (this.#isRequestSent) return;
    this.#isRequestSent = true;
    if (this.#isChunkedOut) this.#socket.write('0\r\n\r\n', 'latin1');
    if (!this.#isHeadRead) {
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#config.responseTimeoutMs);
    }
  }

  // The response

  #onRead(length: number, buffer: Buffer): boolean {
    const exchange = this.#exchange;
    this.#plane.metrics.add(Counter.upstreamBytesIn, length);
    if (exchange === null) {
      // Nobody asked: whatever this is, it must not become the answer to the next request.
      this.#socket.destroy();
      return true;
    }
    if (this.#state === State.tunnel) {
      this.#events.tunnelData(exchange, Buffer.from(buffer.subarray(0, length)));
      return true;
    }
    exchange.isUpstreamReused = false;
    try {
      this.#consume(exchange, buffer, 0, length);
    } catch (thrown) {
      this.#onFault(exchange, asError(thrown));
    }
    return true;
  }

  /** A fault of our own ends this exchange, not the worker. */
  #onFault(exchange: Exchange, error: Error): void {
    this.#plane.outputStage.clear();
    this.#plane.log.error({ err: error, exchange: exchange.id }, 'a response could not be handled');
    if (this.#exchange === exchange) this.#fail(exchange, 'fault', 'internal-fault');
    else this.#socket.destroy();
  }

  #consume(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    let buffer = bytes;
    let at = start;
    let to = end;
    while (!this.#isHeadRead) {
      if (this.#partial.length > 0 && buffer === bytes && at === start) {
        buffer = this.#partial.append(bytes, start, end);
        at = 0;
        to = this.#partial.length;
      }
      const taken = this.#reader.read(buffer, at, to);
      if (taken === 0) {
        if (buffer === bytes) this.#partial.append(bytes, at, to);
        else if (at > 0) this.#keepRest(buffer, at, to);
        return;
      }
      if (taken < 0) {
        this.#fail(exchange, 'malformed', this.#reader.refusal?.code ?? 'response');
        return;
      }
      at += taken;
      if (!this.#onHead(exchange, buffer, at, to)) return;
    }
    if (buffer !== bytes) this.#partial.take();
    if (this.#isUntilClose) {
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#config.idleTimeoutMs);
      if (at < to) this.#events.responseContent(exchange, buffer, at, to);
      if (this.#exchange === exchange) this.#events.responseBatch(exchange);
      return;
    }
    this.#readBody(exchange, buffer, at, to);
  }

  /** Keeps the unread part of an accumulated buffer after an informational head. */
  #keepRest(buffer: Buffer, at: number, to: number): void {
    this.#partial.take();
    if (at < to) this.#partial.append(buffer, at, to);
  }

  /** Handles one head. Returns false when the bytes behind it are not this response's. */
  #onHead(exchange: Exchange, buffer: Buffer, at: number, to: number): boolean {
    const head = this.#reader.head;
    if (head.status === 101) {
      if (!exchange.head.upgrade) {
        this.#fail(exchange, 'malformed', 'switching-not-asked-for');
        return false;
      }
      this.#state = State.tunnel;
      this.#deadline.disarm();
      this.#partial.take();
      this.#events.switched(exchange, head);
      if (at < to && this.#exchange === exchange) {
        this.#events.tunnelData(exchange, Buffer.from(buffer.subarray(at, to)));
      }
      return false;
    }
    if (head.isInformational) {
      this.#informational += 1;
      if (this.#informational > informationalMax) {
        this.#fail(exchange, 'malformed', 'informational-flood');
        return false;
      }
      this.#reader.begin(exchange.head.method);
      if (at >= to) {
        this.#partial.take();
        return false;
      }
      return true;
    }
    this.#isHeadRead = true;
    this.#isUntilClose = head.framing === Framing.close;
    if (!this.#isUntilClose) this.#body.start(head.framing, head.contentLength);
    this.#events.responseHead(exchange, head);
    return this.#exchange === exchange;
  }

  #readBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const at = this.#body.read(bytes, start, end, this);
    if (this.#exchange !== exchange) return;
    if (this.#body.refusal !== undefined) {
      this.#fail(exchange, 'malformed', this.#body.refusal.code);
      return;
    }
    if (!this.#body.isDone) {
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#config.idleTimeoutMs);
      this.#events.responseBatch(exchange);
      return;
    }
    const isReusable = at === end && this.#isRequestSent && this.#reader.head.keepAlive;
    this.#finish(exchange, isReusable);
  }

  /** The body reader's sink. */
  content(bytes: Buffer, from: number, to: number): void {
    if (this.#exchange !== null) this.#events.responseContent(this.#exchange, bytes, from, to);
  }

  #finish(exchange: Exchange, isReusable: boolean): void {
    this.#exchange = null;
    if (isReusable) {
      this.#keepAliveMs = Math.min(this.#config.keepAliveMs, announcedKeepAliveMs(this.#reader.head));
    }
    if (!isReusable || this.#keepAliveMs <= 0) this.#socket.destroy();
    else {
      // Free before the exchange ends: a pipelined request may begin in `responseEnd` and take it at once.
      this.#state = State.idle;
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#keepAliveMs);
      this.#owner.released(this);
    }
    this.#events.responseEnd(exchange);
  }

  // Flow control and tunnels

  pause(): void {
    this.#deadline.disarm();
    this.#socket.pause();
  }

  resume(): void {
    if (this.#state === State.active) {
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#config.idleTimeoutMs);
    }
    this.#socket.resume();
  }

  writeTunnel(bytes: Buffer): boolean {
    this.#plane.metrics.add(Counter.upstreamBytesOut, bytes.length);
    return this.#socket.write(bytes);
  }

  endTunnel(): void {
    this.#socket.end();
  }

  /** Lets go of the exchange and closes: the response is not wanted any more. */
  abandon(): void {
    this.#exchange = null;
    this.#socket.destroy();
  }

  // Life

  #onConnect(): void {
    this.#plane.metrics.add(Counter.upstreamOpened, 1);
    this.#state = State.idle;
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#keepAliveMs);
    this.#owner.connected(this);
  }

  #onEnd(): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#socket.destroy();
      return;
    }
    if (this.#state === State.tunnel) {
      this.#events.tunnelEnd(exchange);
      return;
    }
    if (this.#isUntilClose && this.#isHeadRead) {
      this.#finish(exchange, false);
      return;
    }
    this.#fail(exchange, 'closed', this.#isHeadRead ? 'closed-in-body' : 'closed-before-response');
  }

  #onError(error: NodeJS.ErrnoException): void {
    const detail = (error.code ?? error.message).toLowerCase();
    if (this.#state === State.connecting) {
      this.#state = State.closed;
      this.#plane.metrics.add(Counter.upstreamFailed, 1);
      this.#owner.connectFailed(this, 'connect', detail);
    } else if (this.#exchange !== null) this.#fail(this.#exchange, 'closed', detail);
    this.#socket.destroy();
  }

  #onClose(): void {
    this.#deadline.dispose();
    if (this.#state !== State.connecting && this.#state !== State.closed) {
      this.#plane.metrics.add(Counter.upstreamClosed, 1);
    }
    this.#state = State.closed;
    const exchange = this.#exchange;
    if (exchange !== null) this.#fail(exchange, 'closed', 'closed-before-response');
    this.#owner.closed(this);
  }

  #fail(exchange: Exchange, failure: UpstreamFailure, detail: string): void {
    this.#exchange = null;
    this.#socket.destroy();
    this.#events.failed(exchange, failure, detail);
  }

  #onDeadline(): void {
    if (this.#state === State.connecting) {
      this.#state = State.closed;
      this.#plane.metrics.add(Counter.upstreamFailed, 1);
      this.#plane.metrics.add(Counter.upstreamTimeoutConnect, 1);
      this.#socket.destroy();
      this.#owner.connectFailed(this, 'connect-timeout', 'connect-timeout');
      return;
    }
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#socket.destroy();
      return;
    }
    const isWaiting = this.#isRequestSent && !this.#isHeadRead;
    this.#plane.metrics.add(isWaiting ? Counter.upstreamTimeoutResponse : Counter.upstreamTimeoutIdle, 1);
    this.#fail(
      exchange,
      isWaiting ? 'response-timeout' : 'idle-timeout',
      isWaiting ? 'no-response' : 'stalled',
    );
  }
}

/** How long the origin says that it keeps the connection, less a second for the way there; infinite when it says nothing. */
function announcedKeepAliveMs(head: ResponseHead): number {
  const value = head.fields.first(KnownField.keepAlive);
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const match = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(value);
  return match === null ? Number.POSITIVE_INFINITY : Math.max(0, Number(match[1]) * 1000 - 1000);
}
