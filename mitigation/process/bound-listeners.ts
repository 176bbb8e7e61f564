/**
 * The sockets of a node: for every listener one bound socket per worker slot, opened once and never closed while the supervisor
 * lives.
 *
 * The kernel spreads connections over the sockets of one port (SO_REUSEPORT) and queues them in each while its worker is being
 * replaced: a socket of which the supervisor holds a descriptor is never closed by the death of a worker or a generation.
 * Closing one would reset what sits in its queue.
 *
 * SO_REUSEPORT also lets two nodes of one user share a port by accident. So the port is first bound without it, which fails
 * when anybody listens there.
 */
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { ListenerConfig } from '../config/model.ts';

/** One listener with its sockets. */
export interface BoundListener {
  /** As configured, but with the address and the port that were really bound. */
  readonly listener: ListenerConfig;
  /** One per slot. */
  readonly sockets: readonly net.BoundSocket[];
}

/** Between two attempts on a port that is in use. */
const retryMs = 50;

/**
 * Binds all listeners. Throws a `Fault` that names the address and the remedy; then nothing stays bound.
 *
 * @param patienceMs How long an occupied port is tried again, for the moment in which the processes of a dead supervisor end.
 */
export async function bindListeners(
  listeners: readonly ListenerConfig[],
  slots: number,
  patienceMs: number,
): Promise<BoundListener[]> {
  const bound: BoundListener[] = [];
  try {
    for (const listener of listeners) bound.push(await bindListener(listener, slots, patienceMs, listeners));
    return bound;
  } catch (thrown) {
    closeListeners(bound);
    throw thrown;
  }
}

/** Closes all sockets: what waits in their queues is reset. For the end of the supervisor only. */
export function closeListeners(bound: readonly BoundListener[]): void {
  for (const { sockets } of bound) for (const socket of sockets) socket.close();
}

/** Writes an address as `127.0.0.1:8080` or `[::1]:8080`. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function bindListener(
  listener: ListenerConfig,
  slots: number,
  patienceMs: number,
  all: readonly ListenerConfig[],
): Promise<BoundListener> {
  const host = await resolveHost(listener);
  // `::` takes IPv4 as well, unless another listener has the same port of 0.0.0.0.
  const ipv6Only =
    host === '::' && all.some((other) => other.host === '0.0.0.0' && other.port === listener.port);
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    try {
      const sockets = bindSlots(host, listener.port, ipv6Only, slots);
      const address = sockets[0]!.address();
      return { listener: { ...listener, host: address.address, port: address.port }, sockets };
    } catch (thrown) {
      if (codeOf(thrown) !== 'EADDRINUSE' || waitedMs >= patienceMs) throw bindFault(listener, thrown);
    }
    await wait(retryMs);
  }
}

function bindSlots(host: string, port: number, ipv6Only: boolean, slots: number): net.BoundSocket[] {
  if (port !== 0) new net.BoundSocket({ host, port, ipv6Only }).close();
  const sockets: net.BoundSocket[] = [];
  try {
    for (let slot = 0; slot < slots; slot++) {
      const portOfAll = sockets[0]?.address().port ?? port;
      sockets.push(new net.BoundSocket({ host, port: portOfAll, ipv6Only, reusePort: true }));
    }
    return sockets;
  } catch (thrown) {
    for (const socket of sockets) socket.close();
    throw thrown;
  }
}

async function resolveHost(listener: ListenerConfig): Promise<string> {
  if (net.isIP(listener.host) !== 0) return listener.host;
  try {
    return (await lookup(listener.host)).address;
  } catch (thrown) {
    throw bindFault(listener, thrown);
  }
}

/** What an operator can do about an error of bind(2), by its code. */
const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address in use by another program (see "ss -ltnp")',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  EACCES: 'permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  ENOTFOUND: 'that name has no address',
  EAFNOSUPPORT: 'this machine has no IPv6',
};

function bindFault(listener: ListenerConfig, thrown: unknown): Fault {
  const code = codeOf(thrown);
  const endpoint = formatEndpoint(listener.host, listener.port);
  const why = remedies[code] ?? asError(thrown).message;
  const option = listener.tls ? '--tls-listen' : '--listen';
  const message = `cannot listen on ${endpoint}: ${why}; choose another with ${option} HOST:PORT`;
  return new Fault('listen-failed', message, {
    source: 'operator',
    retry: code === 'EADDRINUSE',
    cause: thrown,
  });
}

function codeOf(thrown: unknown): string {
  return String((thrown as { readonly code?: unknown }).code ?? '');
}
