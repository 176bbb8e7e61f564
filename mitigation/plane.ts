/**
 * What the parts of one worker share: its policy, its clock and its place in the shared memory. A record, made once per
 * worker by `data-plane.ts` and handed to every connection.
 */
import type { Clock } from '@secbeat/base/clock.ts';
import type { TimerWheel } from '@secbeat/base/timer-wheel.ts';
import type { ResponseHeadLimits } from '@secbeat/http/h1/response-head.ts';
import type { HttpDate } from '@secbeat/http/h1/write.ts';
import type { WorkerMetrics } from './admin/worker-metrics.ts';
import type { OutputStage } from './connection/output-stage.ts';
import type { EventWriter } from './event/event-writer.ts';
import type { Log } from './log.ts';
import type { Policy } from './policy.ts';
import type { SharedLists } from './process/lists.ts';
import type { SharedState } from './process/shared-state.ts';
import type { UpstreamPool } from './upstream/upstream-pool.ts';

/** See the head of this file. */
export interface Plane {
  readonly slot: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly shared: SharedState;
  readonly metrics: WorkerMetrics;
  readonly wheel: TimerWheel;
  readonly events: EventWriter;
  readonly outputStage: OutputStage;
  /** One read buffer for all upstream sockets of the worker. */
  readonly upstreamReadBuffer: Buffer;
  readonly responseHeadLimits: ResponseHeadLimits;
  /** Value of the Date field for now. */
  readonly httpDate: HttpDate;
  /** The next exchange id. */
  readonly nextId: () => string;
  /** The pool of an upstream of the policy in force. */
  upstreams: ReadonlyMap<string, UpstreamPool>;
  policy: Policy;
  lists: SharedLists;
  /** Open downstream connections. */
  openConnections: number;
  isDraining: boolean;
}
