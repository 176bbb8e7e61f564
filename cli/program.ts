/** The command tree, and how it speaks when it is called wrongly: what was met, what was probably meant, where to read on. */
import { readFileSync } from 'node:fs';
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import { Command } from 'commander';
import { addAttackCommand } from './commands/attack.ts';
import { addConfigCommand } from './commands/config.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addListCommands } from './commands/lists.ts';
import { addNodeCommands } from './commands/node.ts';
import { addRunningNodeCommands } from './commands/running-node.ts';

/** Creates the program; `parseAsync` runs one command. A wrong call ends the process with 2. */
export function createProgram(): Command {
  const program = new Command('secbeat')
    .description('stops DDoS and web attacks in front of any HTTP application')
    .version(readVersion(), '-V, --version', 'show the version')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'secbeat: ')) })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addHelpText('after', '\nExit codes: 0 done, 1 refused with a reason, 2 called wrongly.');
  addNodeCommands(program);
  addConfigCommand(program);
  addRunningNodeCommands(program);
  addExplainCommand(program);
  addListCommands(program);
  addAttackCommand(program);
  completeHelp(program, 'secbeat');
  return program;
}

/** Gives `command` and all below it a hint that names their own help, and a `help` that knows what it was asked for. */
function completeHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help shows how)`).helpOption('-h, --help', 'show this help');
  if (command.commands.length === 0) return;
  for (const child of command.commands) completeHelp(child, `${path} ${child.name()}`);
  command
    .helpCommand(false)
    .command('help')
    .description('show the help of a command')
    .argument('[command...]', 'its words')
    .action((words: string[]) => find(command, words).outputHelp());
}

function find(from: Command, words: readonly string[]): Command {
  let found = from;
  for (const word of words) {
    const names = found.commands.map((command) => command.name());
    const next = found.commands.find((command) => command.name() === word);
    if (next === undefined) {
      const nearest = nearestWord(word, names);
      const hint = nearest === undefined ? '' : `\n(Did you mean ${nearest}?)`;
      return found.error(`error: unknown command '${word}'${hint}`);
    }
    found = next;
  }
  return found;
}

function readVersion(): string {
  const text = readFileSync(new URL('package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
}
