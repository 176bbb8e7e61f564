/** `secbeat config`: checks, explains and describes the configuration without running it. */
import type { Command } from 'commander';
import { addConfigOptions, type ConfigFlags } from './config-options.ts';

/** Adds the command. What it does is imported when it runs: the other commands start sooner without it. */
export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('check, explain or describe the configuration');
  addConfigOptions(
    config.command('check').description('say whether the configuration, its files and its rules are sound'),
  ).action(async (flags: ConfigFlags) => {
    const { checkConfig } = await import('./read-config.ts');
    process.stdout.write(await checkConfig(flags));
  });
  addConfigOptions(
    config
      .command('explain')
      .description('show the configuration in force with the origin of each value')
      .argument('[key]', 'only this key and what is below it, for example limits'),
  ).action(async (key: string | undefined, flags: ConfigFlags) => {
    const { explainWithDefaults } = await import('./read-config.ts');
    const { note, text } = await explainWithDefaults(key, flags);
    process.stderr.write(note);
    process.stdout.write(text);
  });
  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .action(async () => {
      const { renderConfigSchema } = await import('@secbeat/mitigation/config/schema.ts');
      process.stdout.write(`${renderConfigSchema().trimEnd()}\n`);
    });
}
