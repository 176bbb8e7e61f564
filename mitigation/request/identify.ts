/**
 * Who the client is: the peer, or the right-most hop behind trusted proxies that is not one of them.
 *
 *      client -> proxy A -> proxy B -> node        X-Forwarded-For: spoofed, client, A      peer: B
 *                                                                   ^ read from the right while the hop is trusted
 *
 * Whatever stands left of the first untrusted hop was written by the client and says nothing.
 */
import { type IpAddress, parseIpAddress } from '@secbeat/base/ip-address.ts';
import { type Fields, KnownField } from '@secbeat/http/h1/fields.ts';
import type { Exchange } from '../exchange.ts';
import { isTrustedProxy } from './trust.ts';

const requestIdCharactersMax = 128;
const requestIdPattern = /^[A-Za-z0-9._:/+=-]+$/;

/** Sets `client`, `isProxied` and `requestId`. Nothing that an untrusted peer sends has an effect. */
export function identify(exchange: Exchange): void {
  const peer = exchange.down.peer;
  if (!isTrustedProxy(exchange.policy, peer)) return;
  const fields = exchange.head.fields;
  const hops = forwardedHops(fields);
  for (let i = hops.length - 1; i >= 0; i -= 1) {
    const address = parseHop(hops[i]!);
    if (address === undefined) break;
    exchange.client = address;
    exchange.isProxied = true;
    if (!isTrustedProxy(exchange.policy, address)) break;
  }
  const requestId = fields.first(KnownField.xRequestId);
  if (requestId !== undefined && isRequestId(requestId)) exchange.requestId = requestId;
}

function isRequestId(text: string): boolean {
  return text.length <= requestIdCharactersMax && requestIdPattern.test(text);
}

/** The hops in the order of the message: from X-Forwarded-For, or else from the `for` parameters of Forwarded (RFC 7239). */
function forwardedHops(fields: Fields): string[] {
  const hops: string[] = [];
  const hasList = fields.occurrences(KnownField.xForwardedFor) > 0;
  for (let i = 0; i < fields.count; i += 1) {
    const id = fields.id(i);
    if (hasList && id === KnownField.xForwardedFor) hops.push(...fields.value(i).split(','));
    else if (!hasList && id === KnownField.forwarded) {
      for (const element of splitUnquoted(fields.value(i), ',')) hops.push(forOf(element));
    }
  }
  return hops;
}

/** The `for` parameter of one element of Forwarded; empty when it has none. */
function forOf(element: string): string {
  for (const parameter of splitUnquoted(element, ';')) {
    const match = /^\s*for\s*=\s*"?([^"]*)"?\s*$/i.exec(parameter);
    if (match !== null) return match[1] ?? '';
  }
  return '';
}

/** Splits where `separator` stands outside of quotes: what a proxy quotes, a client may have written. */
function splitUnquoted(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === '\\') at += 1;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** An address with or without port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`. */
function parseHop(text: string): IpAddress | undefined {
  const hop = text.trim();
  if (hop.startsWith('[')) {
    const end = hop.indexOf(']');
    return end < 0 ? undefined : parseIpAddress(hop.slice(1, end));
  }
  const colon = hop.indexOf(':');
  if (colon >= 0 && hop.indexOf(':', colon + 1) < 0) return parseIpAddress(hop.slice(0, colon));
  return parseIpAddress(hop);
}
