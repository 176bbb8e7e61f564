/**
 * Allowlist and denylist of a node, in the main thread: what the configuration says, what the machine is, and what was
 * added at run time.
 *
 *      allow = this machine's addresses + trusted proxies + configured + added        deny = configured + added
 *
 * The allowlist exempts from limits and bans; it never switches the WAF off. Each change makes a new snapshot for the
 * workers; added entries lie in the data directory.
 */
import { networkInterfaces } from 'node:os';
import type { Clock } from '@secbeat/base/clock.ts';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { type IpAddress, parseIpAddress, parsePrefix } from '@secbeat/base/ip-address.ts';
import type { ListEntry, NodeConfig } from '../config/model.ts';
import type { Log } from '../log.ts';
import {
  type AddedEntries,
  addedEntriesMax,
  readListFile,
  reasonLengthMax,
  writeListFile,
} from './list-file.ts';
import { buildList, type ListSnapshot, type ListsSnapshot, PrefixListView, requirePrefix } from './lists.ts';

/** Which of the two. */
export type ListName = 'allow' | 'deny';

/** An entry as it is shown. */
export interface ShownEntry extends ListEntry {
  /** Where it comes from: only added entries can be removed at run time. */
  readonly origin: 'machine' | 'trusted-proxy' | 'configuration' | 'added';
}

/** What came of a change. */
export interface ListChange {
  readonly entry: ListEntry;
  /** What the operator should know: an allowlist entry that wins, or a disk that did not take it. Empty when nothing. */
  readonly notes: readonly string[];
}

/** What a store needs. */
export interface ListStoreOptions {
  /** Path of the file with the added entries. */
  readonly file: string;
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Addresses of this machine. Default: those of its interfaces. */
  readonly ownAddresses?: () => readonly string[];
}

/** An added entry ends after at most this long: 366 days. */
const ttlMsMax = 366 * 24 * 3600 * 1000;

/** Opens the store with the entries that were added before. */
export async function openListStore(options: ListStoreOptions): Promise<ListStore> {
  return new ListStore(options, await readListFile(options.file, options.log));
}

