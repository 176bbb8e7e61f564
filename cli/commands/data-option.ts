/** The option that names the data directory, and with it the node that is meant. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import type { ControlRequest, ControlResults } from '@secbeat/mitigation/process/control-protocol.ts';
import { type Command, InvalidArgumentError } from 'commander';

/** Where a node keeps its state unless told otherwise, relative to the current directory. */
const dataDirectoryDefault = 'data';

/** What the node's configuration calls the same. */
const dataDirectoryVariable = 'SECBEAT_DATA_DIRECTORY';

/** Flags of a command with `--data`. */
export interface DataFlags {
  readonly data?: string;
}

/** Adds `--data DIR` to a command that speaks to a running node. */
export function addDataOption(command: Command): Command {
  const description = `data directory of the node (default: ${dataDirectoryVariable}, else ./${dataDirectoryDefault})`;
  return command.option('--data <dir>', description, parseDirectory);
}

/** Refuses an empty name: it would mean the current directory, which is what an unset shell variable would then name. */
export function parseDirectory(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('expected the name of a directory, got nothing');
  return text;
}

/** A data directory and who named it. */
export interface NamedDirectory {
  /** Absolute. */
  readonly path: string;
  readonly namedBy: string;
}

/** The directory that is meant: option, environment, default. */
export function dataDirectoryOf(
  flags: DataFlags,
  environment: Readonly<Record<string, string | undefined>>,
): NamedDirectory {
  if (flags.data !== undefined) return { path: resolve(flags.data), namedBy: '--data' };
  const named = environment[dataDirectoryVariable];
  if (named !== undefined && named !== '') return { path: resolve(named), namedBy: dataDirectoryVariable };
  return { path: resolve(dataDirectoryDefault), namedBy: `./${dataDirectoryDefault}, the default` };
}

/**
 * Asks the node that runs with the data directory that `flags` name. Throws a `Fault`: the node's own, or why there is no node to ask.
 */
export async function askNode<Op extends ControlRequest['op']>(
  flags: DataFlags,
  request: Extract<ControlRequest, { readonly op: Op }>,
): Promise<ControlResults[Op]> {
  const directory = dataDirectoryOf(flags, process.env);
  try {
    return await requestControl<Op>(directory.path, request);
  } catch (thrown) {
    throw unreachable(directory, thrown);
  }
}

/** Says why nobody could be asked, in terms of what was typed; returns the node's own refusals as they are. */
export function unreachable({ path, namedBy }: NamedDirectory, thrown: unknown): unknown {
  const code = (thrown as { readonly code?: unknown }).code;
  const where = `the data directory ${path} (${namedBy})`;
  const remedy =
    'start one with "secbeat up", or name the directory of the one that runs with --data DIR (it prints it at its start)';
  if (code === 'node-not-running') {
    const state = existsSync(path) ? '' : ', which does not exist';
    return new Fault(code, `no node is running with ${where}${state}; ${remedy}`, {
      source: 'operator',
      cause: thrown,
    });
  }
  if (thrown instanceof Fault) return thrown;
  const why: Readonly<Record<string, string>> = {
    EACCES: 'it belongs to another user; ask as the user that runs the node',
    EPERM: 'it belongs to another user; ask as the user that runs the node',
    ENOTDIR: `that is no directory; ${remedy}`,
    ELOOP: `that is no directory; ${remedy}`,
  };
  const remark = (typeof code === 'string' ? why[code] : undefined) ?? asError(thrown).message;
  return new Fault('node-unreachable', `cannot ask the node with ${where}: ${remark}`, {
    source: 'operator',
    cause: thrown,
  });
}
