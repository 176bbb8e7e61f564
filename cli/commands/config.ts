/** `secbeat config`: checks, explains and describes the configuration without running it. */
import { systemClock } from '@secbeat/base/clock.ts';
import { explainConfig } from '@secbeat/mitigation/config/explain-config.ts';
import { readConfig } from '@secbeat/mitigation/config/load.ts';
import { renderConfigSchema } from '@secbeat/mitigation/config/schema.ts';
import { compileRules } from '@secbeat/mitigation/policy.ts';
import type { Command } from 'commander';
import { addConfigOptions, type ConfigFlags, loadOptionsOf } from './config-options.ts';

/** Adds the command. */
export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('check, explain or describe the configuration');
  addConfigOptions(
    config.command('check').description('say whether the configuration, its files and its rules are sound'),
  ).action(async (flags: ConfigFlags) => {
    const { config: loaded, warnings } = await readConfig({ ...loadOptionsOf(flags), selfSigned: 'skip' });
    const ruleset = compileRules(loaded.waf, systemClock);
    const { listeners, upstreams } = loaded;
    for (const warning of warnings) process.stdout.write(`warning: ${warning}\n`);
    process.stdout.write(
      `The configuration is sound: ${listeners.length} listeners, ${upstreams.length} upstreams, ${ruleset.ruleCount} WAF rules.\n`,
    );
  });
  addConfigOptions(
    config
      .command('explain')
      .description('show the configuration in force with the origin of each value')
      .argument('[key]', 'only this key and what is below it, for example limits'),
  ).action(async (key: string | undefined, flags: ConfigFlags) => {
    const loaded = await readConfig({ ...loadOptionsOf(flags), selfSigned: 'skip' });
    process.stdout.write(`${explainConfig(loaded, key).trimEnd()}\n`);
  });
  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .action(() => {
      process.stdout.write(`${renderConfigSchema().trimEnd()}\n`);
    });
}
