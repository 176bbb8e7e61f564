/**
 * The connections of one worker to one upstream: idle ones to reuse, a bound on open ones, a bounded queue behind it.
 *
 * A peer that refuses connections is left alone for a moment and the next one is tried; when all are in that state the
 * one that rests longest is tried again, because an answer late is better than none.
 */
import { BoundedQueue } from '@secbeat/base/bounded-queue.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { PeerConfig, UpstreamConfig } from '../config/model.ts';
import { type Exchange, Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import {
  type ConnectionOwner,
  UpstreamConnection,
  type UpstreamEvents,
  type UpstreamFailure,
} from './upstream-connection.ts';

/** How long a peer that refused a connection is not chosen while another one is there. */
const restMs = 1_000;

interface Waiter {
  readonly exchange: Exchange;
  readonly deadlineMs: number;
}

/** Connections to one peer. */
class PeerPool implements ConnectionOwner {
  readonly #plane: Plane;
  readonly #events: UpstreamEvents;
  readonly #config: UpstreamConfig;
  readonly #peer: PeerConfig;
  readonly #idle: UpstreamConnection[] = [];
  readonly #connections = new Set<UpstreamConnection>();
  readonly #waiters: BoundedQueue<Waiter>;
  #connecting = 0;
  #isRetired = false;
  restsUntilMs = 0;

  constructor(plane: Plane, events: UpstreamEvents, config: UpstreamConfig, peer: PeerConfig) {
    this.#plane = plane;
    this.#events = events;
    this.#config = config;
    this.#peer = peer;
    this.#waiters = new BoundedQueue<Waiter>(config.queueMax);
  }

  acquire(exchange: Exchange): void {
    let idle = this.#idle.pop();
    while (idle !== undefined && !idle.isOpen) idle = this.#idle.pop();
    if (idle !== undefined) {
      this.#plane.metrics.add(Counter.upstreamReused, 1);
      idle.assign(exchange);
      return;
    }
    const deadlineMs = this.#plane.clock.monotonicMs() + this.#config.responseTimeoutMs;
    if (this.#waiters.length === this.#config.queueMax) this.#forgetGone();
    if (!this.#waiters.push({ exchange, deadlineMs })) {
      this.#events.failed(exchange, 'queue-full', `queue-of-${this.#config.queueMax}-full`);
      return;
    }
    this.#connectForWaiters();
  }

  #connectForWaiters(): void {
    while (this.#connecting < this.#waiters.length && this.#connections.size < this.#config.connectionsMax) {
      this.#connecting += 1;
      this.#connections.add(
        new UpstreamConnection(this.#plane, this, this.#events, this.#config, this.#peer),
      );
    }
  }

  /** Takes exchanges that have ended meanwhile out of a full queue: clients that left must not keep others out. */
  #forgetGone(): void {
    for (let left = this.#waiters.length; left > 0; left -= 1) {
      const waiter = this.#waiters.shift()!;
      if (waiter.exchange.stage === Stage.connecting) this.#waiters.push(waiter);
    }
  }

  #nextWaiter(): Exchange | undefined {
    for (;;) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return undefined;
      if (waiter.exchange.stage === Stage.connecting) return waiter.exchange;
    }
  }

  connected(connection: UpstreamConnection): void {
    this.#connecting -= 1;
    this.restsUntilMs = 0;
    this.#offer(connection);
  }

  connectFailed(connection: UpstreamConnection, failure: UpstreamFailure, detail: string): void {
    this.#connecting -= 1;
    this.#connections.delete(connection);
    this.restsUntilMs = this.#plane.clock.monotonicMs() + restMs;
    const exchange = this.#nextWaiter();
    if (exchange !== undefined) this.#events.failed(exchange, failure, detail);
  }

  released(connection: UpstreamConnection): void {
    this.#offer(connection);
  }

  #offer(connection: UpstreamConnection): void {
    const exchange = this.#nextWaiter();
    if (exchange !== undefined) connection.assign(exchange);
    else if (this.#isRetired) connection.abandon();
    else this.#idle.push(connection);
  }

  closed(connection: UpstreamConnection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#connectForWaiters();
  }

  /** Fails what has waited too long. Called about ten times a second. */
  tick(nowMs: number): void {
    for (;;) {
      const waiter = this.#waiters.peek();
      if (waiter === undefined || waiter.deadlineMs > nowMs) return;
      this.#waiters.shift();
      if (waiter.exchange.stage === Stage.connecting) {
        this.#events.failed(waiter.exchange, 'queue-timeout', 'no-free-connection');
      }
    }
  }

  get isWaitedFor(): boolean {
    return this.#waiters.length > 0;
  }

  /** Closes what is idle and lets the rest end with its exchange. */
  retire(): void {
    this.#isRetired = true;
    for (const connection of this.#idle.splice(0)) connection.abandon();
  }
}

/** All peers of one upstream. */
export class UpstreamPool {
  readonly config: UpstreamConfig;
  readonly #plane: Plane;
  readonly #peers: readonly PeerPool[];
  #next = 0;

  constructor(plane: Plane, events: UpstreamEvents, config: UpstreamConfig) {
    this.#plane = plane;
    this.config = config;
    this.#peers = config.peers.map((peer) => new PeerPool(plane, events, config, peer));
  }

  get peerCount(): number {
    return this.#peers.length;
  }

  /** Finds or opens a connection for `exchange`; the answer comes as `ready` or `failed`, perhaps before this returns. */
  acquire(exchange: Exchange): void {
    this.#choose().acquire(exchange);
  }

  #choose(): PeerPool {
    const peers = this.#peers;
    if (peers.length === 1) return peers[0]!;
    const nowMs = this.#plane.clock.monotonicMs();
    let best = peers[this.#next % peers.length]!;
    for (let i = 0; i < peers.length; i += 1) {
      const peer = peers[(this.#next + i) % peers.length]!;
      if (peer.restsUntilMs <= nowMs) {
        this.#next = (this.#next + i + 1) % peers.length;
        return peer;
      }
      if (peer.restsUntilMs < best.restsUntilMs) best = peer;
    }
    return best;
  }

  tick(nowMs: number): void {
    for (const peer of this.#peers) peer.tick(nowMs);
  }

  /** Whether exchanges wait for a connection: then it must be ticked, although it is retired. */
  get isWaitedFor(): boolean {
    return this.#peers.some((peer) => peer.isWaitedFor);
  }

  retire(): void {
    for (const peer of this.#peers) peer.retire();
  }
}
