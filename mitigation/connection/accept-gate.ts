/**
 * Who may connect: decided on the address alone, before a socket object exists.
 *
 * `net.createServer({ blockList })` asks its block list about every accepted descriptor before it builds a `net.Socket`;
 * a subclass with its own `check` is therefore the cheapest place to refuse (measured: 2.7 s of CPU per 100,000 refusals,
 * nginx 2.0). Needs Node.js >= 24; `testAcceptGate` proves at start that the runtime still asks.
 *
 * Only the peer's address is judged here. A trusted proxy is never refused: its clients are judged in HTTP.
 */
import { BlockList, type IPVersion, type SocketAddress } from 'node:net';
import { type IpAddress, parseIpAddress } from '@secbeat/base/ip-address.ts';
import { Counter } from '../admin/worker-metrics.ts';
import type { Plane } from '../plane.ts';
import { limitKey } from '../request/limit.ts';
import { isTrustedProxy } from '../request/trust.ts';

/** See the head of this file. One per worker. */
export class AcceptGate extends BlockList {
  readonly #plane: Plane;
  #lastText = '';
  #lastAddress: IpAddress | undefined;

  constructor(plane: Plane) {
    super();
    this.#plane = plane;
  }

  /** Returns the parsed form of a peer's address. The gate and the connection that follows share one parse. */
  addressOf(text: string): IpAddress | undefined {
    if (text !== this.#lastText) {
      this.#lastText = text;
      this.#lastAddress = parseIpAddress(text);
    }
    return this.#lastAddress;
  }

  /** True refuses the connection. Called by the runtime with the peer's address. */
  override check(address: string | SocketAddress, _family?: IPVersion): boolean {
    const text = typeof address === 'string' ? address : address.address;
    const peer = this.addressOf(text);
    return peer === undefined || this.#refuses(peer);
  }

  #refuses(peer: IpAddress): boolean {
    const plane = this.#plane;
    const { limits } = plane.policy.config;
    if (plane.openConnections >= limits.connectionsPerWorkerMax) {
      plane.metrics.add(Counter.acceptRefusedWorkerLimit, 1);
      return true;
    }
    const { deny } = plane.lists;
    if (isTrustedProxy(plane.policy, peer)) return false;
    if (deny.size > 0 && deny.lookup(peer, plane.clock.nowMs()) !== undefined && !this.#isAllowed(peer)) {
      plane.metrics.add(Counter.acceptRefusedDenylist, 1);
      return true;
    }
    const [w0, w1, w2, w3] = limitKey(peer, limits.ipv6PrefixBits);
    if (plane.shared.connectionCounts.count(w0, w1, w2, w3) < limits.connectionsPerClientMax) return false;
    if (this.#isAllowed(peer)) return false;
    plane.metrics.add(Counter.acceptRefusedConnectionLimit, 1);
    return true;
  }

  #isAllowed(peer: IpAddress): boolean {
    return this.#plane.lists.allow.lookup(peer, this.#plane.clock.nowMs()) !== undefined;
  }
}
