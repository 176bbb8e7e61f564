/**
 * IP addresses and prefixes: strict reading, canonical writing, masking.
 *
 * Both families are four 32-bit words, IPv4 in its IPv4-mapped form `::ffff:a.b.c.d`, so that tables need one key shape. A
 * mapped address *is* the IPv4 address everywhere: whoever writes `::ffff:192.0.2.1` meets the limits of `192.0.2.1`.
 *
 *     word    w0        w1        w2        w3
 *     IPv6    aaaabbbb  ccccdddd  eeeeffff  gggghhhh
 *     IPv4    0         0         0000ffff  a.b.c.d
 *
 * Source: RFC 4291 section 2.2 (text forms), RFC 5952 section 4 (the canonical one), RFC 3986 section 3.2.2 (dec-octet).
 */

/** One address. Words are unsigned. */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  /** Canonical: dotted for IPv4, RFC 5952 for IPv6. Equal addresses have equal texts. */
  readonly text: string;
}

/** A CIDR: all addresses that share the first `bits` bits with `address`, whose other bits are 0. */
export interface Prefix {
  readonly address: IpAddress;
  /** Length in bits of the address' own family: 0 to 32 or 0 to 128. */
  readonly bits: number;
  /** Canonical: `192.0.2.0/24`, `2001:db8::/32`. */
  readonly text: string;
}

const mappedWord = 0xffff;
/** The longest text of an address: eight groups of four, or six of them and a dotted quad. */
const textLengthMax = 45;

/**
 * Reads one address, or returns undefined.
 *
 * Strict, because two readers that differ are a way around a list: four decimal octets without leading zeros; no octal, no
 * hexadecimal, no missing octets, no zone (`%eth0`), no brackets, no spaces.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.length > textLengthMax) return undefined;
  if (text.includes(':')) return parseIpv6(text);
  const word = parseDottedQuad(text, 0);
  return word < 0 ? undefined : { version: 4, w0: 0, w1: 0, w2: mappedWord, w3: word, text };
}

/** Makes an address from its words (their low 32 bits count). `0:0:ffff:x` is IPv4. */
export function ipAddressFromWords(w0: number, w1: number, w2: number, w3: number): IpAddress {
  const isMapped = w0 >>> 0 === 0 && w1 >>> 0 === 0 && w2 >>> 0 === mappedWord;
  const words = { w0: w0 >>> 0, w1: w1 >>> 0, w2: w2 >>> 0, w3: w3 >>> 0 };
  const { w0: a, w1: b, w2: c, w3: d } = words;
  if (isMapped) return { version: 4, w0: a, w1: b, w2: c, w3: d, text: formatDottedQuad(d) };
  return { version: 6, w0: a, w1: b, w2: c, w3: d, text: formatIpv6(a, b, c, d) };
}

/**
 * Returns the address with all but its first `bits` bits cleared; the same object when nothing changes.
 *
 * @param bits Of the address' own family: 0 to 32 for IPv4, 0 to 128 for IPv6. Below it, nothing is kept; beyond it, all.
 */
export function maskAddress(address: IpAddress, bits: number): IpAddress {
  const { version, w0, w1, w2, w3 } = address;
  const kept = version === 4 ? 96 + Math.max(0, bits) : bits;
  const m0 = (w0 & wordMask(kept)) >>> 0;
  const m1 = (w1 & wordMask(kept - 32)) >>> 0;
  const m2 = (w2 & wordMask(kept - 64)) >>> 0;
  const m3 = (w3 & wordMask(kept - 96)) >>> 0;
  if (m0 === w0 && m1 === w1 && m2 === w2 && m3 === w3) return address;
  return ipAddressFromWords(m0, m1, m2, m3);
}

/**
 * Reads `address/bits`, or a bare address as the prefix of that one address. Returns what is wrong as a text.
 *
 * Bits behind the prefix must be 0: `192.0.2.1/24` is two different intentions. IPv4-mapped prefixes of at least 96 bits are IPv4
 * prefixes.
 */
