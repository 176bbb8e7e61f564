/**
 * Reloads of the configuration: one after the other, counted, and refused with reasons without anything having changed.
 */
import { type Clock, systemClock } from '@secbeat/base/clock.ts';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { restartKeys } from '../config/compare.ts';
import type { NodeConfig } from '../config/model.ts';
import type { RootLog } from '../log.ts';
import type { GenerationKeeper } from './generation-keeper.ts';
import type { ReloadHistory, ReloadOutcome } from './node-calls.ts';

/** Bounded: reloads that wait for their turn, the one under way included. */
const reloadsMax = 8;

/** Reading the files of a configuration. A file system that hangs must not hold up anything else. */
const loadDeadlineMs = 60_000;

/** See the head of this file. */
export class Reloads {
  readonly #load: () => Promise<NodeConfig>;
  readonly #log: RootLog;
  readonly #clock: Clock;
  #history: ReloadHistory;
  #open = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: {
    readonly load: () => Promise<NodeConfig>;
    readonly log: RootLog;
    readonly clock?: Clock;
  }) {
    this.#load = options.load;
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#history = { succeeded: 0, failed: 0, lastReasons: [], loadedAtMs: this.#clock.nowMs() };
  }

  /** What came of the reloads so far. */
  get history(): ReloadHistory {
    return this.#history;
  }

  /** Loads the configuration and puts it in force in all workers, or in none. Never rejects. */
  async run(keeper: GenerationKeeper): Promise<ReloadOutcome> {
    if (this.#open >= reloadsMax) {
      return { isInForce: false, reasons: [`${reloadsMax} reloads are waiting already; try again later`] };
    }
    this.#open += 1;
    const applied = this.#turn.then(() => this.#apply(keeper));
    this.#turn = applied;
    const outcome = await applied;
    this.#open -= 1;
    this.#record(outcome, keeper.config);
    keeper.showHistory();
    return outcome;
  }

  /** Loads outside the keeper's turn: a generation that dies meanwhile is started again without waiting for a disk. */
  async #apply(keeper: GenerationKeeper): Promise<ReloadOutcome> {
    try {
      const config = await within(loadDeadlineMs, this.#load());
      return await keeper.inTurn(async () => {
        const keys = restartKeys(keeper.config, config);
        if (keys.length === 0) return await keeper.apply(config);
        const reasons = keys.map(
          (key) => `${key} cannot change while the node runs; restart the node to change it`,
        );
        return { isInForce: false, reasons };
      });
    } catch (thrown) {
      return { isInForce: false, reasons: [asError(thrown).message] };
    }
  }

  #record(outcome: ReloadOutcome, config: NodeConfig): void {
    const { succeeded, failed } = this.#history;
    if (outcome.isInForce) {
      this.#history = { succeeded: succeeded + 1, failed, lastReasons: [], loadedAtMs: this.#clock.nowMs() };
      this.#log.setLevel(config.logLevel);
      this.#log.info({ file: config.file }, 'configuration reloaded');
    } else {
      this.#history = { ...this.#history, failed: failed + 1, lastReasons: outcome.reasons };
      this.#log.error(
        {},
        `reload refused, the configuration before stays in force:\n${outcome.reasons.join('\n')}`,
      );
    }
  }
}

async function within<Result>(deadlineMs: number, result: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const message = `the configuration was not read within ${deadlineMs} ms; is its file system reachable?`;
  const timer = setTimeout(
    () => reject(new Fault('config-timeout', message, { source: 'operator', retry: true })),
    deadlineMs,
  );
  try {
    return await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
  }
}
