/** `secbeat denylist` and `secbeat allowlist`: who is refused, and who is exempt from limits and bans. */
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import type { ListChange, ShownEntry } from '@secbeat/mitigation/process/list-store.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { addDataOption, type DataFlags, dataDirectoryOf } from './data-option.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

type ListWord = 'denylist' | 'allowlist';

interface AddFlags extends DataFlags {
  readonly for?: number;
  readonly reason: string;
}

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
  addDataOption(
    list
      .command('add')
      .description('add an entry to the running node')
      .argument('<prefix>', 'address or prefix: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32')
      .option('--for <duration>', 'how long it holds: 30s, 10m, 2h, 7d', parseDuration)
      .option('--reason <text>', 'why, for whoever reads the list', ''),
  ).action(async (prefix: string, flags: AddFlags) => {
    const ttl = flags.for === undefined ? {} : { ttlMs: flags.for };
    const op = name === 'denylist' ? 'denylist.add' : 'allowlist.add';
    show(
      await requestControl<typeof op>(dataDirectoryOf(flags), { op, prefix, reason: flags.reason, ...ttl }),
    );
  });
  addDataOption(list.command('remove').description('remove an entry').argument('<prefix>')).action(
    async (prefix: string, flags: DataFlags) => {
      const op = name === 'denylist' ? 'denylist.remove' : 'allowlist.remove';
      show(await requestControl<typeof op>(dataDirectoryOf(flags), { op, prefix }));
    },
  );
  addDataOption(list.command('list').description('show all entries')).action(async (flags: DataFlags) => {
    const op = name === 'denylist' ? 'denylist.list' : 'allowlist.list';
    const entries = await requestControl<typeof op>(dataDirectoryOf(flags), { op });
    process.stdout.write(entries.length === 0 ? 'empty\n' : `${entries.map(renderEntry).join('\n')}\n`);
  });
}

function show(change: ListChange): void {
  process.stdout.write(
    `${[renderEntry({ ...change.entry, origin: 'added' }), ...change.notes].join('\n')}\n`,
  );
}

function renderEntry(entry: ShownEntry): string {
  const until =
    entry.expiresAtMs === 0 ? 'until removed' : `until ${new Date(entry.expiresAtMs).toISOString()}`;
  return `${entry.prefix.padEnd(24)} ${until.padEnd(30)} ${entry.origin.padEnd(14)} ${entry.reason}`.trimEnd();
}

function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('expected a number and a unit, for example 30s, 10m, 2h or 7d');
  return Number(match[1]) * unitMs[match[2]!]!;
}
