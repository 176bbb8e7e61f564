/**
 * Allowlist and denylist as the worker threads read them: prefixes in shared memory, entries beside them.
 *
 *      address --longest match--> index --entries[index]--> expired? --coveredBy--> the next wider entry --> ...
 *
 * Expiry is enforced here, at every look-up: an entry ends on time although nobody rebuilds the list. Because the
 * longest match may have expired while a wider prefix still holds, every entry names the next wider one.
 */
import { Fault } from '@secbeat/base/fault.ts';
import { type IpAddress, maskAddress, type Prefix, parsePrefix } from '@secbeat/base/ip-address.ts';
import { buildPrefixList, PrefixList } from '@secbeat/base/prefix-list.ts';
import type { ListEntry } from '../config/model.ts';

/** A list as it crosses to a thread; the buffer is shared, the entries are copied. */
export interface ListSnapshot {
  readonly buffer: SharedArrayBuffer;
  readonly entries: readonly ListEntry[];
  /** For each entry the index of the entry with the next shorter prefix that contains it, or -1. */
  readonly coveredBy: Int32Array;
}

/** Both lists of one version. */
export interface ListsSnapshot {
  /** Grows with every change, so that a thread that starts late can be brought up to date. */
  readonly version: number;
  readonly allow: ListSnapshot;
  readonly deny: ListSnapshot;
}

/** Both lists, ready to be asked. The allowlist wins: ask it first. */
export interface SharedLists {
  readonly allow: PrefixListView;
  readonly deny: PrefixListView;
}

/** One list, ready to be asked. */
export class PrefixListView {
  readonly #prefixes: PrefixList;
  readonly #entries: readonly ListEntry[];
  readonly #coveredBy: Int32Array;

  constructor(snapshot: ListSnapshot) {
    this.#prefixes = new PrefixList(snapshot.buffer);
    this.#entries = snapshot.entries;
    this.#coveredBy = snapshot.coveredBy;
  }

  /** How many entries the list has, expired ones included. */
  get size(): number {
    return this.#entries.length;
  }

  /**
   * Returns the narrowest entry that contains `address` and has not expired.
   *
   * Hot: once per connection and exchange. Allocates nothing.
   *
   * @param nowMs Wall time, Unix milliseconds: expiries are instants, not durations.
   */
  lookup(address: IpAddress, nowMs: number): ListEntry | undefined {
    let index = this.#entries.length === 0 ? -1 : this.#prefixes.lookup(address);
    if (index < 0) return undefined;
    // Bounded: each step goes to a shorter prefix, so at most 129.
    while (index >= 0) {
      const entry = this.#entries[index]!;
      if (entry.expiresAtMs === 0 || entry.expiresAtMs > nowMs) return entry;
      index = this.#coveredBy[index]!;
    }
    return undefined;
  }
}

/** Opens both lists of a snapshot. */
export function viewLists(snapshot: ListsSnapshot): SharedLists {
  return { allow: new PrefixListView(snapshot.allow), deny: new PrefixListView(snapshot.deny) };
}

/** Builds a list. Prefixes must be valid and distinct: `list-store.ts` sees to both. Throws a `Fault` otherwise. */
export function buildList(entries: readonly ListEntry[]): ListSnapshot {
  const prefixes = entries.map((entry) => requirePrefix(entry.prefix));
  return {
    buffer: buildPrefixList(prefixes.map((prefix, value) => ({ prefix, value }))),
    entries,
    coveredBy: findCovers(prefixes),
  };
}

/** Parses a prefix of a list. Throws a `Fault` that says what was met and what was expected. */
export function requirePrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (typeof prefix === 'string') throw new Fault('prefix-invalid', prefix, { source: 'operator' });
  return prefix;
}

/** Prefix length in the 128-bit space, in which IPv4 lies under ::ffff:0:0/96. */
function wideBits(prefix: Prefix): number {
  return prefix.address.version === 4 ? prefix.bits + 96 : prefix.bits;
}

function compareWords(a: IpAddress, b: IpAddress): number {
  return a.w0 - b.w0 || a.w1 - b.w1 || a.w2 - b.w2 || a.w3 - b.w3;
}

function covers(wider: Prefix, narrower: Prefix): boolean {
  if (wider.address.version !== narrower.address.version || wider.bits > narrower.bits) return false;
  return compareWords(maskAddress(narrower.address, wider.bits), wider.address) === 0;
}

/** In address order with wider prefixes first, the open covers of a prefix are a stack. */
function findCovers(prefixes: readonly Prefix[]): Int32Array {
  const coveredBy = new Int32Array(prefixes.length).fill(-1);
  const order = prefixes.map((_, index) => index);
  order.sort((a, b) => {
    const [left, right] = [prefixes[a]!, prefixes[b]!];
    return compareWords(left.address, right.address) || wideBits(left) - wideBits(right);
  });
  const open: number[] = [];
  for (const index of order) {
    while (open.length > 0 && !covers(prefixes[open.at(-1)!]!, prefixes[index]!)) open.pop();
    coveredBy[index] = open.at(-1) ?? -1;
    open.push(index);
  }
  return coveredBy;
}
