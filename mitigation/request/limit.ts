/**
 * The limits of one client: on the denylist, or over its rate. The allowlist exempts from both, and from nothing else.
 */
import { ticksPerSecond } from '@secbeat/base/clock.ts';
import type { IpAddress } from '@secbeat/base/ip-address.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { answers } from './answers.ts';

/** Refuses a client on the denylist. Hot: one look-up, none when the list is empty. */
export function refuseListed(plane: Plane, exchange: Exchange): Answer | null {
  const { deny, allow } = plane.lists;
  if (deny.size === 0) return null;
  const entry = deny.lookup(exchange.client, exchange.startedAtWallMs);
  if (entry === undefined || allow.lookup(exchange.client, exchange.startedAtWallMs) !== undefined)
    return null;
  exchange.detail = entry.reason;
  return answers.denylisted;
}

/** Takes one request from the client's bucket. Hot: one hash and one compare-and-swap. */
export function refuseOverLimit(plane: Plane, exchange: Exchange): Answer | null {
  const client = exchange.client;
  const bits = client.version === 4 ? 128 : exchange.policy.config.limits.ipv6PrefixBits;
  const waitTicks = plane.shared.requestLimits.take(
    maskWord(client.w0, bits),
    maskWord(client.w1, bits - 32),
    maskWord(client.w2, bits - 64),
    maskWord(client.w3, bits - 96),
    plane.clock.tick(),
  );
  if (waitTicks === 0) return null;
  if (plane.lists.allow.lookup(client, exchange.startedAtWallMs) !== undefined) return null;
  exchange.retryAfterSeconds = Math.max(1, Math.ceil(waitTicks / ticksPerSecond));
  exchange.detail = `${exchange.policy.config.limits.requestsPerSecond}/s`;
  return answers.limited;
}

/** Keeps the first `bits` bits of a 32-bit word. */
export function maskWord(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : word & (-1 << (32 - bits));
}

/** The connection-limit key of an address, with the same mask as the request limit: words 0 to 3 of the masked address. */
export function limitKey(
  address: IpAddress,
  ipv6PrefixBits: number,
): readonly [number, number, number, number] {
  const bits = address.version === 4 ? 128 : ipv6PrefixBits;
  return [
    maskWord(address.w0, bits),
    maskWord(address.w1, bits - 32),
    maskWord(address.w2, bits - 64),
    maskWord(address.w3, bits - 96),
  ];
}
