/**
 * One downstream connection that speaks HTTP/1.1: bytes in, exchanges out, one at a time.
 *
 *      head -> body -> response -> head ...            (keep-alive)
 *                         |-> unsent -> head            (the client has not read the answer: no next request before)
 *                         |-> tunnel                   (Upgrade accepted)
 *      any   -> discard -> closed                      (refused with the request unread: the answer must arrive first)
 *
 * Pipelined requests wait, unread, until the response before them is complete.
 *
 * Hot: the path of a plain GET is `#consume` once, `startResponse`, `writeContent`, `flush`, `endResponse`: one parse,
 * one write.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { asError } from '@secbeat/base/fault.ts';
import type { IpAddress } from '@secbeat/base/ip-address.ts';
import { BodyReader } from '@secbeat/http/h1/body.ts';
import type { ResponseHead } from '@secbeat/http/h1/response-head.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { ListenerConfig } from '../config/model.ts';
import { type DownstreamEvents, type DownstreamSide, Exchange, Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { ContentRuns } from './content-runs.ts';
import { Deadline } from './deadline.ts';
import { H1HeadInput, HeadInput } from './h1-head-input.ts';
import { H1Output } from './h1-output.ts';

const Phase = { head: 0, body: 1, response: 2, unsent: 3, tunnel: 4, discard: 5, closed: 6 } as const;

/** After a refusal the rest of the request is read and thrown away so that the answer is not lost to a reset. */
const discardBytesMax = 1024 * 1024;
const discardMs = 2_000;

/** See the head of this file. Owns the socket. */
export class H1Connection implements DownstreamSide {
  readonly peer: IpAddress;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly listenerName: string;
  readonly isTls: boolean;
  readonly tlsVersion: string;
  readonly redirectToHttpsPort: number;

  readonly #plane: Plane;
  readonly #events: DownstreamEvents;
  readonly #socket: Socket;
  readonly #input: H1HeadInput;
  readonly #body = new BodyReader();
  readonly #output: H1Output;
  readonly #content = new ContentRuns();
  readonly #deadline: Deadline;

  #phase: number = Phase.head;
  #exchange: Exchange | null = null;
  #backlog: Buffer[] = [];
  #isPeerEnded = false;
  #isReadingPaused = false;
  #keepsAlive = true;
  #discarded = 0;
  #unsentBytes = 0;
  #isConsuming = false;
  #idleSinceMs: number;

  constructor(
    plane: Plane,
    events: DownstreamEvents,
    socket: Socket,
    listener: ListenerConfig,
    peer: IpAddress,
  ) {
    this.#plane = plane;
    this.#events = events;
    this.#socket = socket;
    this.#output = new H1Output(plane, socket);
    this.peer = peer;
    this.peerPort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    this.listenerName = listener.name;
    this.isTls = listener.tls;
    this.tlsVersion = listener.tls ? ((socket as TLSSocket).getProtocol() ?? '') : '';
    this.redirectToHttpsPort = listener.redirectToHttpsPort;
    const { limits, deadlines } = plane.policy.config;
    this.#input = new H1HeadInput(limits, plane.clock);
    this.#deadline = new Deadline(plane.wheel, plane.clock, () => this.#onDeadline());
    this.#idleSinceMs = plane.clock.monotonicMs();
    this.#deadline.arm(this.#idleSinceMs, deadlines.requestHeadMs);
    socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onPeerEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
  }

  /** True while no exchange is under way and no byte of the next one has been read. */
  isIdle(nowMs: number, atLeastMs: number): boolean {
    return this.#phase === Phase.head && !this.#input.isPartial && nowMs - this.#idleSinceMs >= atLeastMs;
  }

