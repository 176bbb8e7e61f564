/**
 * The main thread of one generation: its workers, its lists, and what only one generation at a time may own.
 *
 *      start    compile in all workers            nothing is owned, nothing listens
 *      take     own event stores, admin, control; accept
 *      release  stop accepting, give everything back, drain           or   drain: drain, give back, end
 */

import { join } from 'node:path';
import { type Clock, systemClock } from '@secbeat/base/clock.ts';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { systemRandom } from '@secbeat/base/random.ts';
import { createExposition, type Exposition } from '../admin/exposition.ts';
import type { GenerationFigures } from '../admin/generation-figures.ts';
import { type AdminListener, openAdminListener } from '../admin/listener.ts';
import { deriveReadiness, type Readiness } from '../admin/readiness.ts';
import type { NodeConfig } from '../config/model.ts';
import type { RootLog } from '../log.ts';
import type { CallLink } from './call-link.ts';
import { type ControlSocket, openControl } from './control.ts';
import { type ControlRequest, listOf, type NodeStatus, ttlMsDefault } from './control-protocol.ts';
import { DescriptorStock } from './descriptor-stock.ts';
import { type EventOutlets, openEventOutlets } from './event-outlets.ts';
import { type ListStore, openListStore } from './list-store.ts';
import type {
  EventBatchMessage,
  GenerationAddresses,
  GenerationCalls,
  GenerationStart,
  RelayedEvents,
  ReloadHistory,
  ReloadOutcome,
  SupervisorCalls,
} from './node-calls.ts';
import { findLimitsFault, SharedMemory, type SharedSnapshot } from './shared-state.ts';
import { WorkerPool } from './worker-pool.ts';

/** Beyond the time that loading and compiling may take in the supervisor and in all workers. */
const reloadDeadlineMs = 280_000;
const promptDeadlineMs = 10_000;
const sweepMs = 1000;

/** What only one generation at a time has. */
interface Owned {
  readonly outlets: EventOutlets;
  readonly exposition: Exposition;
  readonly admin: AdminListener;
  readonly control: ControlSocket;
}

/** See the head of this file. */
export class GenerationNode {
  readonly #start: GenerationStart;
  readonly #supervisor: CallLink<SupervisorCalls, GenerationCalls>;
  readonly #log: RootLog;
  readonly #clock: Clock = systemClock;
  readonly #startedAtMs: number;
  readonly #memory: SharedMemory;
  readonly #stock: DescriptorStock;
  readonly #lists: ListStore;
  readonly #pool: WorkerPool;
  #sweeper: NodeJS.Timeout | undefined;
  #config: NodeConfig;
  #history: ReloadHistory;
  #owned: Owned | undefined;
  #givenBack: Promise<EventBatchMessage[]> | undefined;
  #isDraining = false;

