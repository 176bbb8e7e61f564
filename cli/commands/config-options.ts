/** The options that say where a node's configuration comes from. */
import type { LoadOptions } from '@secbeat/mitigation/config/load.ts';
import type { Command } from 'commander';
import { parseDirectory } from './data-option.ts';

/** Flags of a command that loads a configuration. */
export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string[];
  readonly tlsListen?: string[];
  readonly upstream?: string;
}

type Environment = LoadOptions['environment'];

/** Adds `--config`, `--data`, `--listen`, `--tls-listen` and `--upstream`. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (YAML); the environment variable is SECBEAT_CONFIG')
    .option('--data <dir>', 'data directory (default: ./data)', parseDirectory)
    .option('--listen <host:port>', 'plain listener, may be given several times', collect)
    .option('--tls-listen <host:port>', 'HTTPS listener, may be given several times', collect)
    .option('--upstream <url>', 'the application to protect, for example http://127.0.0.1:3000');
}

/** The options of `loadConfig` that the flags mean. */
export function loadOptionsOf(flags: ConfigFlags, environment: Environment): LoadOptions {
  return {
    ...(flags.config === undefined ? {} : { file: flags.config }),
    ...(flags.data === undefined ? {} : { dataDirectory: flags.data }),
    ...(flags.listen === undefined ? {} : { listen: flags.listen }),
    ...(flags.tlsListen === undefined ? {} : { tlsListen: flags.tlsListen }),
    ...(flags.upstream === undefined ? {} : { upstream: flags.upstream }),
    environment,
  };
}

/** Whether flags or environment say which application is meant. An empty variable is as good as none. */
export function saysWhatToProtect(flags: ConfigFlags, environment: Environment): boolean {
  return (
    flags.upstream !== undefined ||
    flags.config !== undefined ||
    Boolean(environment['SECBEAT_CONFIG']) ||
    Boolean(environment['SECBEAT_UPSTREAM'])
  );
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
