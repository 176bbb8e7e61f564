/**
 * Entry of a worker thread: one slot's share of the traffic. Everything it does is asked for by the main thread
 * (`WorkerCalls`); the data plane that it runs is the module it is told to load.
 */
import { parentPort } from 'node:worker_threads';
import { systemClock } from '@secbeat/base/clock.ts';
import { Fault } from '@secbeat/base/fault.ts';
import { Counter, WorkerMetrics } from '../admin/worker-metrics.ts';
import { createRelayLog } from '../log.ts';
import { CallLink } from './call-link.ts';
import type { DataPlane, DataPlaneModule } from './data-plane-contract.ts';
import { viewLists } from './lists.ts';
import type { PoolCalls, WorkerCalls, WorkerStart } from './node-calls.ts';
import { openSharedState } from './shared-state.ts';
import { backlogBytesMax, pulseMs } from './worker-limits.ts';

let plane: DataPlane | undefined;
let draining: Promise<void> | undefined;

const link = new CallLink<PoolCalls, WorkerCalls>({
  peer: 'main thread',
  send: (message) => parentPort?.postMessage(message),
  handlers: {
    load: async ({ dataPlaneModule }) => {
      await import(dataPlaneModule);
      return undefined;
    },
    open,
    listen: async (descriptors) => {
      await requirePlane().listen(descriptors);
      return undefined;
    },
    prepare: async (config) => {
      await requirePlane().prepare(config);
      return undefined;
    },
    activate: () => {
      requirePlane().activate();
      return { rulesLoaded: requirePlane().rulesLoaded() };
    },
    abandon: () => {
      requirePlane().abandon();
      return undefined;
    },
    setLists: (lists) => {
      requirePlane().setLists(viewLists(lists));
      return undefined;
    },
    stopAccepting: ({ drainMs }) => {
      draining ??= requirePlane().drain(drainMs);
      return undefined;
    },
    drained: async () => {
      await draining;
      return undefined;
    },
  },
});

parentPort?.on('message', (message: unknown) => link.receive(message));

async function open(start: WorkerStart): Promise<{ readonly rulesLoaded: number }> {
  const shared = openSharedState(start.buffers, start.slot);
  beginPulse(shared.pulses, start.slot);
  const module = (await import(start.dataPlaneModule)) as DataPlaneModule;
  const metrics = new WorkerMetrics(shared.metrics);
  plane = module.createDataPlane({
    slot: start.slot,
    slots: start.slots,
    nodeId: start.nodeId,
    shared,
    config: start.config,
    lists: viewLists(start.lists),
    ticketKeys: Buffer.from(start.ticketKeys),
    log: createRelayLog((record) => link.tell('log', record)),
    clock: systemClock,
    emitEvents: (lines, count) => {
      // Bounded: a main thread that is behind would else hold the events of all workers in its message queue.
      if (Atomics.load(shared.backlogs, start.slot) + lines.length > backlogBytesMax) {
        metrics.add(Counter.eventDropped, count);
        return;
      }
      Atomics.add(shared.backlogs, start.slot, lines.length);
      link.tell('events', { lines, count });
    },
  });
  return { rulesLoaded: plane.rulesLoaded() };
}

function requirePlane(): DataPlane {
  if (plane !== undefined) return plane;
  throw new Fault('worker-not-open', 'the worker was not opened before it was used', { source: 'internal' });
}

/** Shows the main thread that this event loop turns. */
function beginPulse(pulses: Int32Array, slot: number): void {
  setInterval(() => Atomics.add(pulses, slot, 1), pulseMs);
}
