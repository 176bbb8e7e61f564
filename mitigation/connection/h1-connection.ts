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
import { BodyReader, type BodySink } from '@secbeat/http/h1/body.ts';
import { Framing } from '@secbeat/http/h1/framing.ts';
import { RequestHeadReader } from '@secbeat/http/h1/request-head.ts';
import type { ResponseHead } from '@secbeat/http/h1/response-head.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { ListenerConfig } from '../config/model.ts';
import { type DownstreamEvents, type DownstreamSide, Exchange, Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { ByteAccumulator } from './byte-accumulator.ts';
import { Deadline } from './deadline.ts';
import { answerHead, responseHeadText, tunnelHeadText } from './h1-response.ts';
import type { OutputStage } from './output-stage.ts';

const Phase = { head: 0, body: 1, response: 2, unsent: 3, tunnel: 4, discard: 5, closed: 6 } as const;

/** After a refusal the rest of the request is read and thrown away so that the answer is not lost to a reset. */
const discardBytesMax = 1024 * 1024;
const discardMs = 2_000;

const continueLine = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
const lastChunk = '0\r\n\r\n';

/** See the head of this file. Owns the socket. */
export class H1Connection implements DownstreamSide, BodySink {
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
  readonly #reader: RequestHeadReader;
  readonly #body = new BodyReader();
  readonly #stage: OutputStage;
  readonly #deadline: Deadline;
  readonly #partial = new ByteAccumulator();

  /** Content of the read under way: its first run, and all of it when there are several. */
  #runFrom = 0;
  #runTo = 0;
  readonly #gathered = new ByteAccumulator();
  #gatheredBytes: Buffer | null = null;

  #phase: number = Phase.head;
  #exchange: Exchange | null = null;
  #backlog: Buffer[] = [];
  #isPeerEnded = false;
  #isReadingPaused = false;
  #isChunkedOut = false;
  #keepsAlive = true;
  #hasWritten = false;
  #discarded = 0;
  #unsentBytes = 0;
  #isConsuming = false;
  #headStartedAtMs = 0;
  #headStartedAtWallMs = 0;
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
    this.#stage = plane.outputStage;
    this.peer = peer;
    this.peerPort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    this.listenerName = listener.name;
    this.isTls = listener.tls;
    this.tlsVersion = listener.tls ? ((socket as TLSSocket).getProtocol() ?? '') : '';
    this.redirectToHttpsPort = listener.redirectToHttpsPort;
    const { limits, deadlines } = plane.policy.config;
    this.#reader = new RequestHeadReader(limits);
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
    return this.#phase === Phase.head && this.#partial.length === 0 && nowMs - this.#idleSinceMs >= atLeastMs;
  }

  // Reading

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
      this.#stage.clear();
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
    const plane = this.#plane;
    let buffer = bytes;
    let from = start;
    let to = end;
    const heldBefore = this.#partial.length;
    if (heldBefore > 0) {
      buffer = this.#partial.append(bytes, start, end);
      from = 0;
      to = this.#partial.length;
    } else {
      this.#headStartedAtMs = plane.clock.monotonicMs();
      this.#headStartedAtWallMs = plane.clock.nowMs();
    }
    const taken = this.#reader.read(buffer, from, to);
    if (taken === 0) {
      if (heldBefore === 0) {
        this.#partial.append(bytes, start, end);
        this.#deadline.arm(this.#headStartedAtMs, plane.policy.config.deadlines.requestHeadMs);
      }
      return end;
    }
    if (heldBefore > 0) this.#partial.take();
    const exchange = new Exchange(
      this,
      this.#reader.head,
      plane.policy,
      plane.nextId(),
      this.#headStartedAtWallMs,
      this.#headStartedAtMs,
    );
    this.#exchange = exchange;
    this.#hasWritten = false;
    if (taken < 0) {
      exchange.isHeadRead = this.#reader.isReadable;
      this.#keepsAlive = false;
      this.#phase = Phase.response;
      this.#deadline.disarm();
      this.#events.requestRefused(exchange, this.#reader.refusal!);
      return end;
    }
    exchange.requestBytes = taken;
    this.#keepsAlive = this.#reader.head.keepAlive && !plane.isDraining;
    this.#beginExchange(exchange);
    return start + taken - heldBefore;
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
    this.#deadline.arm(this.#plane.clock.monotonicMs(), exchange.policy.config.deadlines.bodyIdleMs);
    this.#events.requestHead(exchange);
  }

  #readBody(bytes: Buffer, start: number, end: number): number {
    const exchange = this.#exchange!;
    const at = this.#body.read(bytes, start, end, this);
    exchange.requestBytes += at - start;
    this.#passContent(exchange, bytes);
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
    } else this.#deadline.arm(this.#plane.clock.monotonicMs(), exchange.policy.config.deadlines.bodyIdleMs);
    return at;
  }

  /** The body reader's sink: one run of one read. */
  content(bytes: Buffer, from: number, to: number): void {
    if (this.#runTo === 0) {
      this.#runFrom = from;
      this.#runTo = to;
      return;
    }
    if (this.#gathered.length === 0) this.#gathered.append(bytes, this.#runFrom, this.#runTo);
    this.#gatheredBytes = this.#gathered.append(bytes, from, to);
  }

  /** Passes on the content of one read, in one piece however many chunks it came in: each would cost a system call. */
  #passContent(exchange: Exchange, bytes: Buffer): void {
    if (this.#runTo === 0) return;
    const length = this.#gathered.length;
    const content =
      length === 0 ? bytes.subarray(this.#runFrom, this.#runTo) : this.#gatheredBytes!.subarray(0, length);
    this.#runTo = 0;
    if (length > 0) {
      this.#gathered.take();
      this.#gatheredBytes = null;
    }
    this.#events.requestContent(exchange, content);
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
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.bodyIdleMs);
    }
    this.#socket.resume();
  }

  // Writing

  sendContinue(): void {
    this.#plane.metrics.add(Counter.downstreamBytesOut, continueLine.length);
    this.#socket.write(continueLine);
  }

  startResponse(exchange: Exchange, head: ResponseHead): void {
    if (this.#exchange !== exchange) return;
    const isBodyless = head.framing === Framing.none;
    this.#isChunkedOut = false;
    if (!isBodyless && head.framing !== Framing.length) {
      if (exchange.head.version === 11) this.#isChunkedOut = true;
      else this.#keepsAlive = false;
    }
    if (this.#plane.isDraining || this.#phase === Phase.body) this.#keepsAlive = false;
    this.#hasWritten = true;
    this.#stage.text(responseHeadText(head, exchange.head.version, this.#isChunkedOut, this.#keepsAlive));
  }

  writeContent(bytes: Buffer, from: number, to: number): void {
    const exchange = this.#exchange;
    if (exchange === null || from === to) return;
    if (!this.#isChunkedOut) {
      this.#stage.bytes(bytes, from, to);
    } else {
      this.#stage.text(`${(to - from).toString(16)}\r\n`);
      this.#stage.bytes(bytes, from, to);
      this.#stage.text('\r\n');
    }
  }

  flush(): boolean {
    const out = this.#stage.take();
    if (out === null || this.#socket.destroyed) return true;
    this.#plane.metrics.add(Counter.downstreamBytesOut, out.length);
    if (this.#socket.write(out)) return true;
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.bodyIdleMs);
    return false;
  }

  endResponse(exchange: Exchange): void {
    if (this.#exchange !== exchange) return;
    if (this.#isChunkedOut) this.#stage.text(lastChunk);
    this.flush();
    this.#finishExchange();
  }

  sendAnswer(exchange: Exchange, status: number, fields: string, body: Buffer): void {
    if (this.#exchange !== exchange) return;
    if (this.#phase === Phase.body || this.#plane.isDraining) this.#keepsAlive = false;
    this.#hasWritten = true;
    this.#stage.text(answerHead(status, fields, body.length, exchange.head.version, this.#keepsAlive));
    if (exchange.head.method !== 'HEAD') {
      this.#stage.bytes(body, 0, body.length);
    }
    this.flush();
    this.#finishExchange();
  }

  startTunnel(exchange: Exchange, head: ResponseHead): void {
    if (this.#exchange !== exchange) return;
    this.#hasWritten = true;
    this.#keepsAlive = false;
    this.#phase = Phase.tunnel;
    this.#stage.text(tunnelHeadText(head));
    this.flush();
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.tunnelIdleMs);
    this.#releaseBacklog();
  }

  writeTunnel(bytes: Buffer): boolean {
    const exchange = this.#exchange;
    if (exchange === null) return true;
    this.#plane.metrics.add(Counter.downstreamBytesOut, bytes.length);
    this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.tunnelIdleMs);
    return this.#socket.write(bytes);
  }

  endTunnel(): void {
    this.#socket.end();
  }

  finishTunnel(): void {
    if (this.#exchange !== null) this.#finishExchange();
  }

  abort(): void {
    this.#stage.clear();
    this.#exchange = null;
    this.#phase = Phase.closed;
    // TLS has an end of its own, which a cut connection lacks; its socket cannot be reset and would throw.
    if (this.#hasWritten && !this.isTls) this.#socket.resetAndDestroy();
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
    this.#reader.reset();
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

  /** Reads what arrived during the exchange that has just ended. */
  #releaseBacklog(): void {
    while (
      this.#backlog.length > 0 &&
      this.#phase !== Phase.response &&
      this.#phase !== Phase.unsent &&
      this.#phase !== Phase.closed
    ) {
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
    if (this.#phase === Phase.head && this.#partial.length > 0) {
      this.#lateHead();
      return;
    }
    const unsentBytes = this.#socket.writableLength;
    if (unsentBytes > 0 && unsentBytes < this.#unsentBytes) {
      // The last answer is still being read, slowly: it has this long again.
      this.#unsentBytes = unsentBytes;
      this.#deadline.arm(this.#plane.clock.monotonicMs(), this.#plane.policy.config.deadlines.bodyIdleMs);
      return;
    }
    this.#socket.destroy();
  }

  /** A head that did not come in time is an exchange too: it is answered and recorded. */
  #lateHead(): void {
    this.#partial.take();
    this.#reader.reset();
    const plane = this.#plane;
    const exchange = new Exchange(
      this,
      this.#reader.head,
      plane.policy,
      plane.nextId(),
      this.#headStartedAtWallMs,
      this.#headStartedAtMs,
    );
    this.#exchange = exchange;
    this.#keepsAlive = false;
    this.#hasWritten = false;
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
