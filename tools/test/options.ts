/** The command line of `npm test`. */
import { parseArgs } from 'node:util';
import { Fault } from '@secbeat/base/fault.ts';
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import type { Suite } from './suite.ts';

/** What was asked for. */
export interface TestOptions {
  readonly suites: readonly Suite[];
  /** File for the machine-readable outcome; absent when none was asked for. */
  readonly jsonFile?: string;
  readonly help: boolean;
}

/** What `--help` prints. */
export const usage = `npm test [-- OPTIONS]

  --only NAME    run this suite, whatever its kind (may be given several times)
  --long         run the suites that are too long for CI instead (npm run test:long)
  --json FILE    write the outcome of each suite there
  --help         this text
`;

/** Reads the command line. Throws a `Fault` that names what was met. */
export function parseTestOptions(args: readonly string[], all: readonly Suite[]): TestOptions {
  let values: { only?: string[]; long?: boolean; json?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        long: { type: 'boolean' },
        json: { type: 'string' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new Fault('bad-option', `${(error as Error).message}\n\n${usage}`, {
      source: 'operator',
      cause: error,
    });
  }
  return {
    suites:
      values.only === undefined
        ? all.filter((suite) => suite.long === (values.long ?? false))
        : pick(values.only, all),
    ...(values.json === undefined ? {} : { jsonFile: values.json }),
    help: values.help ?? false,
  };
}

function pick(names: readonly string[], all: readonly Suite[]): readonly Suite[] {
  const known = all.map((suite) => suite.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearestWord(name, known);
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    throw new Fault('unknown-suite', `there is no suite "${name}"${hint} Suites: ${known.join(', ')}`, {
      source: 'operator',
    });
  }
  return all.filter((suite) => names.includes(suite.name));
}
