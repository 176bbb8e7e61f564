/**
 * The memory that all threads of a generation share: created once by its main thread, opened by every worker.
 *
 *      requestLimits     one GCRA cell per client           changed by Atomics, any thread
 *      connectionCounts  one column per slot and client     changed by Atomics; a dead worker's column is cleared
 *      metrics           one region per slot                one writer, outlives the worker
 *      pulses            one Int32 per slot                 a worker counts up, the main thread sees that it lives
 *      backlogs          one Int32 per slot                 bytes of events under way to the main thread
 *
 * At a hand-over the limits and the counters go to the next generation as a snapshot: a client over its limit stays
 * over it. Ticks are CLOCK_MONOTONIC's, the same in every process of the machine, so that they go over as they are.
 */
import type { Clock } from '@secbeat/base/clock.ts';
import { findRateFault, type Rate } from '@secbeat/base/gcra.ts';
import type { Random } from '@secbeat/base/random.ts';
import { SharedCountTable } from '@secbeat/base/shared-count-table.ts';
import { SharedGcraTable } from '@secbeat/base/shared-gcra-table.ts';
import { retireSlot, WorkerMetrics } from '../admin/worker-metrics.ts';
import type { LimitsConfig } from '../config/model.ts';

/** 262,144 clients that are not idle at the same time, in 2 MiB. */
const limitBuckets = 32_768;

/** 131,072 clients with open connections; 0.5 MiB and as much again per slot. */
const countBuckets = 16_384;

/** The memory itself, as it is posted to a worker. */
export interface SharedBuffers {
  readonly requestLimits: SharedArrayBuffer;
  readonly connectionCounts: SharedArrayBuffer;
  readonly metrics: SharedArrayBuffer;
  readonly pulses: SharedArrayBuffer;
  readonly backlogs: SharedArrayBuffer;
}

/** The memory as the worker of one slot sees it. */
export interface SharedState {
  readonly requestLimits: SharedGcraTable;
  readonly connectionCounts: SharedCountTable;
  /** This slot's region, for `WorkerMetrics`. */
  readonly metrics: Float64Array;
  /** One cell per slot. */
  readonly pulses: Int32Array;
  /** One cell per slot. */
  readonly backlogs: Int32Array;
}

/** What one generation leaves to the next. Bounded: 2 MiB and the metrics. */
export interface SharedSnapshot {
  /** {@link snapshotVersion} of the generation that wrote it. */
  readonly version: number;
  /** The writer's clock at that moment. */
  readonly tick: number;
  readonly requestLimits: Uint8Array;
  readonly metrics: Float64Array;
}

/** Layout of a snapshot. Raise it when the tables of `base` or the ids of the metrics change. */
const snapshotVersion = 1;

/** A snapshot older than this (ticks, 60 s) is not taken: it says nothing about now. */
const snapshotAgeTicksMax = 6_000_000;

/** What {@link createSharedState} needs. */
export interface SharedStateOptions {
  readonly slots: number;
  readonly limits: LimitsConfig;
  readonly clock: Clock;
  readonly random: Random;
}

/** The owner's side: the main thread of a generation. */
export class SharedMemory {
  readonly slots: number;
  readonly pulses: Int32Array;
  readonly backlogs: Int32Array;
  readonly connectionCounts: SharedCountTable;
  #requestLimits: SharedGcraTable;
  readonly #metrics: SharedArrayBuffer;
  readonly #options: SharedStateOptions;
  #sweptBucket = 0;
  #isSeeded = false;

