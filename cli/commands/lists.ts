/** `secbeat denylist` and `secbeat allowlist`: who is refused, and who is exempt from limits and bans. */
import type { ListChange, ShownEntry } from '@secbeat/mitigation/process/list-store.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../duration.ts';
import { addDataOption, askNode, type DataFlags } from './data-option.ts';

type ListWord = 'denylist' | 'allowlist';

interface AddFlags extends DataFlags {
  /** Milliseconds; 0 means until it is removed. */
  readonly for?: number;
  readonly reason?: string;
}

const prefixForms = 'address or prefix: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32';

/** Adds both commands. */
export function addListCommands(program: Command): void {
  addListCommand(program, 'denylist', 'addresses and prefixes that are refused');
  addListCommand(
    program,
    'allowlist',
    'addresses and prefixes that limits and bans do not touch (the WAF still does)',
  );
}

function addListCommand(program: Command, name: ListWord, description: string): void {
  const list = program.command(name).description(description);
  const isAllowlist = name === 'allowlist';
  const durations = `how long it holds: 30s, 10m, 2h, 7d${isAllowlist ? ', always' : ''} (default: 24h)`;
  addDataOption(
    list
      .command('add')
      .description('add an entry to the running node, or replace the one with the same prefix')
      .argument('<prefix>', prefixForms)
      .option('--for <duration>', durations, isAllowlist ? parseHoldOrAlways : parseHold)
      .option('--reason <text>', 'why, for whoever reads the list'),
  ).action(async (prefix: string, flags: AddFlags) => {
    const ttl = flags.for === undefined ? {} : { ttlMs: flags.for };
    const reason = flags.reason === undefined ? {} : { reason: flags.reason };
    const op = isAllowlist ? 'allowlist.add' : 'denylist.add';
    const change = await askNode<typeof op>(flags, { op, prefix, ...reason, ...ttl });
    process.stdout.write(renderAdded(name, change));
  });
  addDataOption(
    list
      .command('remove')
      .description('remove an entry that was added to the running node')
      .argument('<prefix>', prefixForms),
  ).action(async (prefix: string, flags: DataFlags) => {
    const op = isAllowlist ? 'allowlist.remove' : 'denylist.remove';
    process.stdout.write(renderRemoved(name, await askNode<typeof op>(flags, { op, prefix })));
  });
  addDataOption(list.command('list').description('show all entries')).action(async (flags: DataFlags) => {
    const op = isAllowlist ? 'allowlist.list' : 'denylist.list';
    process.stdout.write(renderEntries(name, await askNode<typeof op>(flags, { op })));
  });
}

/** What is said after an addition. */
export function renderAdded(name: ListWord, { entry, notes }: ListChange): string {
  return lines([`${entry.prefix} is on the ${name} ${until(entry.expiresAtMs)}`, ...notes]);
}

/** What is said after a removal. */
export function renderRemoved(name: ListWord, { entry, notes }: ListChange): string {
  return lines([`${entry.prefix} was removed from the ${name}`, ...notes]);
}

/** The whole list, one entry a line. */
export function renderEntries(name: ListWord, entries: readonly ShownEntry[]): string {
  if (entries.length === 0) return lines([`the ${name} is empty`]);
  return lines(
    entries.map(({ prefix, expiresAtMs, origin, reason }) =>
      `${prefix.padEnd(24)} ${until(expiresAtMs).padEnd(30)} ${origin.padEnd(14)} ${reason}`.trimEnd(),
    ),
  );
}

function until(expiresAtMs: number): string {
  return expiresAtMs === 0 ? 'until removed' : `until ${new Date(expiresAtMs).toISOString()}`;
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}

function parseHold(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    throw new InvalidArgumentError('expected a number and a unit, from 1s to 366d: 30s, 10m, 2h, 7d');
  }
  return durationMs;
}

function parseHoldOrAlways(text: string): number {
  return text === 'always' ? 0 : parseHold(text);
}
