/** What a bench is, and the list of them. Adding one is a file and a line here. */
import type { Need } from '../test/suite.ts';
import { proxyBench } from './proxy/proxy-bench.ts';
import type { MeasuredRow } from './rows.ts';

/** How a bench is run. */
export interface BenchOptions {
  readonly root: string;
  /** Interleaved rounds of each contender. */
  readonly rounds: number;
  /** Length of one round of one contender. */
  readonly seconds: number;
  /** Takes one line of progress. */
  say(line: string): void;
}

/** One side-by-side measurement. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly Need[];
  /** The configurations of all contenders, for readers who doubt that the comparison is fair. */
  describe(): string;
  run(options: BenchOptions): Promise<readonly MeasuredRow[]>;
}

/** Every bench. */
export const benches: readonly Bench[] = [proxyBench];
