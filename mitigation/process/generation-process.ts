/**
 * One generation process, seen from the supervisor: from its spawn to its one exit.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Fault } from '@secbeat/base/fault.ts';
import type { BoundListener } from './bound-listeners.ts';
import { type CallHandlers, CallLink } from './call-link.ts';
import type { ListenerCopies } from './descriptor-stock.ts';
import type { GenerationCalls, SupervisorCalls } from './node-calls.ts';

/** The first descriptor of a listener in the child: after stdin, stdout, stderr and the channel. */
const firstDescriptor = 4;

/** A generation process. */
export interface GenerationProcess {
  /** From 1. */
  readonly number: number;
  /** 0 when it could not be started. */
  readonly pid: number;
  readonly link: CallLink<GenerationCalls, SupervisorCalls>;
  /** The listeners with the numbers that their copies have in the process. */
  readonly listeners: readonly ListenerCopies[];
  /** Resolves with the reason when the process has ended. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it at once. */
  kill(): void;
}

/** What a generation process is made of. */
export interface GenerationProcessOptions {
  readonly number: number;
  readonly bound: readonly BoundListener[];
  /** Copies of each socket that it gets. */
  readonly copies: number;
  /** What the process may call. */
  readonly handlers: CallHandlers<SupervisorCalls>;
}

/** Spawns a generation. It does nothing until it is called; a process that cannot be started ends with the reason. */
export function spawnGeneration(options: GenerationProcessOptions): GenerationProcess {
  const { listeners, descriptors } = layOutCopies(options.bound, options.copies);
  const child = spawn(process.execPath, [fileURLToPath(new URL('./generation.ts', import.meta.url))], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
    // Structured clones: configurations and snapshots hold typed arrays.
    serialization: 'advanced',
  });
  const link = new CallLink<GenerationCalls, SupervisorCalls>({
    peer: `generation ${options.number}`,
    send: (message) => send(child, message),
    handlers: options.handlers,
  });
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    const finish = (why: string): void => {
      if (hasEnded) return;
      hasEnded = true;
      const message = `generation ${options.number} has ended: ${why}`;
      link.close(new Fault('generation-ended', message, { source: 'internal', retry: true }));
      resolve(why);
    };
    child.on('error', (error) => {
      // Also a signal that could not be sent; only a process that never started has no other end.
      if (child.pid === undefined) finish(`it could not be started: ${error.message}`);
    });
    child.on('exit', (code, processSignal) => {
      finish(processSignal === null ? `it exited with code ${code}` : `it was ended by ${processSignal}`);
    });
  });
  child.on('message', (message) => link.receive(message));
  return {
    number: options.number,
    pid: child.pid ?? 0,
    link,
    listeners,
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}

/** In the child descriptors are numbered in the order of `stdio`. */
function layOutCopies(
  bound: readonly BoundListener[],
  copies: number,
): { readonly listeners: ListenerCopies[]; readonly descriptors: number[] } {
  const descriptors: number[] = [];
  const listeners = bound.map(({ listener, sockets }) => ({
    listener,
    copies: sockets.map((socket) =>
      Array.from({ length: copies }, () => firstDescriptor + descriptors.push(socket.fd()) - 1),
    ),
  }));
  return { listeners, descriptors };
}

function send(child: ChildProcess, message: unknown): void {
  if (!child.connected) throw new Error('the channel is closed');
  // A child that ends while it is written to is reported by its exit; without a callback it would also be an 'error'.
  child.send(message as object, () => undefined);
}
