#!/usr/bin/env node
/** `secbeat`: the entry of every command. Exit codes: 0 done, 1 refused with a reason, 2 called wrongly. */
import { asError, Fault } from '@secbeat/base/fault.ts';
import { Command } from 'commander';
import { addAttackCommand } from './commands/attack.ts';
import { addConfigCommand } from './commands/config.ts';
import { addListCommands } from './commands/lists.ts';
import { addNodeCommands } from './commands/node.ts';
import { addRunningNodeCommands } from './commands/running-node.ts';

const program = new Command('secbeat')
  .description('stops DDoS and web attacks in front of any HTTP application')
  .showHelpAfterError('(secbeat --help lists the commands)')
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

addNodeCommands(program);
addConfigCommand(program);
addRunningNodeCommands(program);
addListCommands(program);
addAttackCommand(program);

try {
  await program.parseAsync();
} catch (thrown) {
  const isExpected = thrown instanceof Fault;
  process.stderr.write(isExpected ? `secbeat: ${thrown.message}\n` : `secbeat: ${asError(thrown).stack}\n`);
  process.exitCode = 1;
}
