/** What `secbeat config` says of a configuration, read as a node would read it, with nothing written. */
import { systemClock } from '@secbeat/base/clock.ts';
import { explainConfig } from '@secbeat/mitigation/config/explain-config.ts';
import { readConfig } from '@secbeat/mitigation/config/load.ts';
import { compileRules } from '@secbeat/mitigation/policy.ts';
import { type ConfigFlags, loadOptionsOf, saysWhatToProtect } from './config-options.ts';

/** Stands in for the application when only the defaults are to be seen. */
const exampleUpstream = 'http://127.0.0.1:3000';

/** Returns that the configuration is sound, with its warnings. Throws a `Fault` with everything that is wrong with it. */
export async function checkConfig(flags: ConfigFlags): Promise<string> {
  const { config, warnings } = await readConfig({ ...loadOptionsOf(flags, process.env), selfSigned: 'skip' });
  const counts = [
    count(config.listeners.length, 'listener'),
    count(config.upstreams.length, 'upstream'),
    count(compileRules(config.waf, systemClock).ruleCount, 'WAF rule'),
  ];
  return [
    ...warnings.map((warning) => `warning: ${warning}\n`),
    `The configuration is sound: ${counts.join(', ')}.\n`,
  ].join('');
}

/** Returns the values in force below `key`. Where nothing is configured they are the defaults, which `note` says. */
export async function explainWithDefaults(
  key: string | undefined,
  flags: ConfigFlags,
): Promise<{ readonly note: string; readonly text: string }> {
  const isConfigured = saysWhatToProtect(flags, process.env);
  const options = loadOptionsOf(isConfigured ? flags : { ...flags, upstream: exampleUpstream }, process.env);
  const loaded = await readConfig({ ...options, selfSigned: 'skip' });
  return {
    note: isConfigured
      ? ''
      : `secbeat: nothing is configured; these are the defaults, with ${exampleUpstream} as the application\n`,
    text: `${explainConfig(loaded, key).trimEnd()}\n`,
  };
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
