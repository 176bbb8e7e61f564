/**
 * Addresses as an operator writes them: where to listen (`[::1]:8443`) and where an origin is (`http://shop:3000`).
 */
import { isIPv4, isIPv6 } from 'node:net';

/** A host and a port. An IPv6 host is without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Returns `HOST:PORT` with brackets around an IPv6 host. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
}

/**
 * Reads the address of a listener; a string result is the error.
 *
 * Only addresses and `localhost` (127.0.0.1): a name could resolve to something else at the next start, and "all
 * interfaces" must be written out, because it is the choice that exposes a service. Port 0 lets the kernel choose.
 */
export function parseListenAddress(text: string): Endpoint | string {
  const split = splitHostPort(text, 'for example 127.0.0.1:8080 or [::1]:8080');
  if (typeof split === 'string') return split;
  if (split.host === '' || split.host === '*') {
    return `"${shorten(text)}" names no address; write 127.0.0.1:${split.port} for this machine only, 0.0.0.0:${split.port} for all of IPv4 or [::]:${split.port} for all of IPv6`;
  }
  const host = split.host === 'localhost' ? '127.0.0.1' : split.host;
  if (!isIPv4(host) && !isIPv6(host)) {
    return `"${shorten(split.host)}" is no address of an interface; expected an IPv4 address, an IPv6 address in brackets or localhost`;
  }
  return { host, port: split.port };
}

/** Reads `http://HOST[:PORT]` or `HOST:PORT`, the endpoint of an origin; a string result is the error. */
export function parsePeer(text: string): Endpoint | string {
  const example = 'for example http://127.0.0.1:3000';
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text);
  if (scheme !== null && scheme[1]?.toLowerCase() !== 'http') {
    return `"${shorten(text)}": origins are reached over plain http, not ${scheme[1]}; ${example}`;
  }
  const rest = scheme === null ? text : text.slice(scheme[0].length).replace(/\/$/, '');
  if (rest.includes('@')) return `"${shorten(text)}": a user name or password has no place here; ${example}`;
  if (/[/?#]/.test(rest))
    return `"${shorten(text)}": an origin has no path; routes choose by path; ${example}`;
  const hasPort = /:\d*$/.test(rest) && !rest.endsWith(']');
  if (scheme === null && !hasPort)
    return `"${shorten(text)}" is no origin; expected http://HOST:PORT, ${example}`;
  const split = splitHostPort(hasPort ? rest : `${rest}:80`, example);
  if (typeof split === 'string') return split;
  if (split.port === 0) return `"${shorten(text)}": an origin has a port from 1 to 65535`;
  const host = split.host.toLowerCase();
  if (isIPv4(host) || isIPv6(host)) return { host, port: split.port };
  // All digits and dots: a mistyped IPv4 address, which a resolver might read as octal or as one number.
  if (!isDnsName(host) || /^[\d.]+$|^0x/.test(host)) {
    return `"${shorten(split.host)}" is neither an address nor a host name; ${example}`;
  }
  return { host, port: split.port };
}

/** True for a host name of letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all (RFC 1035, 2.3.4). */
export function isDnsName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(name)
  );
}

function splitHostPort(text: string, example: string): Endpoint | string {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) {
    if (isIPv6(text.replace(/:\d+$/, '')) || isIPv6(text)) {
      return `"${shorten(text)}": an IPv6 address stands in brackets, ${example}`;
    }
    return `"${shorten(text)}" is no HOST:PORT, ${example}`;
  }
  const port = Number(match[3]);
  if (port > 65_535) return `"${shorten(text)}": port ${port} is above 65535`;
  const inBrackets = match[1];
  if (inBrackets !== undefined && (!isIPv6(inBrackets) || inBrackets.includes('%'))) {
    return `"${shorten(inBrackets)}" is no IPv6 address`;
  }
  return { host: inBrackets ?? match[2] ?? '', port };
}

/** Keeps an error line readable whatever was pasted into the file. */
export function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