  constructor(options: SharedStateOptions) {
    const { slots, random } = options;
    this.slots = slots;
    this.#options = options;
    this.#requestLimits = SharedGcraTable.create({
      buckets: limitBuckets,
      rate: rateOf(options.limits),
      random,
      nowTick: options.clock.tick(),
    });
    this.connectionCounts = SharedCountTable.create({ buckets: countBuckets, slots, random });
    this.#metrics = new SharedArrayBuffer(slots * regionBytes());
    this.pulses = new Int32Array(new SharedArrayBuffer(4 * slots));
    this.backlogs = new Int32Array(new SharedArrayBuffer(4 * slots));
  }

  /** What is posted to a worker. */
  get buffers(): SharedBuffers {
    return {
      requestLimits: this.#requestLimits.buffer,
      connectionCounts: this.connectionCounts.buffer,
      metrics: this.#metrics,
      pulses: this.pulses.buffer as SharedArrayBuffer,
      backlogs: this.backlogs.buffer as SharedArrayBuffer,
    };
  }

  /** Clients that lost their limit's state to others, and connections that found no place to be counted. */
  pressure(): { readonly limitsEvicted: number; readonly countsOverflowed: number } {
    return {
      limitsEvicted: this.#requestLimits.evictedActive,
      countsOverflowed: this.connectionCounts.overflows,
    };
  }

  /** The regions of all slots. */
  regions(): Float64Array[] {
    return Array.from({ length: this.slots }, (_, slot) => regionOf(this.#metrics, slot));
  }

  /** Puts the limits of a configuration in force, in all threads. They must be without fault. */
  setLimits(limits: LimitsConfig): void {
    this.#requestLimits.setRate(rateOf(limits));
  }

  /** Settles what a dead worker left behind. To be called after its exit and before its successor starts. */
  retire(slot: number): void {
    this.connectionCounts.clearSlot(slot);
    retireSlot(regionOf(this.#metrics, slot));
    Atomics.store(this.backlogs, slot, 0);
  }

  /** Keeps old ticks from looking new; to be called every second. Bounded: 1/256 of the table, 0.1 ms. */
  sweep(): void {
    const count = limitBuckets / 256;
    this.#requestLimits.sweep(this.#options.clock.tick(), this.#sweptBucket, count);
    this.#sweptBucket = (this.#sweptBucket + count) % limitBuckets;
  }

  /** Copies what the next generation goes on with. */
  snapshot(): SharedSnapshot {
    return {
      version: snapshotVersion,
      tick: this.#options.clock.tick(),
      requestLimits: new Uint8Array(this.#requestLimits.buffer).slice(),
      metrics: new Float64Array(this.#metrics).slice(),
    };
  }

  /**
   * Goes on with a snapshot: once before any worker has the buffers, and again, from the same generation, before any worker
   * accepts. The first brings the table's hash, which a view reads once; the second the last state. Returns false, and changes
   * nothing, when the snapshot is of another layout or too old, or when it is a second one without a first.
   */
  restore(snapshot: SharedSnapshot, isFirst: boolean): boolean {
    const ageTicks = (this.#options.clock.tick() - snapshot.tick) | 0;
    const isCurrent = snapshot.version === snapshotVersion && ageTicks >= 0 && ageTicks < snapshotAgeTicksMax;
    const isFitting =
      snapshot.requestLimits.length === SharedGcraTable.byteLength(limitBuckets) &&
      snapshot.metrics.length * 8 === this.#metrics.byteLength;
    if (!isCurrent || !isFitting || (!isFirst && !this.#isSeeded)) return false;
    this.#isSeeded = true;
    new Uint8Array(this.#requestLimits.buffer).set(snapshot.requestLimits);
    this.#requestLimits = new SharedGcraTable(this.#requestLimits.buffer);
    // Twice: views that have seen the number of the first change must see a number that they do not know.
    this.setLimits(this.#options.limits);
    this.setLimits(this.#options.limits);
    new Float64Array(this.#metrics).set(snapshot.metrics);
    for (const region of this.regions()) retireSlot(region);
    return true;
  }
}

/** Opens the memory in the worker of `slot`. */
export function openSharedState(buffers: SharedBuffers, slot: number): SharedState {
  return {
    requestLimits: new SharedGcraTable(buffers.requestLimits),
    connectionCounts: new SharedCountTable(buffers.connectionCounts),
    metrics: regionOf(buffers.metrics, slot),
    pulses: new Int32Array(buffers.pulses),
    backlogs: new Int32Array(buffers.backlogs),
  };
}

/** Returns why these limits cannot be in force, or undefined. */
export function findLimitsFault(limits: LimitsConfig): string | undefined {
  const fault = findRateFault(rateOf(limits));
  return fault === undefined ? undefined : `limits: ${fault}`;
}

function rateOf(limits: LimitsConfig): Rate {
  return { ratePerSecond: limits.requestsPerSecond, burst: limits.requestsBurst };
}

/** A region in whole cache lines, so that two workers never write to one. */
function regionBytes(): number {
  return Math.ceil(WorkerMetrics.regionLength() / 8) * 64;
}

function regionOf(metrics: SharedArrayBuffer, slot: number): Float64Array {
  return new Float64Array(metrics, slot * regionBytes(), WorkerMetrics.regionLength());
}
