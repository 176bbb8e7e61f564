/**
 * Keeps one generation serving on the sockets of a node: starts it, starts it again when it dies, relieves it by the next one when it
 * asks for that.
 *
 *      hand-over    next: compile   before: stop accepting, give state and ownership   next: own, accept   before: drain, end
 *
 * Until the next generation is ready the one before serves as if nothing was going on; while neither accepts, connections wait in the
 * kernel. One change at a time: whoever changes something waits for its turn.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '@secbeat/base/clock.ts';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { systemRandom } from '@secbeat/base/random.ts';
import type { NodeConfig } from '../config/model.ts';
import type { RootLog } from '../log.ts';
import type { BoundListener } from './bound-listeners.ts';
import { EventRelay } from './event-relay.ts';
import { type GenerationProcess, spawnGeneration } from './generation-process.ts';
import type { GenerationAddresses, GenerationStart, ReloadHistory, ReloadOutcome } from './node-calls.ts';
import { createRestartPace } from './restart-pace.ts';
import type { SharedSnapshot } from './shared-state.ts';

/** What a keeper needs. */
export interface GenerationKeeperOptions {
  readonly config: NodeConfig;
  readonly bound: readonly BoundListener[];
  /** Starts of the worker of one slot that a generation has. */
  readonly copiesPerSlot: number;
  /** What every generation is told alike. */
  readonly common: Pick<
    GenerationStart,
    | 'nodeId'
    | 'version'
    | 'supervisorPid'
    | 'supervisorStartedAtMs'
    | 'dataPlaneModule'
    | 'ticketKeys'
    | 'pace'
  >;
  readonly log: RootLog;
  readonly history: () => ReloadHistory;
  /** An operator asked a generation for it. */
  readonly onReload: () => Promise<ReloadOutcome>;
  readonly onShutdown: () => void;
  /** The processes that run now, whenever they change. */
  readonly onRunning: (pids: readonly number[]) => void;
}

/** A generation that serves. */
export interface ServingGeneration {
  readonly pid: number;
  readonly number: number;
  readonly addresses: GenerationAddresses;
}

/** Compiling in all workers of a new generation. */
const startDeadlineMs = 180_000;
/** For what a generation does without compiling anything. */
const promptDeadlineMs = 30_000;
/** Above the deadlines of the generation itself for `prepare` and `activate`. */
const applyDeadlineMs = 270_000;
/** Bounded: what may be held besides a whole spool while no generation takes events. */
const heldBytesMore = 16 * 1024 * 1024;
/** Added to a drain's own deadline before a generation is ended. */
const drainGraceMs = 5000;