  private constructor(
    start: GenerationStart,
    lists: ListStore,
    supervisor: CallLink<SupervisorCalls, GenerationCalls>,
    log: RootLog,
  ) {
    this.#start = start;
    this.#supervisor = supervisor;
    this.#log = log;
    this.#lists = lists;
    this.#config = start.config;
    this.#history = start.history;
    this.#startedAtMs = this.#clock.nowMs();
    this.#memory = new SharedMemory({
      slots: start.slots,
      limits: start.config.limits,
      clock: this.#clock,
      random: systemRandom,
    });
    if (start.seed !== undefined) this.#memory.restore(start.seed, true);
    this.#stock = new DescriptorStock(start.listeners, start.slots);
    this.#pool = new WorkerPool({
      nodeId: start.nodeId,
      dataPlaneModule: start.dataPlaneModule,
      ticketKeys: start.ticketKeys,
      stock: this.#stock,
      memory: this.#memory,
      config: start.config,
      lists: lists.snapshot,
      pace: start.pace,
      clock: this.#clock,
      random: systemRandom,
      log,
      onEvents: (batch) => this.#record(batch),
      onSparesLow: (slot) => {
        const spares = this.#stock.remaining(slot);
        supervisor.tell('replaceMe', { reason: `worker ${slot} has ${spares} descriptors left` });
      },
    });
  }

  /** Compiles in all workers. Throws the first `Fault`; then nothing is left running. */
  static async start(
    start: GenerationStart,
    supervisor: CallLink<SupervisorCalls, GenerationCalls>,
    log: RootLog,
  ): Promise<GenerationNode> {
    const { config } = start;
    const problem = findLimitsFault(config.limits);
    if (problem !== undefined) throw new Fault('config-invalid', problem, { source: 'operator' });
    const file = join(config.dataDirectory, 'lists.json');
    const lists = await openListStore({ file, config, clock: systemClock, log });
    const node = new GenerationNode(start, lists, supervisor, log);
    await node.#pool.open();
    return node;
  }

  /** Takes what only one may own, goes on with the state of the generation before, and accepts. */
  async take(snapshot: SharedSnapshot | undefined): Promise<GenerationAddresses> {
    if (snapshot !== undefined && !this.#memory.restore(snapshot, false)) {
      this.#log.warn({}, 'limits start afresh: the state of the generation before does not fit');
    }
    const { admin: adminConfig, dataDirectory } = this.#config;
    const outlets = await openEventOutlets({ config: this.#config, clock: this.#clock, log: this.#log });
    const exposition = createExposition({
      regions: () => this.#memory.regions(),
      figures: () => this.#figures(outlets),
    });
    const admin = await this.#openAdmin(exposition);
    const control = await openControl({
      directory: dataDirectory,
      log: this.#log,
      handle: (request) => this.#handle(request),
    });
    this.#owned = { outlets, exposition, admin, control };
    this.#sweeper = setInterval(() => this.#memory.sweep(), sweepMs);
    await this.#pool.listen();
    return { adminHost: adminConfig.host, adminPort: admin.port, controlSocket: control.path };
  }

  /** Puts a configuration in force in all workers, or in none. */
  async apply(config: NodeConfig): Promise<ReloadOutcome> {
    const problem = findLimitsFault(config.limits);
    if (problem !== undefined) return { isInForce: false, reasons: [problem] };
    const outcome = await this.#pool.apply(config);
    if (!outcome.isInForce) return outcome;
    this.#config = config;
    this.#memory.setLimits(config.limits);
    this.#lists.setConfig(config);
    this.#log.setLevel(config.logLevel);
    await this.#pool.setLists(this.#lists.snapshot);
    await this.#owned?.outlets.reconfigure(config);
    return outcome;
  }

  /** Takes the supervisor's account of the reloads. */
  setHistory(history: ReloadHistory): void {
    this.#history = history;
  }

  /** Copies the state that the next generation goes on with. */
  snapshot(): SharedSnapshot {
    return this.#memory.snapshot();
  }

  /** Stops accepting and gives everything back; what is open goes on. Call `finish` afterwards. */
  async release(drainMs: number): Promise<SharedSnapshot> {
    this.#isDraining = true;
    await this.#pool.stopAccepting(drainMs);
    const snapshot = this.#memory.snapshot();
    for (const batch of await this.#giveBack()) {
      this.#supervisor.tell('relayEvents', { ...batch, isRecorded: true });
    }
    return snapshot;
  }

  /** Takes the events of an older generation that drains. */
  adoptEvents(events: RelayedEvents): void {
    const outlets = this.#owned?.outlets;
    if (events.isRecorded) outlets?.appendSpooled(events);
    else outlets?.append(events);
  }

  /** Resolves when nothing is open any more or `drainMs` is over, and everything is given back. Accepts nothing from now on. */
  async finish(drainMs: number): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#sweeper);
    this.#stock.closeFree();
    await this.#pool.stopAccepting(drainMs);
    await this.#pool.drained(drainMs);
    await this.#pool.stop();
    await this.#giveBack();
  }

  /** The supervisor is dead: frees the ports and the names for the next one at once, then drains. */
  async finishAlone(drainMs: number): Promise<void> {
    this.#isDraining = true;
    await Promise.all([
      this.#owned?.admin.close(),
      this.#owned?.control.close(),
      this.#pool.stopAccepting(drainMs),
    ]);
    await this.finish(drainMs);
  }

  /** Only the first generation fails for its admin port: a node that serves must not stop for its metrics. */
  async #openAdmin(exposition: Exposition): Promise<AdminListener> {
    const { generation, adminPort, config } = this.#start;
    const options = {
      host: config.admin.host,
      exposition,
      readiness: () => this.#readiness(),
      log: this.#log,
    };
    try {
      return await openAdminListener({ ...options, port: adminPort });
    } catch (thrown) {
      if (generation === 1) throw thrown;
      const admin = await openAdminListener({ ...options, port: 0 });
      this.#log.error(
        { err: asError(thrown) },
        `metrics and health are at ${admin.address} now: their port was taken`,
      );
      return admin;
    }
  }

  #record(batch: EventBatchMessage): void {
    if (this.#owned !== undefined) this.#owned.outlets.append(batch);
    else this.#supervisor.tell('relayEvents', { ...batch, isRecorded: false });
  }

  /** Gives back once, and returns what is left in the spool. From here on events go to the next owner. */
  #giveBack(): Promise<EventBatchMessage[]> {
    const owned = this.#owned;
    this.#owned = undefined;
    this.#givenBack ??= owned === undefined ? Promise.resolve([]) : closeOwned(owned);
    return this.#givenBack;
  }

  async #handle(request: ControlRequest): Promise<unknown> {
    const owned = this.#owned;
    if (owned === undefined) {
      const message = 'the node is handing over to its next generation; try again';
      throw new Fault('node-busy', message, { source: 'internal', retry: true });
    }
    switch (request.op) {
      case 'status':
        return this.#status(owned);
      case 'reload':
        return await this.#supervisor.call('reload', undefined, reloadDeadlineMs);
      case 'shutdown':
        await this.#supervisor.call('shutdown', undefined, promptDeadlineMs);
        return { isDraining: true };
      case 'explain':
        return await owned.outlets.find(request.id);
      case 'worker.restart':
        this.#pool.restart(request.slot, 'an operator restarted it');
        return { slot: request.slot };
      case 'allowlist.list':
      case 'denylist.list':
        return this.#lists.list(listOf(request.op));
      case 'allowlist.add':
      case 'denylist.add': {
        const { op, prefix, reason = '', ttlMs = ttlMsDefault } = request;
        return await this.#changeLists(this.#lists.add(listOf(op), prefix, reason, ttlMs));
      }
      case 'allowlist.remove':
      case 'denylist.remove':
        return await this.#changeLists(this.#lists.remove(listOf(request.op), request.prefix));
    }
  }

  /** A change is answered when every worker has it. */
  async #changeLists<Change>(change: Promise<Change>): Promise<Change> {
    const made = await change;
    await this.#pool.setLists(this.#lists.snapshot);
    return made;
  }

  #figures(outlets: EventOutlets): GenerationFigures {
    const workers = this.#pool.status();
    const modes = this.#config.hosts.flatMap((host) => host.routes.map((route) => route.wafMode));
    const countMode = (mode: string): number => modes.filter((other) => other === mode).length;
    const figures = {
      version: this.#start.version,
      nodeId: this.#start.nodeId,
      workersConfigured: workers.length,
      workersServing: workers.filter((worker) => worker.state === 'serving').length,
      workerRestarts: workers.reduce((sum, worker) => sum + worker.restarts, 0),
      generation: this.#start.generation,
      configVersion: 1 + this.#history.succeeded,
      reloadsSucceeded: this.#history.succeeded,
      reloadsFailed: this.#history.failed,
      isLastReloadOk: this.#history.lastReasons.length === 0,
      configLoadedAtMs: this.#history.loadedAtMs,
      wafRulesLoaded: this.#pool.rulesLoaded(),
      routesOn: countMode('on'),
      routesDetectionOnly: countMode('detection-only'),
      routesOff: countMode('off'),
      allowlistEntries: this.#lists.snapshot.allow.entries.length,
      denylistEntries: this.#lists.snapshot.deny.entries.length,
      ...outlets.stats(),
    };
    const { isReady } = deriveReadiness({ ...figures, isDraining: this.#isDraining });
    return { ...figures, isReady };
  }

  #readiness(): Readiness {
    if (this.#owned === undefined) return { isReady: false, reasons: ['the node is starting'], warnings: [] };
    return deriveReadiness({ ...this.#figures(this.#owned.outlets), isDraining: this.#isDraining });
  }

  #status(owned: Owned): NodeStatus {
    const figures = this.#figures(owned.outlets);
    const { isReady, reasons, warnings } = this.#readiness();
    return {
      version: figures.version,
      nodeId: figures.nodeId,
      supervisorPid: this.#start.supervisorPid,
      generationPid: process.pid,
      generation: figures.generation,
      supervisorStartedAtMs: this.#start.supervisorStartedAtMs,
      generationStartedAtMs: this.#startedAtMs,
      isReady,
      reasons,
      warnings,
      listeners: this.#start.listeners.map(({ listener: { name, host, port, tls } }) => ({
        name,
        host,
        port,
        tls,
      })),
      admin: { host: this.#config.admin.host, port: owned.admin.port },
      workers: this.#pool.status(),
      configFile: this.#config.file,
      configLoadedAtMs: figures.configLoadedAtMs,
      reloadsSucceeded: figures.reloadsSucceeded,
      reloadsFailed: figures.reloadsFailed,
      lastReloadReasons: this.#history.lastReasons,
      rulesLoaded: figures.wafRulesLoaded,
      allowlistEntries: figures.allowlistEntries,
      denylistEntries: figures.denylistEntries,
      spoolBytes: figures.spool.bytes,
      eventsDropped: figures.spool.droppedEvents,
      ...this.#memory.pressure(),
    };
  }
}

async function closeOwned(owned: Owned): Promise<EventBatchMessage[]> {
  owned.exposition[Symbol.dispose]();
  await Promise.all([owned.admin.close(), owned.control.close()]);
  return await owned.outlets.close();
}
