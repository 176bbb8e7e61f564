import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import { TimerWheel } from '@secbeat/base/timer-wheel.ts';
import type { UpstreamConfig } from '../config/model.ts';
import { OutputStage } from '../connection/output-stage.ts';
import { type Exchange, Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import type { UpstreamConnection, UpstreamEvents } from './upstream-connection.ts';
import { UpstreamPool } from './upstream-pool.ts';

const response = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let server: Server;
let accepted: Socket[];

beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const socket of accepted) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** One pool with what it says about each exchange, in order. */
interface Bench {
  readonly pool: UpstreamPool;
  readonly said: string[];
  readonly connections: Map<string, UpstreamConnection>;
  onHead: () => void;
  onEnd: () => void;
  exchange(id: string): Exchange;
  /** Waits until the pool has said `text`. */
  saw(text: string): Promise<void>;
}

function openBench(limits: { readonly connectionsMax: number; readonly queueMax: number }): Bench {
  const clock = createManualClock();
  const wheel = new TimerWheel({ tickMs: 50, slots: 1_024 });
  wheel.advance(clock.monotonicMs());
  const plane = {
    clock,
    wheel,
    metrics: { add: () => {} },
    log: { error: () => {} },
    outputStage: new OutputStage(),
    upstreamReadBuffer: Buffer.alloc(65_536),
    responseHeadLimits: { headBytesMax: 8_192, fieldsMax: 50 },
  } as unknown as Plane;
  let notice = (): void => {};
  const say = (text: string): void => {
    bench.said.push(text);
    notice();
  };
  const events: UpstreamEvents = {
    ready(exchange, connection) {
      exchange.stage = Stage.forwarded;
      bench.connections.set(exchange.id, connection);
      connection.writeHead('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n', 'GET', false);
      connection.endRequest();
      say(`ready ${exchange.id}`);
    },
    responseHead: () => bench.onHead(),
    responseContent: () => {},
    responseBatch: () => {},
    responseEnd(exchange) {
      exchange.stage = Stage.ended;
      bench.onEnd();
      say(`end ${exchange.id}`);
    },
    switched: () => {},
    tunnelData: () => {},
    tunnelEnd: () => {},
    drained: () => {},
    failed: (exchange, failure) => say(`${failure} ${exchange.id}`),
  };
  const config: UpstreamConfig = {
    name: 'app',
    peers: [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }],
    connectTimeoutMs: 5_000,
    responseTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    keepAliveMs: 5_000,
    ...limits,
  };
  const bench: Bench = {
    pool: new UpstreamPool(plane, events, config),
    said: [],
    connections: new Map(),
    onHead: () => {},
    onEnd: () => {},
    exchange: (id) =>
      ({ id, stage: Stage.connecting, head: { method: 'GET', upgrade: false } }) as unknown as Exchange,
    async saw(text) {
      while (!bench.said.includes(text)) {
        await new Promise<void>((resolve) => {
          notice = resolve;
        });
      }
    },
  };
  return bench;
}

test('pool: a connection that is closing is not given to anybody, although nobody was told yet', async () => {
  const bench = openBench({ connectionsMax: 4, queueMax: 4 });
  bench.pool.acquire(bench.exchange('first'));
  await bench.saw('ready first');
  const ended = bench.saw('end first');
  accepted[0]!.write(response);
  await ended;
  // Free and idle now; it closes, and in the same turn somebody asks.
  bench.connections.get('first')!.abandon();
  bench.pool.acquire(bench.exchange('second'));
  await bench.saw('ready second');
  assert.notEqual(bench.connections.get('second'), bench.connections.get('first'));
  bench.connections.get('second')!.abandon();
});

test('pool: a full queue makes room for who is there by forgetting who has gone', async () => {
  const bench = openBench({ connectionsMax: 1, queueMax: 2 });
  bench.pool.acquire(bench.exchange('first'));
  await bench.saw('ready first');
  const gone = bench.exchange('gone');
  bench.pool.acquire(gone);
  bench.pool.acquire(bench.exchange('second'));
  bench.pool.acquire(bench.exchange('too many'));
  assert.deepEqual(bench.said, ['ready first', 'queue-full too many']);
  gone.stage = Stage.ended;
  bench.pool.acquire(bench.exchange('third'));
  accepted[0]!.write(response);
  await bench.saw('ready second');
  accepted[0]!.write(response);
  await bench.saw('ready third');
  assert.equal(bench.said.includes('ready gone'), false);
  bench.connections.get('third')!.abandon();
});

test('pool: a fault of our own at a response fails that exchange and nothing else', async () => {
  const bench = openBench({ connectionsMax: 4, queueMax: 4 });
  bench.onHead = () => {
    throw new Error('a fault of the test');
  };
  bench.pool.acquire(bench.exchange('first'));
  await bench.saw('ready first');
  accepted[0]!.write(response);
  await bench.saw('fault first');
  bench.onHead = () => {};
  bench.pool.acquire(bench.exchange('second'));
  await bench.saw('ready second');
  accepted[1]!.write(response);
  await bench.saw('end second');
  bench.pool.retire();
});

test('pool: a retired one still serves who waits in it, and says so', async () => {
  const bench = openBench({ connectionsMax: 1, queueMax: 4 });
  bench.pool.acquire(bench.exchange('first'));
  await bench.saw('ready first');
  bench.pool.acquire(bench.exchange('second'));
  bench.pool.retire();
  assert.equal(bench.pool.isWaitedFor, true);
  accepted[0]!.write(response);
  await bench.saw('ready second');
  assert.equal(bench.pool.isWaitedFor, false);
  const closed = once(accepted[0]!, 'close');
  accepted[0]!.resume();
  accepted[0]!.write(response);
  await closed;
});

test('pool: a retired one fails who waits longer than the answer may take', async () => {
  const bench = openBench({ connectionsMax: 1, queueMax: 4 });
  bench.pool.acquire(bench.exchange('first'));
  await bench.saw('ready first');
  bench.pool.acquire(bench.exchange('second'));
  bench.pool.retire();
  bench.pool.tick(4_999);
  assert.equal(bench.said.includes('queue-timeout second'), false);
  bench.pool.tick(5_000);
  assert.equal(bench.said.includes('queue-timeout second'), true);
  assert.equal(bench.pool.isWaitedFor, false);
  bench.connections.get('first')!.abandon();
});
