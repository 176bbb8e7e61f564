/**
 * One life of a worker thread, seen from the main thread: from its start to its one `onExit`.
 */
import { Worker } from 'node:worker_threads';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { LogRecord } from '../log.ts';
import { CallLink } from './call-link.ts';
import type { EventBatchMessage, PoolCalls, WorkerCalls } from './node-calls.ts';

/** Where a worker reports to. */
export interface WorkerThreadOptions {
  readonly slot: number;
  readonly onEvents: (batch: EventBatchMessage) => void;
  readonly onLog: (record: LogRecord) => void;
  /** The thread has ended, with everything that it had open. Called exactly once. */
  readonly onExit: (why: string) => void;
}

/** A running worker thread. */
export interface WorkerThread {
  readonly link: CallLink<WorkerCalls, PoolCalls>;
  /** Ends the thread, also when it loops; `onExit` gets `why` unless it was ending already. */
  end(why: string): void;
}

/** Starts a thread. It opens nothing until it is called. */
export function startWorkerThread(options: WorkerThreadOptions): WorkerThread {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    name: `secbeat-${options.slot}`,
  });
  let endedBy = '';
  const link = new CallLink<WorkerCalls, PoolCalls>({
    peer: `worker ${options.slot}`,
    send: (message) => worker.postMessage(message),
    handlers: {
      events: (batch) => {
        options.onEvents(batch);
        return undefined;
      },
      log: (record) => {
        options.onLog(record);
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
    link.close(
      new Fault('worker-ended', `worker ${options.slot} has ended: ${why}`, {
        source: 'internal',
        retry: true,
      }),
    );
    options.onExit(why);
  });
  return {
    link,
    end: (why) => {
      endedBy ||= why;
      void worker.terminate();
    },
  };
}
