/** What a suite is: what it needs, what it runs, and how long it may take. */

/** Something of the machine that a suite needs. See needs.ts for how each is found. */
export type Need = 'root' | 'netns' | 'shared-data' | 'chromium' | 'curl' | 'ip' | 'nginx' | 'sqlmap' | 'wrk';

/** What a suite runs. */
export type SuiteRun =
  /** `node --test` over the files that the patterns match; a pattern that matches nothing fails the suite. */
  | {
      readonly kind: 'node-test';
      readonly files: readonly string[];
      /** Patterns of files that match but belong to another suite. */
      readonly except: readonly string[];
      /** How many files run at once. */
      readonly concurrency: number;
    }
  /** An entry of ours whose last line is `N passed, N failed`. */
  | { readonly kind: 'entry'; readonly entry: string; readonly args: readonly string[] };

/** One suite of `npm test`. */
export interface Suite {
  readonly name: string;
  /**
   * `required`: what is missing for it fails the run where CI=true, and is otherwise skipped with the reason.
   * `optional`: what is missing is skipped everywhere.
   */
  readonly kind: 'required' | 'optional';
  /** True for what is too long for CI: only `npm run test:long` and `--only` run it. */
  readonly long: boolean;
  readonly needs: readonly Need[];
  readonly minutesMax: number;
  readonly run: SuiteRun;
}

/** One test that did not pass, with everything a reader needs to see why. */
export interface Failure {
  readonly name: string;
  /** `file:line`, relative to the repository; empty when unknown. */
  readonly place: string;
  readonly detail: string;
}

/** How a suite ended. */
export interface SuiteOutcome {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the suite did not run; absent when it ran. */
  readonly skipReason?: string;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}
