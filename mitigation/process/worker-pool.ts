/**
 * The worker threads of a generation: one per slot, replaced when they die, changed together when the configuration
 * changes.
 *
 *      starting -> ready -> serving -+-> (died) -> waiting -> starting ...
 *                                    |                    \-> exhausted   no descriptor copy left: the next
 *                                    \-> stopped                          generation takes over
 */
import type { Clock } from '@secbeat/base/clock.ts';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { Random } from '@secbeat/base/random.ts';
import type { NodeConfig } from '../config/model.ts';
import { type Log, writeRecord } from '../log.ts';
import type { DescriptorStock } from './descriptor-stock.ts';
import type { ListsSnapshot } from './lists.ts';
import type { EventBatchMessage, ReloadOutcome, WorkerPace } from './node-calls.ts';
import { createRestartPace, type RestartPace } from './restart-pace.ts';
import type { SharedMemory } from './shared-state.ts';
import { WarmWorker } from './warm-worker.ts';
import type { WorkerThread } from './worker-thread.ts';

/** Where the worker of a slot is. */
export type WorkerState = 'starting' | 'ready' | 'serving' | 'waiting' | 'exhausted' | 'stopped';

/** One slot, for `secbeat status`. */
export interface WorkerStatus {
  readonly slot: number;
  readonly state: WorkerState;
  readonly restarts: number;
  /** Starts that the slot's descriptors still allow. */
  readonly spares: number;
  /** Why the last worker of the slot ended; empty when none has. */
  readonly lastExit: string;
}

/** What a pool needs. */
export interface WorkerPoolOptions {
  readonly nodeId: string;
  readonly dataPlaneModule: string;
  readonly ticketKeys: Uint8Array;
  readonly stock: DescriptorStock;
  readonly memory: SharedMemory;
  readonly config: NodeConfig;
  readonly lists: ListsSnapshot;
  readonly pace: WorkerPace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onEvents: (batch: EventBatchMessage) => void;
  /** A slot has so few starts left that another generation is wanted. */
  readonly onSparesLow: (slot: number) => void;
}

/** Compiling all rules on a slow machine; beyond it the worker is taken for lost. */
const openDeadlineMs = 120_000;
const prepareDeadlineMs = 120_000;
/** For what a worker does without delay unless its event loop stands. */
const promptDeadlineMs = 10_000;
/** Added to a drain's own deadline before the worker is given up. */
const drainGraceMs = 2000;
/** How often stalled workers are looked for. */
const watchMs = 500;

interface Slot {
  readonly index: number;
  readonly pace: RestartPace;
  state: WorkerState;
  thread: WorkerThread | undefined;
  restarts: number;
  lastExit: string;
  rulesLoaded: number;
  /** Versions of what the thread has. */
  configVersion: number;
  listsVersion: number;
  pulse: number;
  stalledMs: number;
  timer: NodeJS.Timeout | undefined;
  /** The changes of this slot, one after the other. */
  updating: Promise<void>;
}

