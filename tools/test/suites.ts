/**
 * The suites of `npm test`, in the order in which they run: what is quick and finds most stands first.
 * Adding one is one line here and its files; see docs/how-to/add-a-suite.md.
 */
import type { Suite } from './suite.ts';

const unitFiles = ['base', 'contracts', 'http', 'waf', 'mitigation', 'cli', 'tools'].map(
  (folder) => `${folder}/**/*.test.ts`,
);

/** Every suite. */
export const suites: readonly Suite[] = [
  {
    name: 'check',
    kind: 'required',
    long: false,
    needs: [],
    minutesMax: 5,
    run: { kind: 'entry', entry: 'tools/check/run.ts', args: [] },
  },
  {
    name: 'unit',
    kind: 'required',
    long: false,
    needs: [],
    minutesMax: 10,
    run: { kind: 'node-test', files: unitFiles, concurrency: 2 },
  },
];
