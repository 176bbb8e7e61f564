import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import type { ListenerConfig } from '../config/model.ts';
import { bindListeners, closeListeners, formatEndpoint } from './bound-listeners.ts';
import { DescriptorStock } from './descriptor-stock.ts';

function listener(host: string, port: number, tls = false): ListenerConfig {
  return { name: formatEndpoint(host, port), host, port, tls, redirectToHttpsPort: 0 };
}

/** A server on a port of the kernel's choice. */
async function occupy(): Promise<{ readonly port: number; readonly server: net.Server } & Disposable> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as net.AddressInfo).port, [Symbol.dispose]: () => server.close() };
}

for (const host of ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']) {
  test(`bound listeners: all slots of ${host} have the port that the kernel chose for the first`, async () => {
    const [bound] = await bindListeners([listener(host, 0)], 3, 0);
    assert.ok(bound!.listener.port > 0);
    assert.deepEqual(
      bound!.sockets.map((socket) => socket.address().port),
      [bound!.listener.port, bound!.listener.port, bound!.listener.port],
    );
    assert.equal(net.isIP(bound!.listener.host) > 0, true);
    closeListeners([bound!]);
  });
}

test('bound listeners: 0.0.0.0 and :: stand beside each other on one port', async () => {
  const [first] = await bindListeners([listener('127.0.0.1', 0)], 1, 0);
  const { port } = first!.listener;
  closeListeners([first!]);
  const bound = await bindListeners([listener('0.0.0.0', port), listener('::', port)], 2, 0);
  assert.equal(bound.length, 2);
  closeListeners(bound);
});

test('bound listeners: an occupied port names address, cause and option; the others are free again', async () => {
  using occupied = await occupy();
  const [probe] = await bindListeners([listener('127.0.0.1', 0)], 1, 0);
  const { port } = probe!.listener;
  closeListeners([probe!]);
  await assert.rejects(
    bindListeners([listener('127.0.0.1', port), listener('127.0.0.1', occupied.port)], 2, 0),
    {
      code: 'listen-failed',
      message: `cannot listen on 127.0.0.1:${occupied.port}: address in use by another program (see "ss -ltnp"); choose another with --listen HOST:PORT`,
    },
  );
  closeListeners(await bindListeners([listener('127.0.0.1', port)], 1, 0));
});

test('bound listeners: a port that becomes free while it is waited for is taken', async () => {
  const occupied = await occupy();
  const binding = bindListeners([listener('127.0.0.1', occupied.port)], 1, 10_000);
  occupied.server.close();
  const bound = await binding;
  assert.equal(bound[0]!.listener.port, occupied.port);
  closeListeners(bound);
});

const refused = [
  {
    name: 'an address of another machine',
    config: listener('192.0.2.1', 0),
    message: /^cannot listen on 192\.0\.2\.1:0: no interface of this machine has that address; .*--listen/,
  },
  {
    name: 'a name without address',
    config: listener('no-such-host.invalid', 0, true),
    message: /^cannot listen on no-such-host\.invalid:0: .*--tls-listen/,
  },
];

for (const { name, config, message } of refused) {
  test(`bound listeners: ${name} is refused with its reason`, async () => {
    await assert.rejects(bindListeners([config], 1, 0), { code: 'listen-failed', message });
  });
}

test('endpoint: an IPv6 address stands in brackets', () => {
  assert.equal(formatEndpoint('::1', 8080), '[::1]:8080');
  assert.equal(formatEndpoint('127.0.0.1', 8080), '127.0.0.1:8080');
});

/** Sockets stand in for the copies that a generation is given: each is a descriptor of its own. */
async function stockOf(
  copies: number,
): Promise<{ readonly stock: DescriptorStock; readonly fds: number[]; readonly sockets: net.BoundSocket[] }> {
  const sockets = Array.from({ length: copies }, () => new net.BoundSocket({ host: '127.0.0.1' }));
  const fds = sockets.map((socket) => socket.fd());
  return {
    stock: new DescriptorStock([{ listener: listener('127.0.0.1', 0), copies: [fds] }], 1),
    fds,
    sockets,
  };
}

test('descriptor stock: every start takes one copy, until there is none', async () => {
  const { stock, fds, sockets } = await stockOf(2);
  assert.equal(stock.remaining(0), 2);
  const taken = [stock.take(0)![0]!.fd, stock.take(0)![0]!.fd];
  assert.deepEqual(taken.toSorted(), fds.toSorted());
  assert.equal(stock.take(0), undefined);
  for (const socket of sockets) socket.close();
});

test('descriptor stock: a worker that never listened gives its copy back', async () => {
  const { stock, sockets } = await stockOf(1);
  stock.take(0);
  assert.equal(stock.remaining(0), 0);
  stock.reclaim(0);
  assert.equal(stock.remaining(0), 1);
  for (const socket of sockets) socket.close();
});

test('descriptor stock: a number that is somebody else’s by now is not taken back, nor closed', async () => {
  const { stock, fds, sockets } = await stockOf(1);
  stock.take(0);
  sockets[0]!.close();
  await new Promise((resolve) => setImmediate(resolve));
  const strangers: net.BoundSocket[] = [];
  while (!strangers.some((stranger) => stranger.fd() === fds[0]) && strangers.length < 100) {
    strangers.push(new net.BoundSocket({ host: '127.0.0.1' }));
  }
  const stranger = strangers.find((other) => other.fd() === fds[0]);
  assert.ok(stranger !== undefined, 'the number was given out again');
  stock.reclaim(0);
  assert.equal(stock.remaining(0), 0);
  stock.closeFree();
  assert.ok(fstatSync(stranger.fd()).isSocket());
  for (const other of strangers) other.close();
});
