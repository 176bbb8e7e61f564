/**
 * The writing half of an HTTP/1.1 connection: heads, content and chunks become one write per batch.
 *
 * Hot: everything is staged first (`OutputStage`, shared by all connections of the worker and emptied in the same turn);
 * `flush` hands it to the socket in one piece.
 */
import type { Socket } from 'node:net';
import { Framing } from '@secbeat/http/h1/framing.ts';
import type { ResponseHead } from '@secbeat/http/h1/response-head.ts';
import { chunkEnd, chunkHeaderOf, lastChunk } from '@secbeat/http/h1/write.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { Plane } from '../plane.ts';
import { answerHead, responseHeadText, tunnelHeadText } from './h1-response.ts';

const continueLine = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');

/** See the head of this file. Borrowed: the socket, which belongs to the connection. */
export class H1Output {
  readonly #plane: Plane;
  readonly #socket: Socket;
  #isChunked = false;
  #hasWritten = false;

  constructor(plane: Plane, socket: Socket) {
    this.#plane = plane;
    this.#socket = socket;
  }

  /** Whether anything of a response to the request under way was staged or sent. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** The next request begins: nothing of its response has been written. */
  begin(): void {
    this.#hasWritten = false;
  }

  sendContinue(): void {
    this.#write(continueLine);
  }

  /** Stages the origin's head for a client of `version`. Returns whether the connection can be kept after it. */
  startResponse(head: ResponseHead, version: number, wantsKeepAlive: boolean): boolean {
    const hasLength = head.framing === Framing.none || head.framing === Framing.length;
    this.#isChunked = !hasLength && version === 11;
    const keepsAlive = wantsKeepAlive && (hasLength || this.#isChunked);
    this.#hasWritten = true;
    this.#plane.outputStage.text(responseHeadText(head, version, this.#isChunked, keepsAlive));
    return keepsAlive;
  }

  /** Stages content. Borrowed: `bytes` is copied. */
  content(bytes: Buffer, from: number, to: number): void {
    const stage = this.#plane.outputStage;
    if (from === to) return;
    if (this.#isChunked) stage.text(chunkHeaderOf(to - from));
    stage.bytes(bytes, from, to);
    if (this.#isChunked) stage.text(chunkEnd);
  }

  /** Stages what ends the body and sends everything. */
  endResponse(): void {
    if (this.#isChunked) this.#plane.outputStage.text(lastChunk);
    this.flush();
  }

  /** Sends a whole answer of our own. */
  answer(
    status: number,
    fields: string,
    body: Buffer,
    version: number,
    isHead: boolean,
    keepsAlive: boolean,
  ): void {
    const stage = this.#plane.outputStage;
    this.#hasWritten = true;
    stage.text(answerHead(status, fields, body.length, version, keepsAlive));
    if (!isHead) stage.bytes(body, 0, body.length);
    this.flush();
  }

  startTunnel(head: ResponseHead): void {
    this.#hasWritten = true;
    this.#plane.outputStage.text(tunnelHeadText(head));
    this.flush();
  }

  /** Sends tunnelled bytes. Owned: kept until sent. Returns false when the client is slow. */
  tunnel(bytes: Buffer): boolean {
    return this.#write(bytes);
  }

  /** Sends what is staged. Returns false when the client is slow. */
  flush(): boolean {
    const out = this.#plane.outputStage.take();
    return out === null || this.#socket.destroyed || this.#write(out);
  }

  /** Forgets what is staged. */
  clear(): void {
    this.#plane.outputStage.clear();
  }

  #write(bytes: Buffer): boolean {
    this.#plane.metrics.add(Counter.downstreamBytesOut, bytes.length);
    return this.#socket.write(bytes);
  }
}
