/**
 * The traffic of one worker: its listeners, its policy, its origins, joined to the life that every request leads.
 */
import { isDeepStrictEqual } from 'node:util';
import { createIdSource } from '@secbeat/base/exchange-id.ts';
import { systemRandom } from '@secbeat/base/random.ts';
import { TimerWheel } from '@secbeat/base/timer-wheel.ts';
import { createHttpDate } from '@secbeat/http/h1/write.ts';
import { WorkerMetrics } from './admin/worker-metrics.ts';
import type { NodeConfig } from './config/model.ts';
import { AcceptGate } from './connection/accept-gate.ts';
import { Listener } from './connection/listener.ts';
import { OutputStage } from './connection/output-stage.ts';
import { EventWriter } from './event/event-writer.ts';
import type { Plane } from './plane.ts';
import { compilePolicy, type Policy } from './policy.ts';
import type { DataPlane, DataPlaneOptions, ListenerDescriptor } from './process/data-plane-contract.ts';
import type { SharedLists } from './process/lists.ts';
import { createLifecycle } from './request/lifecycle.ts';
import type { UpstreamEvents } from './upstream/upstream-connection.ts';
import { UpstreamPool } from './upstream/upstream-pool.ts';

/** Resolution of all deadlines. */
const tickMs = 50;
const wheelSlots = 1_024;
const eventBatchMax = 512;
const upstreamReadBytes = 64 * 1024;

/** While draining: a connection idle for this long has no request under way to it, as far as anyone can know. */
const drainIdleMs = 300;

/** What an origin's head may be; generous, because refusing it is a 502. */
const responseHeadLimits = { headBytesMax: 64 * 1024, fieldsMax: 200 };

/** Creates the data plane of one worker. Throws a `Fault` when the configuration does not compile. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new WorkerDataPlane(options);
}

class WorkerDataPlane implements DataPlane {
  readonly #plane: Plane;
  readonly #gate: AcceptGate;
  readonly #options: DataPlaneOptions;
  readonly #upstreamEvents: UpstreamEvents;
  readonly #listeners: Listener[] = [];
  readonly #downstreamEvents: ReturnType<typeof createLifecycle>['downstream'];
  readonly #ticker: NodeJS.Timeout;
  /** Pools of earlier policies that exchanges still wait in. */
  readonly #retired = new Set<UpstreamPool>();
  #prepared: Policy | null = null;
  #onDrained: (() => void) | null = null;
  #drainEndsAtMs = 0;
  #isCutOff = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { shared, clock, log, config } = options;
    const metrics = new WorkerMetrics(shared.metrics);
    const plane: Plane = {
      slot: options.slot,
      clock,
      log,
      shared,
      metrics,
      wheel: new TimerWheel({ tickMs, slots: wheelSlots }),
      events: new EventWriter({
        emit: (lines, count) => options.emitEvents(lines, count),
        metrics,
        batchMax: eventBatchMax,
      }),
      outputStage: new OutputStage(),
      upstreamReadBuffer: Buffer.allocUnsafeSlow(upstreamReadBytes),
      responseHeadLimits,
      httpDate: createHttpDate(() => clock.nowMs()),
      nextId: createIdSource(systemRandom),
      upstreams: new Map(),
      policy: compilePolicy(config, clock, options.ticketKeys),
      lists: options.lists,
      openConnections: 0,
      isDraining: false,
    };
    this.#plane = plane;
    plane.wheel.advance(clock.monotonicMs());
    const { downstream, upstream } = createLifecycle(plane);
    this.#downstreamEvents = downstream;
    this.#upstreamEvents = upstream;
    plane.upstreams = this.#openPools(config, plane.upstreams);
    this.#gate = new AcceptGate(plane);
    this.#ticker = setInterval(() => this.#tick(), tickMs);
  }

  async listen(descriptors: readonly ListenerDescriptor[]): Promise<void> {
    for (const { listener } of descriptors) {
      this.#listeners.push(new Listener(this.#plane, this.#downstreamEvents, listener, this.#gate));
    }
    await Promise.all(descriptors.map(({ fd }, i) => this.#listeners[i]!.listen(fd)));
  }

  async prepare(config: NodeConfig): Promise<void> {
    this.#prepared = compilePolicy(config, this.#plane.clock, this.#options.ticketKeys);
  }

  activate(): void {
    const policy = this.#prepared;
    if (policy === null) return;
    this.#prepared = null;
    const before = this.#plane.upstreams;
    this.#plane.policy = policy;
    this.#plane.upstreams = this.#openPools(policy.config, before);
    for (const [name, pool] of before) {
      if (this.#plane.upstreams.get(name) === pool) continue;
      pool.retire();
      this.#retired.add(pool);
    }
    for (const listener of this.#listeners) listener.useTls();
  }

  abandon(): void {
    this.#prepared = null;
  }

  rulesLoaded(): number {
    return this.#plane.policy.ruleset?.ruleCount ?? 0;
  }

  setLists(lists: SharedLists): void {
    this.#plane.lists = lists;
  }

  async drain(deadlineMs: number): Promise<void> {
    const plane = this.#plane;
    plane.isDraining = true;
    for (const listener of this.#listeners) listener.stopAccepting();
    this.#drainEndsAtMs = plane.clock.monotonicMs() + deadlineMs;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#checkDrained();
    });
    clearInterval(this.#ticker);
    for (const pool of plane.upstreams.values()) pool.retire();
    plane.events.flush();
  }

  /** Pools of upstreams that did not change go on with their connections. */
  #openPools(config: NodeConfig, before: ReadonlyMap<string, UpstreamPool>): Map<string, UpstreamPool> {
    const pools = new Map<string, UpstreamPool>();
    for (const upstream of config.upstreams) {
      const old = before.get(upstream.name);
      const isSame = old !== undefined && isDeepStrictEqual(old.config, upstream);
      pools.set(upstream.name, isSame ? old : new UpstreamPool(this.#plane, this.#upstreamEvents, upstream));
    }
    return pools;
  }

  #tick(): void {
    const plane = this.#plane;
    const nowMs = plane.clock.monotonicMs();
    plane.wheel.advance(nowMs);
    for (const pool of plane.upstreams.values()) pool.tick(nowMs);
    for (const pool of this.#retired) {
      pool.tick(nowMs);
      if (!pool.isWaitedFor) this.#retired.delete(pool);
    }
    plane.events.flush();
    if (this.#onDrained !== null) this.#checkDrained();
  }

  #checkDrained(): void {
    const nowMs = this.#plane.clock.monotonicMs();
    for (const listener of this.#listeners) listener.closeIdle(nowMs, drainIdleMs);
    const isOpen = this.#listeners.some((listener) => listener.openCount > 0);
    if (isOpen && nowMs < this.#drainEndsAtMs) return;
    if (isOpen && !this.#isCutOff) {
      // The next tick ends the drain: sockets tell that they are closed later than a `setImmediate` from here.
      this.#isCutOff = true;
      for (const listener of this.#listeners) listener.destroyAll();
      return;
    }
    const resolve = this.#onDrained;
    this.#onDrained = null;
    resolve?.();
  }
}