export function parsePrefix(text: string): Prefix | string {
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = parseIpAddress(addressText);
  if (address === undefined) {
    return `${quote(text)}: ${quote(addressText)} is not an IP address; expected for example 192.0.2.0/24 or 2001:db8::/32`;
  }
  const isWrittenAsIpv6 = addressText.includes(':');
  const bitsMax = isWrittenAsIpv6 ? 128 : 32;
  const bits = slash < 0 ? bitsMax : parseBits(text.slice(slash + 1), bitsMax);
  if (bits < 0) {
    return `${quote(text)}: prefix length ${quote(text.slice(slash + 1))} is not a number from 0 to ${bitsMax}`;
  }
  if (address.version === 4 && isWrittenAsIpv6) {
    if (bits >= 96) return checkPrefix(text, address, bits - 96);
    return `${quote(text)}: a prefix of an IPv4-mapped address needs at least 96 bits; write it as IPv4, for example ${address.text}/32`;
  }
  return checkPrefix(text, address, bits);
}

/** Writes a prefix in its canonical form, which `parsePrefix` reads back. */
export function formatPrefix(address: IpAddress, bits: number): string {
  return `${address.text}/${bits}`;
}

function checkPrefix(text: string, address: IpAddress, bits: number): Prefix | string {
  const masked = maskAddress(address, bits);
  if (masked === address) return { address, bits, text: formatPrefix(address, bits) };
  const single = formatPrefix(address, address.version === 4 ? 32 : 128);
  return `${quote(text)}: has bits set behind the prefix; write ${formatPrefix(masked, bits)} for the network or ${single} for the one address`;
}

/** Mask of the first `bits` bits of a word; what is below 0 or above 32 counts as 0 or 32. */
function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
}

/** Returns a prefix length of 1 to 3 digits without leading zeros, or -1. */
function parseBits(text: string, max: number): number {
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text)) return -1;
  const bits = Number(text);
  return bits <= max ? bits : -1;
}

/** Returns the word of the dotted quad that reaches from `start` to the end of `text`, or -1. */
function parseDottedQuad(text: string, start: number): number {
  let word = 0;
  let octet = -1;
  let octets = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      if (octet === 0) return -1;
      octet = octet < 0 ? code - 0x30 : octet * 10 + code - 0x30;
      if (octet > 255) return -1;
    } else if (code === 0x2e) {
      if (octet < 0 || octets === 3) return -1;
      word = word * 256 + octet;
      octets++;
      octet = -1;
    } else {
      return -1;
    }
  }
  return octets === 3 && octet >= 0 ? word * 256 + octet : -1;
}

function parseIpv6(text: string): IpAddress | undefined {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  let gapAt = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gapAt = 0;
    at = 2;
  }
  while (at < text.length) {
    const groupStart = at;
    let group = 0;
    while (at < text.length) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      group = group * 16 + digit;
      at++;
    }
    if (text[at] === '.') {
      const quad = count <= 6 ? parseDottedQuad(text, groupStart) : -1;
      if (quad < 0) return undefined;
      groups[count++] = quad >>> 16;
      groups[count++] = quad & 0xffff;
      break;
    }
    const digits = at - groupStart;
    if (digits === 0 || digits > 4 || count === 8) return undefined;
    groups[count++] = group;
    if (at === text.length) break;
    if (text[at] !== ':') return undefined;
    at++;
    if (text[at] === ':') {
      if (gapAt >= 0) return undefined;
      gapAt = count;
      at++;
    } else if (at === text.length) {
      return undefined;
    }
  }
  if (gapAt < 0 ? count !== 8 : count === 8) return undefined;
  if (gapAt >= 0) {
    const gapLength = 8 - count;
    for (let from = count - 1; from >= gapAt; from--) groups[from + gapLength] = groups[from]!;
    groups.fill(0, gapAt, gapAt + gapLength);
  }
  return ipAddressFromWords(
    (groups[0]! << 16) | groups[1]!,
    (groups[2]! << 16) | groups[3]!,
    (groups[4]! << 16) | groups[5]!,
    (groups[6]! << 16) | groups[7]!,
  );
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function formatDottedQuad(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** Lower case, no leading zeros, `::` for the first of the longest runs of at least two zero groups. */
function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  const groups = [
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  ];
  let gapAt = -1;
  let gapLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > gapLength) {
      gapAt = start;
      gapLength = end - start;
    }
    if (end > start) start = end;
  }
  let text = '';
  for (let at = 0; at < 8; at++) {
    if (at === gapAt) {
      text += at === 0 ? '::' : ':';
      at += gapLength - 1;
    } else {
      text += groups[at]!.toString(16);
      if (at < 7) text += ':';
    }
  }
  return text;
}