/** See the head of this file. */
export class GenerationKeeper {
  readonly #options: GenerationKeeperOptions;
  readonly #log: RootLog;
  readonly #relay: EventRelay;
  readonly #aborted = new AbortController();
  /** The first recovery is immediate, those after it within 10 s wait. */
  readonly #recoveryPace = createRestartPace({
    deathsMax: 1,
    windowMs: 10_000,
    waitMs: 200,
    waitMaxMs: 10_000,
    random: systemRandom,
  });
  readonly #handOverPace = createRestartPace({
    deathsMax: 3,
    windowMs: 60_000,
    waitMs: 1000,
    waitMaxMs: 60_000,
    random: systemRandom,
  });
  /** Every generation that runs: the one that serves, one that starts, those that drain. */
  readonly #running = new Set<GenerationProcess>();
  #current: GenerationProcess | undefined;
  /** The last configuration that was in force. A broken file on disk cannot touch it. */
  #config: NodeConfig;
  /** Where the last generation had its admin listener: the next one is found at the same place. */
  #adminPort: number;
  #nextNumber = 1;
  #turn: Promise<unknown> = Promise.resolve();
  #isHandOverPlanned = false;

  constructor(options: GenerationKeeperOptions) {
    this.#options = options;
    this.#log = options.log;
    // A whole spool passes through at a hand-over, and what is recorded meanwhile.
    this.#relay = new EventRelay(options.log, options.config.events.spoolBytesMax + heldBytesMore);
    this.#config = options.config;
    this.#adminPort = options.config.admin.port;
  }

  /** The configuration in force. */
  get config(): NodeConfig {
    return this.#config;
  }

  /** Brings the first generation up. Throws why it cannot serve; then nothing runs. */
  async start(): Promise<ServingGeneration> {
    return await this.inTurn(() => this.#bringUp(undefined));
  }

  /** Runs `change` when all changes before it are done. */
  inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Puts `config` in force in the generation that serves. To be called in turn. */
  async apply(config: NodeConfig): Promise<ReloadOutcome> {
    const generation = this.#current;
    if (generation === undefined) {
      return { isInForce: false, reasons: ['no generation serves at this moment; try again'] };
    }
    try {
      const outcome = await generation.link.call('apply', config, applyDeadlineMs);
      if (outcome.isInForce) this.#config = config;
      return outcome;
    } catch (thrown) {
      // Nobody knows what is in force in it. Its successor starts with what certainly was.
      generation.kill();
      return { isInForce: false, reasons: [asError(thrown).message] };
    }
  }

  /** Shows a new account of the reloads. */
  showHistory(): void {
    this.#current?.link.tell('setHistory', this.#options.history());
  }

  /** Drains all generations and resolves when they have ended. None is spawned any more: see `#bringUp`. */
  async drain(deadlineMs: number): Promise<void> {
    this.#aborted.abort();
    await Promise.all([...this.#running].map((generation) => this.#drainOne(generation, deadlineMs)));
  }

  /** Ends all generations at once. */
  kill(): void {
    this.#aborted.abort();
    for (const generation of this.#running) generation.kill();
  }

  async #drainOne(generation: GenerationProcess, deadlineMs: number): Promise<void> {
    generation.link.tell('drain', { deadlineMs });
    const timer = setTimeout(() => {
      this.#log.error({ generation: generation.number }, 'generation did not drain in time; it is ended');
      generation.kill();
    }, deadlineMs + drainGraceMs);
    await generation.ended;
    clearTimeout(timer);
  }

  /** Starts a generation on the sockets and lets it serve. `before` is the one that it relieves, when that one lives. */
  async #bringUp(before: GenerationProcess | undefined): Promise<ServingGeneration> {
    const seed = await before?.link.call('snapshot', undefined, promptDeadlineMs);
    this.#aborted.signal.throwIfAborted();
    const generation = this.#spawn();
    try {
      await generation.link.call('start', this.#startOf(generation, seed), startDeadlineMs);
      const snapshot = before === undefined ? undefined : await this.#release(before);
      const addresses = await generation.link.call('take', snapshot, promptDeadlineMs);
      this.#current = generation;
      this.#adminPort = addresses.adminPort;
      this.#relay.flush((events) => generation.link.tell('adoptEvents', events));
      const { number, pid } = generation;
      this.#log.info(
        { generation: number, generationPid: pid, adminPort: addresses.adminPort },
        'generation serves',
      );
      return { number, pid, addresses };
    } catch (thrown) {
      generation.kill();
      await generation.ended;
      throw thrown;
    }
  }

  /** From here on the generation only drains. One that does not give up what it owns is ended, and its state is lost. */
  async #release(before: GenerationProcess): Promise<SharedSnapshot | undefined> {
    this.#current = undefined;
    const deadlineMs = this.#config.deadlines.drainMs;
    try {
      const snapshot = await before.link.call('release', { deadlineMs }, promptDeadlineMs);
      const timer = setTimeout(() => before.kill(), deadlineMs + drainGraceMs);
      void before.ended.then(() => clearTimeout(timer));
      return snapshot;
    } catch (thrown) {
      const err = asError(thrown);
      this.#log.error({ err, generation: before.number }, 'generation did not hand over; it is ended');
      before.kill();
      await before.ended;
      return undefined;
    }
  }

  #spawn(): GenerationProcess {
    const generation: GenerationProcess = spawnGeneration({
      number: this.#nextNumber,
      bound: this.#options.bound,
      copies: this.#options.copiesPerSlot,
      handlers: {
        reload: () => this.#options.onReload(),
        shutdown: () => {
          this.#options.onShutdown();
          return undefined;
        },
        replaceMe: ({ reason }) => {
          this.#planHandOver(generation, reason);
          return undefined;
        },
        relayEvents: (events) => {
          const owner = this.#current;
          const adopt = owner === undefined || owner === generation ? undefined : owner.link;
          this.#relay.pass(events, adopt && ((batch) => adopt.tell('adoptEvents', batch)));
          return undefined;
        },
      },
    });
    this.#nextNumber += 1;
    this.#running.add(generation);
    this.#showRunning();
    void generation.ended.then((why) => this.#ended(generation, why));
    return generation;
  }

  #startOf(generation: GenerationProcess, seed: SharedSnapshot | undefined): GenerationStart {
    return {
      ...this.#options.common,
      config: this.#config,
      generation: generation.number,
      slots: this.#config.workers,
      listeners: generation.listeners,
      adminPort: this.#adminPort,
      history: this.#options.history(),
      seed,
    };
  }

  #ended(generation: GenerationProcess, why: string): void {
    this.#running.delete(generation);
    this.#showRunning();
    const wasServing = this.#current === generation;
    if (wasServing) this.#current = undefined;
    if (!wasServing || this.#aborted.signal.aborted) {
      this.#log.info({ generation: generation.number, why }, 'generation ended');
      return;
    }
    this.#log.error(
      { generation: generation.number, why },
      'generation died; connections wait while the next one starts',
    );
    this.inTurn(() => this.#recover()).catch((thrown: unknown) => this.#reportDefect(thrown));
  }

  /** Starts generations until one serves. */
  async #recover(): Promise<void> {
    while (this.#current === undefined) {
      const delayMs = this.#recoveryPace.nextDelayMs(systemClock.monotonicMs());
      if (!(await this.#sleep(delayMs))) return;
      try {
        await this.#bringUp(undefined);
      } catch (thrown) {
        if (this.#aborted.signal.aborted) return;
        this.#log.error({ err: asError(thrown) }, 'no generation serves; trying again');
      }
    }
  }

  /** Plans one hand-over at a time; the more there were of late, the later the next. */
  #planHandOver(generation: GenerationProcess, reason: string): void {
    if (this.#isHandOverPlanned || this.#current !== generation) return;
    this.#isHandOverPlanned = true;
    const delayMs = this.#handOverPace.nextDelayMs(systemClock.monotonicMs());
    this.#log.info({ generation: generation.number, reason, delayMs }, 'the next generation is to take over');
    void this.#sleep(delayMs)
      .then((isOn) => (isOn ? this.inTurn(() => this.#handOver(generation)) : undefined))
      .catch((thrown: unknown) => this.#reportDefect(thrown));
  }

  async #handOver(before: GenerationProcess): Promise<void> {
    this.#isHandOverPlanned = false;
    if (this.#current !== before) return;
    try {
      await this.#bringUp(before);
    } catch (thrown) {
      if (this.#aborted.signal.aborted) return;
      this.#log.error({ err: asError(thrown) }, 'the next generation could not take over');
      if (this.#current === before) this.#planHandOver(before, 'the last attempt failed');
      else await this.#recover();
    }
  }

  /** Resolves with false when the node ends meanwhile. */
  async #sleep(delayMs: number): Promise<boolean> {
    try {
      await wait(delayMs, undefined, { signal: this.#aborted.signal });
      return true;
    } catch {
      // Aborted: that is the answer.
      return false;
    }
  }

  #showRunning(): void {
    this.#options.onRunning([...this.#running].map(({ pid }) => pid).filter((pid) => pid > 0));
  }

  #reportDefect(thrown: unknown): void {
    if (thrown instanceof Fault) this.#log.error({ err: thrown }, 'a change of generations failed');
    else throw thrown;
  }
}
