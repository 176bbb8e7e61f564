/**
 * A steady load of keep-alive connections, each with one request under way, that counts every exchange and every loss.
 */
import { connect, type Socket } from 'node:net';

/** What a load has seen so far. */
export interface LoadCounts {
  /** Responses with status 200. */
  ok: number;
  /** Responses with any other status. */
  refused: number;
  /** Exchanges whose connection ended before the whole response was there. */
  lost: number;
  /** As `lost`, but the first exchange of its connection: it may never have been accepted. */
  lostFirst: number;
  /** Connections that the other side closed between two exchanges, as it may. */
  closedIdle: number;
  /** Connects that failed. */
  unconnected: number;
}

/** How a load is made. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly path?: string;
  /** Further field lines, each with CRLF. */
  readonly fields?: string;
  /** Waits this long between two exchanges of one connection. Default 0. */
  readonly pauseMs?: number;
  /** Opens a new connection for each exchange. */
  readonly isOneShot?: boolean;
}

/** See the head of this file. Disposing of it stops it at once. */
export class Load implements Disposable {
  readonly counts: LoadCounts = { ok: 0, refused: 0, lost: 0, lostFirst: 0, closedIdle: 0, unconnected: 0 };
  readonly #options: LoadOptions;
  readonly #request: string;
  readonly #sockets = new Set<Socket>();
  readonly #latencies: number[] = [];
  /** When the first and the last response came, by `performance.now()`; NaN before. */
  firstAtMs: number = Number.NaN;
  lastAtMs: number = Number.NaN;
  #isStopping = false;
  #busy = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    const connection = options.isOneShot === true ? 'Connection: close\r\n' : '';
    this.#request = `GET ${options.path ?? '/'} HTTP/1.1\r\nHost: load.test\r\n${connection}${options.fields ?? ''}\r\n`;
    for (let i = 0; i < options.connections; i += 1) this.#open();
  }

  get latenciesMs(): readonly number[] {
    return this.#latencies;
  }

  /** Finishes the exchanges under way and closes. */
  async stop(): Promise<LoadCounts> {
    this.#isStopping = true;
    if (this.#busy > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this[Symbol.dispose]();
    return this.counts;
  }

  [Symbol.dispose](): void {
    this.#isStopping = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(): void {
    if (this.#isStopping) return;
    const { port } = this.#options;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#sockets.add(socket);
    let isConnected = false;
    let isFirst = true;
    let isUnderWay = false;
    let startedAtMs = 0;
    let text = '';
    const begin = (): void => {
      if (this.#isStopping) {
        socket.end();
        return;
      }
      isUnderWay = true;
      this.#busy += 1;
      startedAtMs = performance.now();
      text = '';
      socket.write(this.#request);
    };
    const finish = (): void => {
      isUnderWay = false;
      this.#busy -= 1;
      if (this.#busy === 0) this.#onIdle?.();
    };
    socket.on('connect', () => {
      isConnected = true;
      begin();
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!isUnderWay || !isWhole(text)) return;
      if (text.startsWith('HTTP/1.1 200 ')) this.counts.ok += 1;
      else this.counts.refused += 1;
      this.lastAtMs = performance.now();
      if (Number.isNaN(this.firstAtMs)) this.firstAtMs = this.lastAtMs;
      this.#latencies.push(this.lastAtMs - startedAtMs);
      isFirst = false;
      const isLast = /\r\nConnection: close\r\n/i.test(text);
      finish();
      if (isLast) socket.end();
      else if (this.#options.pauseMs === undefined) begin();
      else setTimeout(() => (socket.destroyed ? undefined : begin()), this.#options.pauseMs);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (!isConnected) this.counts.unconnected += 1;
      else if (isUnderWay) {
        if (isFirst) this.counts.lostFirst += 1;
        else this.counts.lost += 1;
        finish();
      } else if (!this.#isStopping) this.counts.closedIdle += 1;
      this.#open();
    });
  }
}

/** Whether `text` holds a whole response with a length. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\nContent-Length: (\d+)\r\n/i.exec(text.slice(0, end + 2));
  return length !== null && text.length >= end + 4 + Number(length[1]);
}
