/** The option that names the data directory, and with it the node that is meant. */
import { resolve } from 'node:path';
import type { Command } from 'commander';

/** Where a node keeps its state unless told otherwise, relative to the current directory. */
const dataDirectoryDefault = 'data';

/** Flags of a command with `--data`. */
export interface DataFlags {
  readonly data?: string;
}

/** Adds `--data DIR`. */
export function addDataOption(command: Command): Command {
  return command.option('--data <dir>', 'data directory of the node (default: SECBEAT_DATA, else ./data)');
}

/** The directory that is meant: option, environment, default. */
export function dataDirectoryOf(flags: DataFlags): string {
  return resolve(flags.data ?? process.env['SECBEAT_DATA'] ?? dataDirectoryDefault);
}
