/**
 * `npm run bench -- [NAME...] [OPTIONS]`: measures us beside our peers. It reports; a missed goal is not an error.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Fault } from '@secbeat/base/fault.ts';
import { requireRuntime } from '../setup/require-runtime.ts';
import { installPackages } from '../test/debian-packages.ts';
import { missingNeeds, missingPackages, thisMachine } from '../test/needs.ts';
import { type Bench, benches } from './bench.ts';
import { type MeasuredRow, renderRows, writeRows } from './rows.ts';

const usage = `npm run bench -- [NAME...] [OPTIONS]

  --rounds N     interleaved rounds (default 5)
  --seconds N    seconds of each contender in each round (default 5)
  --json FILE    write the rows {name, unit, ours, peer, ratio, goal, met} there
  --docs FILE    write them as Markdown with commit, date and machine (docs/measurements/)
  --configs      print the configurations of all contenders and end
  --help         this text

Benches:
${benches.map((bench) => `  ${bench.name.padEnd(14)} ${bench.about}`).join('\n')}
`;

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What was asked for. */
interface Asked {
  readonly picked: readonly Bench[];
  readonly rounds: number;
  readonly seconds: number;
  readonly jsonFile: string | undefined;
  readonly docsFile: string | undefined;
  readonly show: 'help' | 'configs' | undefined;
}

function parse(args: readonly string[]): Asked {
  let parsed: ReturnType<typeof parseRaw>;
  try {
    parsed = parseRaw(args);
  } catch (error) {
    throw new Fault('bad-option', `${(error as Error).message}\n\n${usage}`, {
      source: 'operator',
      cause: error,
    });
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined)
    throw new Fault('unknown-bench', `there is no bench "${unknown}"\n\n${usage}`, { source: 'operator' });
  return {
    picked: positionals.length === 0 ? benches : benches.filter((bench) => positionals.includes(bench.name)),
    rounds: positive('--rounds', values.rounds ?? '5'),
    seconds: positive('--seconds', values.seconds ?? '5'),
    jsonFile: values.json,
    docsFile: values.docs,
    show: values.help === true ? 'help' : values.configs === true ? 'configs' : undefined,
  };
}

function parseRaw(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      docs: { type: 'string' },
      configs: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value > 0) return value;
  throw new Fault('bad-option', `${option} ${text}: expected a number from 1 to 9999`, {
    source: 'operator',
  });
}

function say(line: string): void {
  console.log(line);
}

async function bringNeeds(picked: readonly Bench[]): Promise<void> {
  const machine = thisMachine('');
  const needs = picked.flatMap((bench) => bench.needs);
  const packages = missingPackages(needs, machine);
  if (packages.length > 0 && machine.isRoot) await installPackages(packages, say);
  const missing = missingNeeds(needs, machine);
  if (missing.length > 0) throw new Fault('missing-need', missing.join('\n'), { source: 'operator' });
}

/** The measurement as a document: what the README quotes must say where and when it was measured. */
function renderDocument(asked: Asked, rows: readonly MeasuredRow[]): string {
  const names = asked.picked.map((bench) => bench.name).join(' ');
  const cpu = cpus();
  return `# Measured: ${names}

- Command: \`npm run bench -- ${names} --rounds ${asked.rounds} --seconds ${asked.seconds}\`
- Commit: ${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes on top'}
- Date: ${new Date().toISOString().slice(0, 10)} (UTC)
- Machine: ${cpu.length} x ${cpu[0]?.model.trim() ?? 'unknown CPU'}, Linux ${release()}, Node.js ${process.versions.node}

A ratio above 1 means that SecBeat is better. Medians over ${asked.rounds} interleaved rounds of ${asked.seconds} s; the ratio is the median of
the ratios within each round.

${renderRows(rows)}
`;
}

function git(...args: readonly string[]): string {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
}

async function main(): Promise<void> {
  requireRuntime(process.versions.node);
  const asked = parse(process.argv.slice(2));
  if (asked.show === 'help') return say(usage);
  if (asked.show === 'configs') return say(asked.picked.map((bench) => bench.describe()).join('\n'));
  await bringNeeds(asked.picked);
  const rows: MeasuredRow[] = [];
  for (const bench of asked.picked) {
    say(`${bench.name}: ${bench.about}`);
    rows.push(...(await bench.run({ root, rounds: asked.rounds, seconds: asked.seconds, say })));
  }
  say(`\n${renderRows(rows)}\n`);
  if (asked.jsonFile !== undefined) writeRows(asked.jsonFile, rows);
  if (asked.docsFile !== undefined) writeFileSync(asked.docsFile, renderDocument(asked, rows));
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
