/** The steps of `npm run check`, quickest first. Each is a program of node_modules or of ours, run by our runtime. */

/** One step. */
export interface CheckStep {
  readonly name: string;
  /** Arguments of the runtime, from the root of the repository. */
  readonly args: readonly string[];
  /** What to run to mend what it finds, where that can be done by a program. */
  readonly remedy?: string;
}

/** Every step. */
export const checkSteps: readonly CheckStep[] = [
  { name: 'tidy', args: ['tools/tidy/run.ts'] },
  {
    name: 'format and lint',
    args: [
      'node_modules/@biomejs/biome/bin/biome',
      'ci',
      '--colors=off',
      '--diagnostic-level=warn',
      '--error-on-warnings',
      '--max-diagnostics=50',
    ],
    remedy: 'npx biome check --write',
  },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  { name: 'unused', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
];