/** See the head of this file. Use {@link openListStore}. */
export class ListStore {
  readonly #options: ListStoreOptions;
  #config: NodeConfig;
  #added: { readonly allow: Map<string, ListEntry>; readonly deny: Map<string, ListEntry> };
  #snapshot: ListsSnapshot;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ListStoreOptions, added: AddedEntries) {
    this.#options = options;
    this.#config = options.config;
    this.#added = { allow: byPrefix(added.allow), deny: byPrefix(added.deny) };
    this.#snapshot = { version: 0, allow: buildList([]), deny: buildList([]) };
    this.#rebuild();
  }

  /** What the workers are to have. */
  get snapshot(): ListsSnapshot {
    return this.#snapshot;
  }

  /** Takes the lists of a configuration that is now in force. */
  setConfig(config: NodeConfig): void {
    this.#config = config;
    this.#rebuild();
  }

  /**
   * Adds an entry, or replaces the added one with the same prefix. In force in the snapshot at once; resolves when it is on disk,
   * or has a note that it is not.
   *
   * @param ttlMs How long it holds; 0 means until it is removed, which only the allowlist takes: every ban expires.
   */
  async add(list: ListName, prefixText: string, reason: string, ttlMs: number): Promise<ListChange> {
    const prefix = requirePrefix(prefixText);
    const isTtl = Number.isSafeInteger(ttlMs) && ttlMs >= 0 && ttlMs <= ttlMsMax;
    if (!isTtl) throw listFault(`a time to live of ${ttlMs} ms is not a whole number from 0 to ${ttlMsMax}`);
    if (ttlMs === 0 && list === 'deny')
      throw listFault('a ban needs a time to live; put a permanent one in the configuration');
    if (reason.length > reasonLengthMax)
      throw listFault(`a reason has at most ${reasonLengthMax} characters, got ${reason.length}`);
    this.#prune();
    const added = this.#added[list];
    if (added.size >= addedEntriesMax && !added.has(prefix.text)) {
      throw listFault(
        `the ${list}list has ${added.size} added entries, which is the most it takes; remove some, or configure prefixes`,
      );
    }
    const expiresAtMs = ttlMs === 0 ? 0 : this.#options.clock.nowMs() + ttlMs;
    const entry: ListEntry = { prefix: prefix.text, reason, expiresAtMs };
    added.set(prefix.text, entry);
    this.#rebuild();
    const notes = list === 'deny' ? this.#findShadow(prefix.address) : [];
    return { entry, notes: [...notes, ...(await this.#persist())] };
  }

  /** Removes an added entry. Throws a `Fault` when there is none, and says where the prefix stands instead. */
  async remove(list: ListName, prefixText: string): Promise<ListChange> {
    const prefix = requirePrefix(prefixText);
    this.#prune();
    const entry = this.#added[list].get(prefix.text);
    if (entry === undefined) {
      const shown = this.list(list).find((other) => other.prefix === prefix.text);
      const where =
        shown === undefined
          ? `${prefix.text} is not on the ${list}list`
          : `${prefix.text} is on the ${list}list by ${describeOrigin[shown.origin]}, which cannot be removed at run time`;
      throw new Fault('list-entry-unknown', where, { source: 'operator' });
    }
    this.#added[list].delete(prefix.text);
    this.#rebuild();
    return { entry, notes: await this.#persist() };
  }

  /** Everything on a list that has not expired. */
  list(list: ListName): ShownEntry[] {
    this.#prune();
    return this.#collect(list);
  }

  #collect(list: ListName): ShownEntry[] {
    const { allowlist, denylist, trustedProxies } = this.#config;
    const shown: ShownEntry[] = [];
    const show = (entries: Iterable<ListEntry>, origin: ShownEntry['origin']): void => {
      for (const entry of entries) shown.push({ ...entry, prefix: requirePrefix(entry.prefix).text, origin });
    };
    if (list === 'allow') {
      show(machineEntries(this.#options.ownAddresses ?? interfaceAddresses), 'machine');
      show(
        trustedProxies.map((prefix) => ({ prefix, reason: 'trusted proxy', expiresAtMs: 0 })),
        'trusted-proxy',
      );
    }
    show(list === 'allow' ? allowlist : denylist, 'configuration');
    show(this.#added[list].values(), 'added');
    return shown;
  }

  /** Of entries with one prefix the one that holds longest counts. */
  #rebuild(): void {
    const build = (list: ListName): ListSnapshot => {
      const longest = new Map<string, ListEntry>();
      for (const { prefix, reason, expiresAtMs } of this.#collect(list)) {
        const known = longest.get(prefix);
        if (known === undefined || endOf(known) < endOf({ prefix, reason, expiresAtMs })) {
          longest.set(prefix, { prefix, reason, expiresAtMs });
        }
      }
      return buildList([...longest.values()]);
    };
    this.#snapshot = { version: this.#snapshot.version + 1, allow: build('allow'), deny: build('deny') };
  }

  /** Workers see expiry by themselves; this only frees the memory. */
  #prune(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const added of [this.#added.allow, this.#added.deny]) {
      for (const [prefix, entry] of added) if (endOf(entry) <= nowMs) added.delete(prefix);
    }
  }

  #findShadow(address: IpAddress): string[] {
    const winner = new PrefixListView(this.#snapshot.allow).lookup(address, this.#options.clock.nowMs());
    if (winner === undefined) return [];
    return [`the allowlist wins: ${winner.prefix} is on it (${winner.reason || 'no reason given'})`];
  }

  /** One write after the other, each of what is in force then. */
  async #persist(): Promise<string[]> {
    const write = this.#writing.then(() =>
      writeListFile(this.#options.file, {
        allow: [...this.#added.allow.values()],
        deny: [...this.#added.deny.values()],
      }),
    );
    this.#writing = write.catch(() => undefined);
    try {
      await write;
      return [];
    } catch (thrown) {
      const error = asError(thrown);
      this.#options.log.error(
        { err: error, path: this.#options.file },
        'a list entry is in force but not on disk',
      );
      return [
        `in force, but lost at the next start: ${this.#options.file} cannot be written (${error.message})`,
      ];
    }
  }
}

const describeOrigin: Readonly<Record<ShownEntry['origin'], string>> = {
  machine: 'being an address of this machine',
  'trusted-proxy': 'trustedProxies in the configuration',
  configuration: 'the configuration',
  added: 'an earlier command',
};

function endOf(entry: ListEntry): number {
  return entry.expiresAtMs === 0 ? Number.POSITIVE_INFINITY : entry.expiresAtMs;
}

function byPrefix(entries: readonly ListEntry[]): Map<string, ListEntry> {
  return new Map(entries.map((entry) => [entry.prefix, entry]));
}

function listFault(message: string): Fault {
  return new Fault('list-entry-invalid', message, { source: 'operator' });
}

/** The machine itself: a node that bans itself, or its own health checks, helps nobody. */
function machineEntries(addresses: () => readonly string[]): ListEntry[] {
  const own = new Set(['127.0.0.1', '::1', ...addresses()]);
  return [...own].map((address) => ({ prefix: address, reason: 'this machine', expiresAtMs: 0 }));
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => parseIpAddress(address.split('%', 1)[0]!)?.text)
    .filter((text) => text !== undefined && typeof parsePrefix(text) !== 'string')
    .map((text) => text!);
}
