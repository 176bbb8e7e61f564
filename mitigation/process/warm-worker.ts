/**
 * One thread that has loaded its modules and serves nothing, for the next worker that dies.
 *
 * Loading the modules is most of a worker's start: 200 to 400 ms of 300 to 600, on the two noisy cores that it was measured on. With a warm
 * thread a slot is served again after compiling its rules, 170 to 190 ms there. It costs the memory of one idle thread.
 */
import { asError } from '@secbeat/base/fault.ts';
import { startWorkerThread, type WorkerOwner, type WorkerThread } from './worker-thread.ts';

/** Loading on a slow machine. */
const loadDeadlineMs = 120_000;

/** See the head of this file. */
export class WarmWorker {
  readonly #dataPlaneModule: string;
  #thread: WorkerThread | undefined;
  #isEnding = false;

  constructor(dataPlaneModule: string) {
    this.#dataPlaneModule = dataPlaneModule;
  }

  /** Returns the thread that was kept, or a cold one when there is none. */
  take(owner: WorkerOwner): WorkerThread {
    const kept = this.#thread;
    this.#thread = undefined;
    if (kept?.assign(owner) === true) return kept;
    const thread = startWorkerThread();
    thread.assign(owner);
    return thread;
  }

  /** Keeps a thread from now on, until it is taken. */
  keep(): void {
    if (this.#isEnding || this.#thread !== undefined) return;
    const thread = startWorkerThread();
    this.#thread = thread;
    const load = thread.link.call('load', { dataPlaneModule: this.#dataPlaneModule }, loadDeadlineMs);
    load.catch((thrown: unknown) => {
      // Of no use. A worker that is started cold fails alike and says why.
      if (this.#thread === thread) thread.end(asError(thrown).message);
    });
  }

  /** Resolves when no thread is kept any more; none will be. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.end('the generation stops');
    await thread?.ended;
  }
}
