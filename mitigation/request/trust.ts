/** Whose word about the client is believed. */
import type { IpAddress } from '@secbeat/base/ip-address.ts';
import type { Policy } from '../policy.ts';

/** Tells whether `address` is one of the operator's trusted proxies. Hot: one look-up, none when there are no proxies. */
export function isTrustedProxy(policy: Policy, address: IpAddress): boolean {
  return policy.trustedProxies.size > 0 && policy.trustedProxies.lookup(address) >= 0;
}