/** See the head of this file. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  #config: NodeConfig;
  #configVersion = 1;
  #lists: ListsSnapshot;
  #isListening = false;
  #isStopping = false;
  #watch: NodeJS.Timeout | undefined;
  readonly #warm: WarmWorker;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#warm = new WarmWorker(options.dataPlaneModule);
    this.#config = options.config;
    this.#lists = options.lists;
    this.#slots = Array.from({ length: options.memory.slots }, (_, index) => ({
      index,
      // More than 10 deaths within 10 s: something is wrong with every start, and starting costs the others.
      pace: createRestartPace({
        deathsMax: 10,
        windowMs: 10_000,
        waitMs: 1000,
        waitMaxMs: 30_000,
        random: options.random,
      }),
      state: 'starting',
      thread: undefined,
      restarts: 0,
      lastExit: '',
      rulesLoaded: 0,
      configVersion: 0,
      listsVersion: 0,
      pulse: 0,
      stalledMs: 0,
      timer: undefined,
      updating: Promise.resolve(),
    }));
  }

  /** Starts all workers, which compile and do not listen. Throws the first failure; then all have ended. */
  async open(): Promise<void> {
    try {
      await Promise.all(this.#slots.map((slot) => this.#open(slot)));
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  /** Lets all workers accept. From here on, dead ones are replaced. */
  async listen(): Promise<void> {
    this.#isListening = true;
    this.#watch = setInterval(() => this.#endStalled(), watchMs);
    await Promise.all(this.#slots.map((slot) => this.#listen(slot)));
    this.#warm.keep();
  }

  /** Puts `config` in force in every worker, or in none. Call it again only after it has resolved. */
  async apply(config: NodeConfig): Promise<ReloadOutcome> {
    const live = this.#slots.filter((slot) => slot.state === 'serving');
    if (live.length === 0)
      return { isInForce: false, reasons: ['no worker serves at this moment; try again'] };
    const threads = live.map((slot) => ({ slot, thread: slot.thread! }));
    const reasons = await this.#prepare(threads, config);
    if (reasons.length > 0) {
      for (const { thread } of threads) thread.link.tell('abandon', undefined);
      return { isInForce: false, reasons };
    }
    this.#config = config;
    this.#configVersion += 1;
    await Promise.all(threads.map(({ slot, thread }) => this.#activate(slot, thread)));
    // A worker that began to serve meanwhile was started with the configuration before.
    for (const slot of this.#slots) if (slot.state === 'serving') await this.#bringUpToDate(slot);
    return { isInForce: true, reasons: [] };
  }

  /** Posts new lists to every worker. */
  async setLists(lists: ListsSnapshot): Promise<void> {
    this.#lists = lists;
    const live = this.#slots.filter((slot) => slot.state === 'ready' || slot.state === 'serving');
    await Promise.all(live.map((slot) => this.#sendLists(slot)));
  }

  /** Ends the worker of a slot at once; it is replaced like any other that dies. Throws a `Fault` when none runs there. */
  restart(index: number, why: string): void {
    const slot = this.#slots[index];
    if (slot === undefined) {
      const message = `there is no slot ${index}; slots are 0 to ${this.#slots.length - 1}`;
      throw new Fault('worker-unknown', message, { source: 'operator' });
    }
    if (slot.thread === undefined || slot.state !== 'serving') {
      const message = `the worker of slot ${index} is being replaced already (${slot.state})`;
      throw new Fault('worker-busy', message, { source: 'operator', retry: true });
    }
    slot.state = 'waiting';
    slot.thread.end(why);
  }

  /** No worker accepts when this resolves, and none is replaced any more. */
  async stopAccepting(drainMs: number): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    for (const slot of this.#slots) clearTimeout(slot.timer);
    await this.#callAll((thread) => thread.link.call('stopAccepting', { drainMs }, promptDeadlineMs));
  }

  /** Resolves when every worker has drained or failed to; call `stopAccepting` first. */
  async drained(deadlineMs: number): Promise<void> {
    await this.#callAll((thread) => thread.link.call('drained', undefined, deadlineMs + drainGraceMs));
  }

  /** Ends all threads and resolves when they have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    for (const slot of this.#slots) clearTimeout(slot.timer);
    const threads = this.#slots.map((slot) => slot.thread).filter((thread) => thread !== undefined);
    for (const thread of threads) thread.end('the generation stops');
    await Promise.all([this.#warm.end(), ...threads.map((thread) => thread.ended)]);
  }

  /** Every slot, for status and figures. */
  status(): WorkerStatus[] {
    return this.#slots.map(({ index, state, restarts, lastExit }) => ({
      slot: index,
      state,
      restarts,
      spares: this.#options.stock.remaining(index),
      lastExit,
    }));
  }

  /** WAF rules in force: the least of all serving workers, so that one without rules cannot hide. */
  rulesLoaded(): number {
    const serving = this.#slots.filter((slot) => slot.state === 'serving');
    return serving.length === 0 ? 0 : Math.min(...serving.map((slot) => slot.rulesLoaded));
  }

  async #open(slot: Slot): Promise<void> {
    const { nodeId, dataPlaneModule, ticketKeys, memory } = this.#options;
    slot.state = 'starting';
    const thread = this.#warm.take({
      onEvents: (batch) => {
        Atomics.sub(memory.backlogs, slot.index, batch.lines.length);
        this.#options.onEvents(batch);
      },
      onLog: (record) => writeRecord(this.#options.log, record, { worker: slot.index }),
      onExit: (why) => this.#ended(slot, why),
    });
    slot.thread = thread;
    const [configVersion, lists] = [this.#configVersion, this.#lists];
    const start = {
      slot: slot.index,
      slots: memory.slots,
      nodeId,
      dataPlaneModule,
      buffers: memory.buffers,
      config: this.#config,
      lists,
      ticketKeys,
    };
    const { rulesLoaded } = await thread.link.call('open', start, openDeadlineMs);
    Object.assign(slot, {
      state: 'ready',
      configVersion,
      listsVersion: lists.version,
      rulesLoaded,
      stalledMs: 0,
    });
  }

  async #listen(slot: Slot): Promise<void> {
    const { stock, pace } = this.#options;
    const descriptors = stock.take(slot.index);
    if (descriptors === undefined || slot.thread === undefined) {
      throw new Fault('worker-exhausted', `slot ${slot.index} has nothing to listen on`, {
        source: 'internal',
      });
    }
    await slot.thread.link.call('listen', descriptors, promptDeadlineMs);
    slot.state = 'serving';
    if (stock.remaining(slot.index) <= pace.sparesLow) this.#options.onSparesLow(slot.index);
  }

  /** The thread of a slot has ended; nothing of it is left. */
  #ended(slot: Slot, why: string): void {
    const { memory, stock, clock, log } = this.#options;
    slot.thread = undefined;
    slot.lastExit = why;
    memory.retire(slot.index);
    stock.reclaim(slot.index);
    if (this.#isStopping || !this.#isListening) {
      slot.state = 'stopped';
      return;
    }
    const delayMs = slot.pace.nextDelayMs(clock.monotonicMs());
    const spares = stock.remaining(slot.index);
    log.error(
      { worker: slot.index, why, delayMs, spares },
      'worker ended with its exchanges; it is replaced',
    );
    slot.state = 'waiting';
    slot.timer = setTimeout(() => void this.#revive(slot), delayMs);
  }

  async #revive(slot: Slot): Promise<void> {
    const { stock, clock, log } = this.#options;
    if (stock.remaining(slot.index) === 0) {
      slot.state = 'exhausted';
      log.error({ worker: slot.index }, 'no descriptor is left for this worker; a new generation is needed');
      this.#options.onSparesLow(slot.index);
      return;
    }
    const startedAtMs = clock.monotonicMs();
    slot.restarts += 1;
    try {
      await this.#open(slot);
      await this.#bringUpToDate(slot);
      // A generation that stops accepting meanwhile has not reached this worker with it.
      if (this.#isStopping) throw new Fault('worker-late', 'the generation stops', { source: 'internal' });
      await this.#listen(slot);
      // A change may have passed between the two.
      await this.#bringUpToDate(slot);
      const durationMs = Math.round(clock.monotonicMs() - startedAtMs);
      log.warn({ worker: slot.index, restarts: slot.restarts, durationMs }, 'worker replaced');
      this.#warm.keep();
    } catch (thrown) {
      slot.thread?.end(`it could not start: ${asError(thrown).message}`);
    }
  }

  /** One worker first: a configuration that hurts its worker hurts one of them. Returns why not, or nothing. */
  async #prepare(
    threads: readonly { readonly slot: Slot; readonly thread: WorkerThread }[],
    config: NodeConfig,
  ): Promise<string[]> {
    const prepare = ({ thread }: { readonly thread: WorkerThread }): Promise<undefined> =>
      thread.link.call('prepare', config, prepareDeadlineMs);
    const [first, ...others] = threads;
    const outcomes = await Promise.allSettled([prepare(first!)]);
    if (outcomes[0]?.status === 'fulfilled')
      outcomes.push(...(await Promise.allSettled(others.map(prepare))));
    const reasons = outcomes.filter((outcome) => outcome.status === 'rejected');
    // All workers compile the same text: the same reason from each is one reason.
    return [...new Set(reasons.map(({ reason }) => asError(reason).message))];
  }

  async #activate(slot: Slot, thread: WorkerThread): Promise<void> {
    const configVersion = this.#configVersion;
    try {
      const { rulesLoaded } = await thread.link.call('activate', undefined, promptDeadlineMs);
      if (slot.thread === thread) Object.assign(slot, { configVersion, rulesLoaded });
    } catch (thrown) {
      // Its successor starts with the new configuration: no worker is left behind with the old one.
      thread.end(`it did not activate the new configuration: ${asError(thrown).message}`);
    }
  }

  /** Never rejects: a worker that cannot follow is ended. */
  #bringUpToDate(slot: Slot): Promise<void> {
    slot.updating = slot.updating.then(() => this.#update(slot));
    return slot.updating;
  }

  async #update(slot: Slot): Promise<void> {
    const { thread } = slot;
    if (thread === undefined) return;
    if (slot.configVersion !== this.#configVersion) {
      try {
        await thread.link.call('prepare', this.#config, prepareDeadlineMs);
      } catch (thrown) {
        thread.end(`it did not take the configuration in force: ${asError(thrown).message}`);
        return;
      }
      await this.#activate(slot, thread);
    }
    if (slot.listsVersion !== this.#lists.version) await this.#sendLists(slot);
  }

  async #sendLists(slot: Slot): Promise<void> {
    const { thread } = slot;
    const lists = this.#lists;
    try {
      await thread?.link.call('setLists', lists, promptDeadlineMs);
      if (slot.thread === thread) slot.listsVersion = lists.version;
    } catch (thrown) {
      thread?.end(`it did not take the lists: ${asError(thrown).message}`);
    }
  }

  async #callAll(call: (thread: WorkerThread) => Promise<unknown>): Promise<void> {
    const threads = this.#slots.map((slot) => slot.thread).filter((thread) => thread !== undefined);
    const outcomes = await Promise.allSettled(threads.map(call));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') threads[index]!.end(asError(outcome.reason).message);
    }
  }

  /** Time in which this thread itself stood still, or the machine slept, does not count against a worker. */
  #endStalled(): void {
    const { memory, pace } = this.#options;
    for (const slot of this.#slots) {
      const pulse = Atomics.load(memory.pulses, slot.index);
      const isWatched = slot.state === 'ready' || slot.state === 'serving';
      slot.stalledMs = isWatched && pulse === slot.pulse ? slot.stalledMs + watchMs : 0;
      slot.pulse = pulse;
      if (slot.stalledMs >= pace.stallMs)
        slot.thread?.end(`its event loop has stood still for ${slot.stalledMs} ms`);
    }
  }
}
