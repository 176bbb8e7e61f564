/**
 * What a worker thread expects of the data plane that it runs: the part of a node that owns traffic.
 *
 *      worker thread                      data plane
 *        createDataPlane(options)  ---->  compiles the configuration, listens on nothing
 *        listen(descriptors)       ---->  accepts
 *        prepare -> activate       ---->  a reload in two steps; `abandon` instead of `activate` undoes the first
 *        drain(deadlineMs)         ---->  stops accepting at once, ends what is open
 */
import type { Clock } from '@secbeat/base/clock.ts';
import type { ListenerConfig, NodeConfig } from '../config/model.ts';
import type { Log } from '../log.ts';
import type { SharedLists } from './lists.ts';
import type { SharedState } from './shared-state.ts';

/** A listener with the descriptor that this worker accepts on. `listener.port` is the port that was really bound. */
export interface ListenerDescriptor {
  readonly listener: ListenerConfig;
  /** Owned by whoever listens on it: closing the server closes it for this process. */
  readonly fd: number;
}

/** What a data plane is made of. */
export interface DataPlaneOptions {
  readonly slot: number;
  readonly slots: number;
  readonly nodeId: string;
  readonly shared: SharedState;
  readonly config: NodeConfig;
  readonly lists: SharedLists;
  /** The 48 bytes of TLS session ticket keys, the same in all workers and generations. */
  readonly ticketKeys: Buffer;
  readonly log: Log;
  readonly clock: Clock;
  /** Hands a batch of `count` NDJSON lines to the main thread. Never blocks; drops and counts when that one is behind. */
  emitEvents(lines: string, count: number): void;
}

/** The traffic of one worker. */
export interface DataPlane {
  /** Accepts on every descriptor; resolves when all of them listen. Called once. */
  listen(descriptors: readonly ListenerDescriptor[]): Promise<void>;
  /** Compiles `config` beside the one in force. Throws a `Fault` with the reasons; then nothing has changed. */
  prepare(config: NodeConfig): Promise<void>;
  /** Puts what was prepared in force. Called only after a `prepare` that did not throw. */
  activate(): void;
  /** Forgets what was prepared. Harmless when nothing was. */
  abandon(): void;
  setLists(lists: SharedLists): void;
  /** How many WAF rules are in force. */
  rulesLoaded(): number;
  /**
   * Stops accepting *before it returns its promise*, ends every exchange with `Connection: close`, and resolves when
   * nothing is open or `deadlineMs` has passed. All events have been emitted by then.
   */
  drain(deadlineMs: number): Promise<void>;
}

/** What the module of a data plane exports. */
export interface DataPlaneModule {
  createDataPlane(options: DataPlaneOptions): DataPlane;
}
