import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import { parseIpAddress } from '@secbeat/base/ip-address.ts';
import { TimerWheel } from '@secbeat/base/timer-wheel.ts';
import type { ListenerConfig } from '../config/model.ts';
import type { DownstreamEvents, Exchange } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { H1Connection } from './h1-connection.ts';
import { OutputStage } from './output-stage.ts';

const bodyIdleMs = 10_000;
const keepAliveIdleMs = 30_000;

/** A socket whose other side takes bytes only when the test says so. */
class StuckSocket extends Duplex {
  readonly remotePort = 1;
  readonly localAddress = '127.0.0.1';
  readonly localPort = 80;
  sent = '';
  isReset = false;
  #waiting: (() => void) | null = null;
  #isOpen = false;

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 1_000 });
  }

  getProtocol(): string {
    return 'TLSv1.3';
  }

  resetAndDestroy(): void {
    this.isReset = true;
    this.destroy();
  }

  override _read(): void {
    // Bytes are pushed by the test.
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.sent += bytes.toString('latin1');
    if (this.#isOpen) done();
    else this.#waiting = done;
  }

  /** Takes everything from now on. */
  open(): void {
    this.#isOpen = true;
    this.#waiting?.();
    this.#waiting = null;
  }
}

interface Bench {
  readonly socket: StuckSocket;
  readonly connection: H1Connection;
  readonly exchanges: Exchange[];
  /** What the lifecycle does with a head; each test says. */
  onHead: (exchange: Exchange) => void;
  pass(ms: number): Promise<void>;
}

/** One turn of the event loop: streams tell what has happened to them. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function openBench(isTls = false): Bench {
  const clock = createManualClock();
  const wheel = new TimerWheel({ tickMs: 50, slots: 1_024 });
  wheel.advance(clock.monotonicMs());
  const socket = new StuckSocket();
  const exchanges: Exchange[] = [];
  const ignore = (): void => {};
  const events: DownstreamEvents = {
    requestHead: (exchange) => {
      exchanges.push(exchange);
      bench.onHead(exchange);
    },
    requestRefused: ignore,
    requestContent: ignore,
    requestEnd: ignore,
    gone: ignore,
    late: ignore,
    drained: ignore,
    failed: (exchange) => exchange.down.sendAnswer(exchange, 500, '', Buffer.from('failed')),
    tunnelData: ignore,
    tunnelEnd: ignore,
  };
  const plane = {
    clock,
    wheel,
    metrics: { add: ignore },
    log: { error: ignore },
    outputStage: new OutputStage(),
    nextId: () => 'ID',
    isDraining: false,
    policy: {
      config: {
        limits: { headBytesMax: 8_192, fieldsMax: 50, targetBytesMax: 4_096 },
        deadlines: { requestHeadMs: 5_000, bodyIdleMs, keepAliveIdleMs, tunnelIdleMs: 60_000 },
      },
    },
  } as unknown as Plane;
  const listener = { name: 'test', tls: isTls, redirectToHttpsPort: 0 } as ListenerConfig;
  const bench: Bench = {
    socket,
    exchanges,
    connection: new H1Connection(
      plane,
      events,
      socket as unknown as Socket,
      listener,
      parseIpAddress('192.0.2.1')!,
    ),
    onHead: ignore,
    async pass(ms) {
      clock.advance(ms);
      wheel.advance(clock.monotonicMs());
      await turn();
    },
  };
  return bench;
}

function answer(exchange: Exchange): void {
  exchange.down.sendAnswer(exchange, 200, '', Buffer.alloc(5_000, 'x'));
}

const request = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const lastRequest = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

test('connection: a client that reads its last answer slowly has the time of a slow reader', async () => {
  const bench = openBench();
  bench.onHead = answer;
  bench.socket.push(lastRequest);
  await turn();
  await bench.pass(bodyIdleMs - 200);
  assert.equal(bench.socket.destroyed, false);
  await bench.pass(400);
  assert.equal(bench.socket.destroyed, true);
});

test('connection: once its last answer is sent, a client that does not close has two seconds', async () => {
  const bench = openBench();
  bench.onHead = answer;
  bench.socket.push(lastRequest);
  await turn();
  await bench.pass(5_000);
  bench.socket.open();
  await turn();
  await bench.pass(1_800);
  assert.equal(bench.socket.destroyed, false);
  await bench.pass(400);
  assert.equal(bench.socket.destroyed, true);
});

test('connection: the next request begins when the answer before it has been taken', async () => {
  const bench = openBench();
  bench.onHead = answer;
  bench.socket.push(request + request);
  await turn();
  assert.equal(bench.exchanges.length, 1);
  bench.socket.open();
  await turn();
  assert.equal(bench.exchanges.length, 2);
});

test('connection: an answer that nobody takes ends the connection when its time is over', async () => {
  const bench = openBench();
  bench.onHead = answer;
  bench.socket.push(request);
  await turn();
  await bench.pass(bodyIdleMs + 200);
  assert.equal(bench.socket.destroyed, true);
});

for (const [isTls, isReset] of [
  [false, true],
  [true, false],
]) {
  test(`connection: a response that breaks off ${isTls ? 'over TLS is cut' : 'is reset'}`, async () => {
    const bench = openBench(isTls);
    bench.onHead = (exchange) => {
      exchange.down.sendAnswer(exchange, 200, '', Buffer.alloc(10));
      exchange.down.abort();
    };
    bench.socket.push(request);
    await turn();
    assert.equal(bench.socket.destroyed, true);
    assert.equal(bench.socket.isReset, isReset);
  });
}

test('connection: a tunnel whose one half is closed is cut, not reset', async () => {
  const bench = openBench();
  bench.onHead = (exchange) => {
    exchange.down.sendAnswer(exchange, 101, '', Buffer.alloc(0));
    exchange.down.endTunnel();
    exchange.down.abort();
  };
  bench.socket.push(request);
  await turn();
  assert.equal(bench.socket.destroyed, true);
  assert.equal(bench.socket.isReset, false);
});

test('connection: a fault of our own leaves nothing of what was staged in the next answer', async () => {
  const bench = openBench();
  bench.onHead = (exchange) => {
    exchange.down.writeContent(Buffer.from('left over'), 0, 9);
    throw new Error('a fault of the test');
  };
  bench.socket.push(request);
  await turn();
  assert.match(bench.socket.sent, /^HTTP\/1\.1 500 /);
  assert.match(bench.socket.sent, /\r\n\r\nfailed$/);
});

test('connection: one that was closed as idle begins no exchange any more', async () => {
  const bench = openBench();
  bench.socket.open();
  await bench.pass(1_000);
  bench.connection.closeIfIdle(Number.MAX_SAFE_INTEGER, 0);
  bench.socket.push(request);
  await turn();
  assert.equal(bench.exchanges.length, 0);
  assert.equal(bench.socket.writableEnded, true);
});
