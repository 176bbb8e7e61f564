/**
 * `@ipMatch` and `@ipMatchFromFile` (`@ipMatchF`): the value is an address inside one of the listed addresses or prefixes.
 *
 * An IPv4-mapped IPv6 address is the IPv4 address. Bits behind a prefix may be set (`10.10.10.0/21`): ModSecurity's users
 * write such lists, so they are masked. What is no address is an error when the rules load; a value that is no address does
 * not match. An IPv6 prefix never holds an IPv4 address.
 */

import { type IpAddress, maskAddress, parseIpAddress } from '@secbeat/base/ip-address.ts';
import { captureWhole } from './captures.ts';
import type { CompiledOperator, OperatorDefinition } from './operator.ts';

/** Prefixes of one family and length, so that a look-up masks once per length and asks one set. */
interface PrefixGroup {
  readonly version: 4 | 6;
  readonly bits: number;
  /** Canonical texts of the masked addresses. */
  readonly addresses: Set<string>;
}

/** Reads `text` into `groups`, or returns what is wrong with it. */
function addEntry(groups: Map<string, PrefixGroup>, text: string): string | undefined {
  const slash = text.indexOf('/');
  const addressText = slash === -1 ? text : text.slice(0, slash);
  const address = parseIpAddress(addressText);
  if (address === undefined) {
    return `"${text}" is no address; expected for example 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32`;
  }
  const isWrittenAsIpv6 = addressText.includes(':');
  const bitsMax = isWrittenAsIpv6 ? 128 : 32;
  let bits = bitsMax;
  if (slash !== -1) {
    const bitsText = text.slice(slash + 1);
    bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1;
    if (bits < 0 || bits > bitsMax) {
      return `"${text}" has no prefix length that fits; expected 0 to ${bitsMax}`;
    }
  }
  if (isWrittenAsIpv6 && address.version === 4) {
    if (bits < 96) return `"${text}" is an IPv4-mapped prefix of less than 96 bits; write it as IPv4`;
    bits -= 96;
  }
  const key = `${address.version}/${bits}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = { version: address.version, bits, addresses: new Set() };
    groups.set(key, group);
  }
  group.addresses.add(maskAddress(address, bits).text);
  return undefined;
}

function isListed(groups: readonly PrefixGroup[], address: IpAddress): boolean {
  for (const group of groups) {
    if (group.version !== address.version) continue;
    if (group.addresses.has(maskAddress(address, group.bits).text)) return true;
  }
  return false;
}

/** Compiles a list of entries, or returns the first error with `place` before it. */
function compileList(
  name: string,
  entries: Iterable<readonly [place: string, text: string]>,
): CompiledOperator | string {
  const groups = new Map<string, PrefixGroup>();
  for (const [place, text] of entries) {
    const error = addEntry(groups, text);
    if (error !== undefined) return place + error;
  }
  if (groups.size === 0) return 'the list is empty; expected at least one address or prefix';
  const list = [...groups.values()];
  return {
    name,
    test(value, match) {
      const address = parseIpAddress(value);
      if (address === undefined || !isListed(list, address)) return false;
      captureWhole(match, value);
      return true;
    },
  };
}

function* lineEntries(path: string, text: string): Iterable<readonly [string, string]> {
  let line = 0;
  for (const raw of text.split('\n')) {
    line++;
    const entry = raw.trim();
    if (entry !== '' && !entry.startsWith('#')) yield [`${path}:${line}: `, entry];
  }
}

/** Compiles an operator that takes its list from the data file that its argument names. */
function fromFile(name: string): OperatorDefinition {
  return {
    name,
    argument: 'required',
    compile(path, context) {
      const text = context.readDataFile(path);
      if (text === undefined) return `data file "${path}" was not found; expected a file beside the rules`;
      return compileList(name, lineEntries(path, text));
    },
  };
}

/** Matches addresses of a comma-separated list. */
export const ipMatch: OperatorDefinition = {
  name: 'ipMatch',
  argument: 'required',
  compile: (text) =>
    compileList(
      'ipMatch',
      text
        .split(',')
        .map((entry): [string, string] => ['', entry.trim()])
        .filter(([, entry]) => entry !== ''),
    ),
};

/** Matches addresses of a file with one entry per line. */
export const ipMatchFromFile: OperatorDefinition = fromFile('ipMatchFromFile');
/** The short name of `@ipMatchFromFile`. */
export const ipMatchF: OperatorDefinition = fromFile('ipMatchF');
