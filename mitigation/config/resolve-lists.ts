/**
 * From `allowlist`, `denylist` and `trustedProxies` to canonical prefixes.
 */
import { parsePrefix } from '@secbeat/base/ip-address.ts';
import type { FileConfig, FileListEntry } from './file-config.ts';
import { parseTime } from './form.ts';
import type { ListEntry } from './model.ts';
import type { ConfigReport } from './place.ts';

/** A proxy network larger than this is probably a mistake: whoever is in it chooses his own address. */
const trustedBitsMin = 8;

/** The lists of addresses. */
export interface AddressLists {
  readonly allowlist: readonly ListEntry[];
  readonly denylist: readonly ListEntry[];
  readonly trustedProxies: readonly string[];
}

/** Resolves all three lists and checks them against each other. */
export function resolveLists(file: FileConfig, report: ConfigReport): AddressLists {
  const allowlist = resolveList(file.allowlist, 'allowlist', report);
  const denylist = resolveList(file.denylist, 'denylist', report);
  const allowed = new Set(allowlist.map((entry) => entry.prefix));
  for (const [index, entry] of denylist.entries()) {
    if (!allowed.has(entry.prefix)) continue;
    const message = `denylist[${index}]: ${entry.prefix} is on the allowlist too, which wins; remove one`;
    report.problem(['denylist', index], message);
  }
  return { allowlist, denylist, trustedProxies: resolveProxies(file.trustedProxies, report) };
}

function resolveList(
  entries: readonly FileListEntry[],
  key: 'allowlist' | 'denylist',
  report: ConfigReport,
): readonly ListEntry[] {
  const resolved: ListEntry[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const full = typeof entry === 'string' ? { prefix: entry } : entry;
    const prefix = parsePrefix(full.prefix);
    if (typeof prefix === 'string') continue;
    if (seen.has(prefix.text)) {
      report.problem([key, index], `${key}[${index}]: ${prefix.text} stands on it twice; remove one`);
    }
    seen.add(prefix.text);
    const expiresAtMs = full.until === undefined ? 0 : Number(parseTime(full.until));
    resolved.push({ prefix: prefix.text, reason: full.reason ?? '', expiresAtMs });
  }
  return resolved;
}

function resolveProxies(texts: readonly string[], report: ConfigReport): readonly string[] {
  const resolved: string[] = [];
  for (const [index, text] of texts.entries()) {
    const prefix = parsePrefix(text);
    if (typeof prefix === 'string') continue;
    if (prefix.bits < trustedBitsMin) {
      const message = `${prefix.text} is trusted to name the client: anybody in it can pose as any other; name your proxies only`;
      report.warning(['trustedProxies', index], message);
    }
    resolved.push(prefix.text);
  }
  return resolved;
}
