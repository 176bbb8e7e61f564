/** `secbeat reload` and `status`: what is asked of the node that runs with a data directory. */
import { Fault } from '@secbeat/base/fault.ts';
import type { Command } from 'commander';
import { addDataOption, askNode, type DataFlags } from './data-option.ts';
import { renderStatus } from './status-text.ts';

/** Adds the commands. */
export function addRunningNodeCommands(program: Command): void {
  addDataOption(
    program.command('reload').description('load the configuration again; nothing changes if it is refused'),
  ).action(async (flags: DataFlags) => {
    const outcome = await askNode<'reload'>(flags, { op: 'reload' });
    if (!outcome.isInForce) {
      const message = `the new configuration was refused, the old one stays in force:\n${outcome.reasons.join('\n')}`;
      throw new Fault('reload-refused', message, { source: 'operator' });
    }
    process.stdout.write('The new configuration is in force.\n');
  });
  addDataOption(
    program
      .command('status')
      .description('show what the node is doing; ends with 1 when it is not ready')
      .option('--json', 'as JSON'),
  ).action(async (flags: DataFlags & { readonly json?: boolean }) => {
    const status = await askNode<'status'>(flags, { op: 'status' });
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status, Date.now()),
    );
    if (!status.isReady) process.exitCode = 1;
  });
}
