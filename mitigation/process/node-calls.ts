/**
 * What the processes and threads of a node may call of each other. One table per direction:
 *
 *      supervisor  --GenerationCalls-->  generation (main thread)  --WorkerCalls-->  worker thread
 *                 <--SupervisorCalls--                            <--PoolCalls----
 */
import type { NodeConfig } from '../config/model.ts';
import type { LogRecord } from '../log.ts';
import type { ListenerDescriptor } from './data-plane-contract.ts';
import type { ListenerCopies } from './descriptor-stock.ts';
import type { ListsSnapshot } from './lists.ts';
import type { SharedBuffers, SharedSnapshot } from './shared-state.ts';

/** What came of loading a configuration again. */
export interface ReloadOutcome {
  readonly isInForce: boolean;
  /** Why it was refused, one reason per line of text; empty when it is in force. */
  readonly reasons: readonly string[];
}

/** Everything that a generation process is told at its start. */
export interface GenerationStart {
  readonly config: NodeConfig;
  /** Number of this generation, from 1. */
  readonly generation: number;
  readonly nodeId: string;
  readonly version: string;
  readonly supervisorPid: number;
  readonly supervisorStartedAtMs: number;
  readonly slots: number;
  readonly listeners: readonly ListenerCopies[];
  /** URL of the module that exports `createDataPlane`. */
  readonly dataPlaneModule: string;
  /** Session ticket keys, the same for all workers and generations, so that TLS sessions are resumed by any of them. */
  readonly ticketKeys: Uint8Array;
  /** Port of the admin listener: the configured one, or the one that an earlier generation got when that was 0. */
  readonly adminPort: number;
  readonly pace: WorkerPace;
  readonly history: ReloadHistory;
  /** State of the generation that is to be followed; absent after a crash and at the first start. */
  readonly seed: SharedSnapshot | undefined;
}

/** How a generation keeps its workers alive. */
export interface WorkerPace {
  /** Spare starts of a slot at which the generation asks for its replacement. */
  readonly sparesLow: number;
  /** A worker that has not moved for this long is ended and replaced. */
  readonly stallMs: number;
}

/** What came of the reloads since the supervisor started; it outlives generations. */
export interface ReloadHistory {
  readonly succeeded: number;
  readonly failed: number;
  /** Why the last one was refused; empty when it was not. */
  readonly lastReasons: readonly string[];
  /** When the configuration in force was loaded, Unix milliseconds. */
  readonly loadedAtMs: number;
}

/** Where a generation is reached, besides the listeners of the traffic. */
export interface GenerationAddresses {
  readonly adminHost: string;
  readonly adminPort: number;
  readonly controlSocket: string;
}

/** A batch of `count` events as NDJSON. */
export interface EventBatchMessage {
  readonly lines: string;
  readonly count: number;
}

/** Events of a generation that drains, on their way to the one that owns the spool. */
export interface RelayedEvents extends EventBatchMessage {
  /** True when access log and incident store of the older generation have them: they only go to the spool. */
  readonly isRecorded: boolean;
}

/** What the supervisor calls of a generation, in the order of its life. */
export type GenerationCalls = {
  /** Compiles in all workers, listens on nothing. Fails with the reasons. */
  readonly start: { readonly request: GenerationStart; readonly reply: undefined };
  /** Takes admin listener, control socket and event stores, then accepts. */
  readonly take: { readonly request: SharedSnapshot | undefined; readonly reply: GenerationAddresses };
  readonly apply: { readonly request: NodeConfig; readonly reply: ReloadOutcome };
  /** Stops accepting, gives back everything that only one may own, and goes on draining. */
  readonly release: {
    readonly request: { readonly deadlineMs: number };
    readonly reply: SharedSnapshot | undefined;
  };
  /** Drains and exits. */
  readonly drain: { readonly request: { readonly deadlineMs: number }; readonly reply: undefined };
  readonly adoptEvents: { readonly request: RelayedEvents; readonly reply: undefined };
  readonly snapshot: { readonly request: undefined; readonly reply: SharedSnapshot };
  readonly setHistory: { readonly request: ReloadHistory; readonly reply: undefined };
};

/** What a generation calls of the supervisor. */
export type SupervisorCalls = {
  /** Loads the configuration again and applies it. */
  readonly reload: { readonly request: undefined; readonly reply: ReloadOutcome };
  readonly shutdown: { readonly request: undefined; readonly reply: undefined };
  /** Asks for the next generation, and says why. */
  readonly replaceMe: { readonly request: { readonly reason: string }; readonly reply: undefined };
  readonly relayEvents: { readonly request: RelayedEvents; readonly reply: undefined };
};

/** Everything that a worker thread is told at its start. */
export interface WorkerStart {
  readonly slot: number;
  readonly slots: number;
  readonly nodeId: string;
  readonly dataPlaneModule: string;
  readonly buffers: SharedBuffers;
  readonly config: NodeConfig;
  readonly lists: ListsSnapshot;
  readonly ticketKeys: Uint8Array;
}

/** What the main thread calls of a worker. */
export type WorkerCalls = {
  /** Loads the module of the data plane, so that opening is quick later. */
  readonly load: { readonly request: { readonly dataPlaneModule: string }; readonly reply: undefined };
  readonly open: { readonly request: WorkerStart; readonly reply: { readonly rulesLoaded: number } };
  readonly listen: { readonly request: readonly ListenerDescriptor[]; readonly reply: undefined };
  readonly prepare: { readonly request: NodeConfig; readonly reply: undefined };
  readonly activate: { readonly request: undefined; readonly reply: { readonly rulesLoaded: number } };
  readonly abandon: { readonly request: undefined; readonly reply: undefined };
  readonly setLists: { readonly request: ListsSnapshot; readonly reply: undefined };
  /** Replies as soon as nothing is accepted any more. */
  readonly stopAccepting: { readonly request: { readonly drainMs: number }; readonly reply: undefined };
  /** Replies when the drain that `stopAccepting` began has ended. */
  readonly drained: { readonly request: undefined; readonly reply: undefined };
};

/** What a worker calls of the main thread. */
export type PoolCalls = {
  readonly events: { readonly request: EventBatchMessage; readonly reply: undefined };
  readonly log: { readonly request: LogRecord; readonly reply: undefined };
};
