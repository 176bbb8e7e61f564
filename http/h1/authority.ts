/**
 * Host names as they stand in Host and in an absolute target: `name[:port]`, nothing else.
 *
 * Narrower than RFC 3986, which lets a name hold percent-encoding and `!$&'()*+,;=`: no host of the web has those, and
 * routers, caches and origins disagree about what they mean.
 *
 * Source: RFC 3986 sections 3.2.2 and 3.2.3; RFC 9110 sections 4.2.3, 4.2.4 and 7.2; RFC 1035 section 2.3.4 (length).
 */
import { isIPv6 } from 'node:net';
import { COLON, isHostNameByte } from './byte-class.ts';
import { showByte, showText } from './refusal.ts';

/** A name of the DNS has at most 253 characters; one dot at its end is not counted. */
export const hostNameBytesMax = 253;

/** The longest form of an IPv6 address: `0000:` six times and an IPv4 address of 15. */
const ipv6BytesMax = 45;

const portDigitsMax = 5;
const DOT = 0x2e;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const AT = 0x40;
const PERCENT = 0x25;

/** Owned: by the reader, filled again with each authority. */
export interface AuthorityView {
  /** Length of the name, without port and without one dot at the end; an IPv6 address counts its brackets. */
  nameLength: number;
  hasUpperCase: boolean;
  hasPort: boolean;
  /** What is wrong with it: the end of a refusal code (`userinfo`) and a sentence. Stale when nothing is. */
  faultCode: string;
  faultMessage: string;
}

/** Makes an empty view. */
export function createAuthorityView(): AuthorityView {
  return { nameLength: 0, hasUpperCase: false, hasPort: false, faultCode: '', faultMessage: '' };
}

/**
 * Reads bytes[from, to) into `view`. Returns whether it is a valid, non-empty authority.
 *
 * Hot: once per request, one pass; makes no strings, the caller has the text already. Borrowed: bytes.
 */
export function readAuthority(bytes: Buffer, from: number, to: number, view: AuthorityView): boolean {
  view.hasUpperCase = false;
  view.hasPort = false;
  if (from === to) return fail(view, 'empty', 'it is empty');
  if (bytes[from] === OPEN_BRACKET) return readIpv6(bytes, from, to, view);
  let at = from;
  let before = DOT;
  for (; at < to; at += 1) {
    const byte = bytes[at]!;
    if (isHostNameByte[byte] !== 1) break;
    if (byte === DOT && before === DOT) return fail(view, 'label', 'it has an empty label');
    if (byte >= 0x41 && byte <= 0x5a) view.hasUpperCase = true;
    before = byte;
  }
  if (at < to && bytes[at] !== COLON) return failCharacter(view, bytes[at]!);
  if (at === from) return fail(view, 'empty', 'there is no name before the port');
  view.nameLength = before === DOT ? at - from - 1 : at - from;
  if (view.nameLength > hostNameBytesMax) {
    return fail(view, 'length', `its name exceeds ${hostNameBytesMax} characters`);
  }
  return at === to || readPort(bytes, at + 1, to, view);
}

function readIpv6(bytes: Buffer, from: number, to: number, view: AuthorityView): boolean {
  const end = bytes.indexOf(CLOSE_BRACKET, from) + 1;
  if (end === 0 || end > to) return fail(view, 'ipv6', 'its bracket is not closed');
  const address = bytes.toString('latin1', from + 1, end - 1);
  if (address.length > ipv6BytesMax || address.includes('%') || !isIPv6(address)) {
    return fail(
      view,
      'ipv6',
      `${showText(address)} is not an IPv6 address (zone identifiers are not allowed)`,
    );
  }
  view.nameLength = end - from;
  view.hasUpperCase = address !== address.toLowerCase();
  if (end === to) return true;
  return bytes[end] === COLON ? readPort(bytes, end + 1, to, view) : failCharacter(view, bytes[end]!);
}

function readPort(bytes: Buffer, from: number, to: number, view: AuthorityView): boolean {
  let port = 0;
  for (let at = from; at < to; at += 1) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9 || at - from >= portDigitsMax) return failPort(view, bytes, from, to);
    port = port * 10 + digit;
  }
  if (port === 0 || port > 65_535) return failPort(view, bytes, from, to);
  view.hasPort = true;
  return true;
}

function fail(view: AuthorityView, code: string, message: string): false {
  view.faultCode = code;
  view.faultMessage = message;
  return false;
}

function failPort(view: AuthorityView, bytes: Buffer, from: number, to: number): false {
  const port = bytes.toString('latin1', from, to);
  if (port.includes('@')) return failCharacter(view, AT);
  return fail(view, 'port', `its port is ${showText(port)}; expected 1 to 65535`);
}

function failCharacter(view: AuthorityView, byte: number): false {
  if (byte === AT) return fail(view, 'userinfo', 'it has user information before "@"');
  if (byte === PERCENT) return fail(view, 'percent', 'it is percent-encoded');
  return fail(view, 'character', `it holds ${showByte(byte)}; expected letters, digits and -._~`);
}
