/**
 * One life of a worker thread, seen from the main thread: from its start to its one end. It may be started before it is known which
 * slot it will serve.
 */
import { Worker } from 'node:worker_threads';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { LogRecord } from '../log.ts';
import { CallLink } from './call-link.ts';
import type { EventBatchMessage, PoolCalls, WorkerCalls } from './node-calls.ts';

/** Who a worker reports to. */
export interface WorkerOwner {
  readonly onEvents: (batch: EventBatchMessage) => void;
  readonly onLog: (record: LogRecord) => void;
  /** The thread has ended, with everything that it had open. Called exactly once. */
  readonly onExit: (why: string) => void;
}

/** A running worker thread. */
export interface WorkerThread {
  readonly link: CallLink<WorkerCalls, PoolCalls>;
  /** Resolves when the thread has ended. Never rejects. */
  readonly ended: Promise<void>;
  /** Gives the thread to a slot, once. Returns false, and does nothing, when it has ended already. */
  assign(owner: WorkerOwner): boolean;
  /** Ends the thread, also when it loops; `onExit` gets `why` unless it was ending already. */
  end(why: string): void;
}

/** Starts a thread. It opens nothing until it is called. */
export function startWorkerThread(): WorkerThread {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { name: 'secbeat-worker' });
  const ended = Promise.withResolvers<void>();
  let owner: WorkerOwner | undefined;
  let hasEnded = false;
  let endedBy = '';
  const link = new CallLink<WorkerCalls, PoolCalls>({
    peer: 'the worker',
    send: (message) => worker.postMessage(message),
    handlers: {
      events: (batch) => {
        owner?.onEvents(batch);
        return undefined;
      },
      log: (record) => {
        owner?.onLog(record);
        return undefined;
      },
    },
  });
  worker.on('message', (message: unknown) => link.receive(message));
  worker.on('messageerror', (error) => {
    endedBy ||= `a message of it could not be read: ${error.message}`;
    void worker.terminate();
  });
  worker.on('error', (thrown) => {
    const error = asError(thrown);
    endedBy ||= error.stack ?? error.message;
  });
  worker.on('exit', (code) => {
    const why = endedBy || `it exited with code ${code}`;
    hasEnded = true;
    link.close(
      new Fault('worker-ended', `the worker has ended: ${why}`, { source: 'internal', retry: true }),
    );
    owner?.onExit(why);
    ended.resolve();
  });
  return {
    link,
    ended: ended.promise,
    assign: (next) => {
      if (hasEnded) return false;
      owner = next;
      return true;
    },
    end: (why) => {
      endedBy ||= why;
      void worker.terminate();
    },
  };
}
