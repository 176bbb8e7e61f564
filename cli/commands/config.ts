/** `secbeat config`: checks, explains and describes the configuration without running it. */
import { systemClock } from '@secbeat/base/clock.ts';
import { explainConfig } from '@secbeat/mitigation/config/explain-config.ts';
import { readConfig } from '@secbeat/mitigation/config/load.ts';
import { renderConfigSchema } from '@secbeat/mitigation/config/schema.ts';
import { compileRules } from '@secbeat/mitigation/policy.ts';
import type { Command } from 'commander';
import { addConfigOptions, type ConfigFlags, loadOptionsOf, saysWhatToProtect } from './config-options.ts';

/** Stands in for the application when only the defaults are to be seen. */
const exampleUpstream = 'http://127.0.0.1:3000';

/** Adds the command. */
export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('check, explain or describe the configuration');
  addConfigOptions(
    config.command('check').description('say whether the configuration, its files and its rules are sound'),
  ).action(async (flags: ConfigFlags) => {
    const options = loadOptionsOf(flags, process.env);
    const { config: loaded, warnings } = await readConfig({ ...options, selfSigned: 'skip' });
    const ruleset = compileRules(loaded.waf, systemClock);
    const counts = [
      count(loaded.listeners.length, 'listener'),
      count(loaded.upstreams.length, 'upstream'),
      count(ruleset.ruleCount, 'WAF rule'),
    ];
    for (const warning of warnings) process.stdout.write(`warning: ${warning}\n`);
    process.stdout.write(`The configuration is sound: ${counts.join(', ')}.\n`);
  });
  addConfigOptions(
    config
      .command('explain')
      .description('show the configuration in force with the origin of each value')
      .argument('[key]', 'only this key and what is below it, for example limits'),
  ).action(async (key: string | undefined, flags: ConfigFlags) => {
    const isConfigured = saysWhatToProtect(flags, process.env);
    if (!isConfigured) {
      const note = `nothing is configured; these are the defaults, with ${exampleUpstream} as the application`;
      process.stderr.write(`secbeat: ${note}\n`);
    }
    const options = loadOptionsOf(
      isConfigured ? flags : { ...flags, upstream: exampleUpstream },
      process.env,
    );
    process.stdout.write(
      `${explainConfig(await readConfig({ ...options, selfSigned: 'skip' }), key).trimEnd()}\n`,
    );
  });
  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .action(() => {
      process.stdout.write(`${renderConfigSchema().trimEnd()}\n`);
    });
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
