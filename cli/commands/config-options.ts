/** The options that say where a node's configuration comes from. */
import type { LoadOptions } from '@secbeat/mitigation/config/load.ts';
import type { Command } from 'commander';

/** Flags of a command that loads a configuration. */
export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string[];
  readonly tlsListen?: string[];
  readonly upstream?: string;
}

/** Adds `--config`, `--data`, `--listen`, `--tls-listen` and `--upstream`. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (YAML)')
    .option('--data <dir>', 'data directory (default: ./data)')
    .option('--listen <host:port>', 'plain listener, may be given several times', collect)
    .option('--tls-listen <host:port>', 'HTTPS listener, may be given several times', collect)
    .option('--upstream <url>', 'the application to protect, for example http://127.0.0.1:3000');
}

/** The options of `loadConfig` that the flags mean, with the environment of this process. */
export function loadOptionsOf(flags: ConfigFlags): LoadOptions {
  return {
    ...(flags.config === undefined ? {} : { file: flags.config }),
    ...(flags.data === undefined ? {} : { dataDirectory: flags.data }),
    ...(flags.listen === undefined ? {} : { listen: flags.listen }),
    ...(flags.tlsListen === undefined ? {} : { tlsListen: flags.tlsListen }),
    ...(flags.upstream === undefined ? {} : { upstream: flags.upstream }),
    environment: process.env,
  };
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