  #onData(bytes: Buffer): void {
    this.#plane.metrics.add(Counter.downstreamBytesIn, bytes.length);
    if (this.#backlog.length > 0) {
      this.#backlog.push(bytes);
      return;
    }
    this.#guardedConsume(bytes);
  }

  /** A fault of our own ends this exchange, not the worker. */
  #guardedConsume(bytes: Buffer): void {
    try {
      this.#consume(bytes, 0, bytes.length);
    } catch (thrown) {
      this.#isConsuming = false;
      this.#output.clear();
      this.#plane.log.error({ err: asError(thrown), peer: this.peer.text }, 'a request could not be handled');
      this.#keepsAlive = false;
      if (this.#exchange === null) this.#socket.destroy();
      else this.#events.failed(this.#exchange);
    }
  }

  #consume(bytes: Buffer, start: number, end: number): void {
    let at = start;
    this.#isConsuming = true;
    while (at < end) {
      if (this.#phase === Phase.head) at = this.#readHead(bytes, at, end);
      else if (this.#phase === Phase.body) at = this.#readBody(bytes, at, end);
      else if (this.#phase === Phase.response || this.#phase === Phase.unsent) {
        this.#backlog.push(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
        this.pauseReading();
        break;
      } else {
        this.#passRest(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
        break;
      }
    }
    this.#isConsuming = false;
  }

  /** Bytes behind a complete message that are not a next request: a tunnel's, or nobody's. */
  #passRest(bytes: Buffer): void {
    if (this.#phase === Phase.tunnel && this.#exchange !== null) {
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.tunnelIdleMs);
      this.#events.tunnelData(this.#exchange, bytes);
    } else if (this.#phase === Phase.discard) {
      this.#discarded += bytes.length;
      if (this.#discarded > discardBytesMax) this.#socket.destroy();
    }
  }

  /** Reads one head, or keeps what there is of it. Returns the offset after what was consumed. */
  #readHead(bytes: Buffer, start: number, end: number): number {
    const input = this.#input;
    const isFirst = !input.isPartial;
    const at = input.read(bytes, start, end);
    if (at === HeadInput.incomplete) {
      if (isFirst) this.#deadline.arm(input.startedAtMs, this.#plane.policy.config.deadlines.requestHeadMs);
      return end;
    }
    const exchange = this.#openExchange();
    if (at === HeadInput.refused) {
      exchange.isHeadRead = input.isReadable;
      this.#keepsAlive = false;
      this.#phase = Phase.response;
      this.#deadline.disarm();
      this.#events.requestRefused(exchange, input.refusal);
      return end;
    }
    exchange.requestBytes = input.headBytes;
    this.#keepsAlive = input.head.keepAlive && !this.#plane.isDraining;
    this.#beginExchange(exchange);
    return at;
  }

  #openExchange(): Exchange {
    const { head, startedAtWallMs, startedAtMs } = this.#input;
    const exchange = new Exchange(
      this,
      head,
      this.#plane.policy,
      this.#plane.nextId(),
      startedAtWallMs,
      startedAtMs,
    );
    this.#exchange = exchange;
    this.#output.begin();
    return exchange;
  }

  #beginExchange(exchange: Exchange): void {
    const head = exchange.head;
    this.#body.start(head.framing, head.contentLength);
    // No body, or one of length 0: there is no later byte that would end it.
    if (this.#body.isDone) {
      this.#phase = Phase.response;
      this.#deadline.disarm();
      this.#events.requestHead(exchange);
      if (exchange.stage !== Stage.ended) this.#events.requestEnd(exchange);
      return;
    }
    this.#phase = Phase.body;
    this.#armBodyIdle();
    this.#events.requestHead(exchange);
  }

  #readBody(bytes: Buffer, start: number, end: number): number {
    const exchange = this.#exchange!;
    const at = this.#body.read(bytes, start, end, this.#content);
    exchange.requestBytes += at - start;
    const content = this.#content.take(bytes);
    if (content !== null) this.#events.requestContent(exchange, content);
    // Content may have ended the exchange: too large, refused by a rule, origin gone.
    if (this.#phase !== Phase.body || this.#exchange !== exchange) return at;
    if (this.#body.refusal !== undefined) {
      this.#keepsAlive = false;
      this.#phase = Phase.response;
      this.#events.requestRefused(exchange, this.#body.refusal);
      return end;
    }
    if (this.#body.isDone) {
      this.#phase = Phase.response;
      this.#deadline.disarm();
      this.#events.requestEnd(exchange);
    } else this.#armBodyIdle();
    return at;
  }

  pauseReading(): void {
    if (this.#isReadingPaused) return;
    this.#isReadingPaused = true;
    if (this.#phase === Phase.body) this.#deadline.disarm();
    this.#socket.pause();
  }

  resumeReading(): void {
    if (!this.#isReadingPaused || this.#backlog.length > 0) return;
    this.#isReadingPaused = false;
    if (this.#phase === Phase.body) {
      this.#armBodyIdle();
    }
    this.#socket.resume();
  }

  // Writing

  sendContinue(): void {
    this.#output.sendContinue();
  }

  startResponse(exchange: Exchange, head: ResponseHead): void {
    if (this.#exchange !== exchange) return;
    if (this.#plane.isDraining || this.#phase === Phase.body) this.#keepsAlive = false;
    this.#keepsAlive = this.#output.startResponse(head, exchange.head.version, this.#keepsAlive);
  }

  writeContent(bytes: Buffer, from: number, to: number): void {
    if (this.#exchange !== null) this.#output.content(bytes, from, to);
  }

  flush(): boolean {
    if (this.#output.flush()) return true;
    this.#armBodyIdle();
    return false;
  }

  endResponse(exchange: Exchange): void {
    if (this.#exchange !== exchange) return;
    this.#output.endResponse();
    this.#finishExchange();
  }

  sendAnswer(exchange: Exchange, status: number, fields: string, body: Buffer): void {
    if (this.#exchange !== exchange) return;
    if (this.#phase === Phase.body || this.#plane.isDraining) this.#keepsAlive = false;
    const { version, method } = exchange.head;
    this.#output.answer(status, fields, body, version, method === 'HEAD', this.#keepsAlive);
    this.#finishExchange();
  }

  startTunnel(exchange: Exchange, head: ResponseHead): void {
    if (this.#exchange !== exchange) return;
    this.#keepsAlive = false;
    this.#phase = Phase.tunnel;
    this.#output.startTunnel(head);
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.tunnelIdleMs);
    this.#releaseBacklog();
  }

  writeTunnel(bytes: Buffer): boolean {
    if (this.#exchange === null) return true;
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.tunnelIdleMs);
    return this.#output.tunnel(bytes);
  }

  endTunnel(): void {
    this.#socket.end();
  }

  finishTunnel(): void {
    if (this.#exchange !== null) this.#finishExchange();
  }

  abort(): void {
    this.#output.clear();
    this.#exchange = null;
    this.#phase = Phase.closed;
    // A cut TLS connection lacks its own end, and its socket cannot be reset; nor can one that is being shut down
    // (libuv says EINVAL, and Node.js 24 then never closes it).
    const isReset = this.#output.hasWritten && !this.isTls && !this.#socket.writableEnded;
    if (isReset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  // Life

  /** The exchange is over: next request, or the end of the connection. */
  #finishExchange(): void {
    this.#exchange = null;
    const nowMs = this.#plane.clock.monotonicMs();
    if (!this.#keepsAlive) {
      this.#discardRest(nowMs);
      return;
    }
    this.#input.reset();
    if (this.#socket.writableNeedDrain) {
      this.#phase = Phase.unsent;
      this.#deadline.arm(nowMs, this.#plane.policy.config.deadlines.bodyIdleMs);
    } else this.#awaitHead(nowMs);
  }

  #awaitHead(nowMs: number): void {
    this.#phase = Phase.head;
    this.#idleSinceMs = nowMs;
    this.#deadline.arm(nowMs, this.#plane.policy.config.deadlines.keepAliveIdleMs);
    if (!this.#isConsuming) this.#releaseBacklog();
  }

  /** Closes our half, and reads on for a moment so that what was sent is not lost to a reset. */
  #discardRest(nowMs: number): void {
    this.#phase = Phase.discard;
    this.#discarded = 0;
    this.#backlog.length = 0;
    this.#isReadingPaused = false;
    this.#socket.resume();
    this.#unsentBytes = this.#socket.writableLength;
    if (this.#unsentBytes === 0) this.#deadline.arm(nowMs, discardMs);
    else {
      this.#deadline.arm(nowMs, this.#plane.policy.config.deadlines.bodyIdleMs);
      this.#socket.once('finish', () => this.#deadline.arm(this.#plane.clock.monotonicMs(), discardMs));
    }
    this.#socket.end();
  }

  #armBodyIdle(): void {
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.bodyIdleMs);
  }

  /** Reads what arrived during the exchange that has just ended. */
  #releaseBacklog(): void {
    while (this.#backlog.length > 0 && this.#canRead()) {
      const bytes = this.#backlog.shift()!;
      const rest = this.#backlog;
      this.#backlog = [];
      this.#guardedConsume(bytes);
      this.#backlog = this.#backlog.concat(rest);
    }
    if (this.#backlog.length > 0) return;
    this.resumeReading();
    // The client closed its half behind these bytes: what is not complete now never will be.
    if (this.#isPeerEnded) this.#onPeerEnd();
  }

  #canRead(): boolean {
    return this.#phase !== Phase.response && this.#phase !== Phase.unsent && this.#phase !== Phase.closed;
  }

  #onDrain(): void {
    if (this.#phase === Phase.unsent) {
      this.#awaitHead(this.#plane.clock.monotonicMs());
      return;
    }
    if (this.#phase === Phase.tunnel || this.#phase === Phase.response || this.#phase === Phase.body) {
      if (this.#phase === Phase.response) this.#deadline.disarm();
      if (this.#exchange !== null) this.#events.drained(this.#exchange);
    }
  }

  #onPeerEnd(): void {
    this.#isPeerEnded = true;
    const exchange = this.#exchange;
    if (exchange === null) {
      if (this.#backlog.length === 0) this.#socket.end();
      return;
    }
    if (this.#phase === Phase.tunnel) this.#events.tunnelEnd(exchange);
    else if (this.#phase === Phase.body) this.#socket.destroy();
    // Otherwise the request is complete and its sender has only closed its half: the answer is still wanted.
  }

  #onClose(): void {
    this.#deadline.dispose();
    this.#phase = Phase.closed;
    this.#backlog.length = 0;
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange !== null) this.#events.gone(exchange);
  }

  #onDeadline(): void {
    const exchange = this.#exchange;
    if (exchange !== null && this.#phase !== Phase.discard) {
      this.#events.late(exchange);
      return;
    }
    if (this.#phase === Phase.head && this.#input.isPartial) {
      this.#lateHead();
      return;
    }
    const unsentBytes = this.#socket.writableLength;
    if (unsentBytes > 0 && unsentBytes < this.#unsentBytes) {
      // The last answer is still being read, slowly: it has this long again.
      this.#unsentBytes = unsentBytes;
      this.#armBodyIdle();
      return;
    }
    this.#socket.destroy();
  }

  /** A head that did not come in time is an exchange too: it is answered and recorded. */
  #lateHead(): void {
    this.#input.reset();
    const exchange = this.#openExchange();
    this.#keepsAlive = false;
    this.#phase = Phase.response;
    this.#events.late(exchange);
  }

  /** Closes an idle connection; one with an exchange ends with it. A request that comes now is not begun any more. */
  closeIfIdle(nowMs: number, idleMs: number): void {
    if (this.isIdle(nowMs, idleMs)) this.#discardRest(nowMs);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
