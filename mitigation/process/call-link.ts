/**
 * Calls between the processes and threads of one node, over any channel that carries structured clones: each side has
 * a table of what the other may call.
 *
 *      link.call('apply', {config}, deadlineMs)      {callId, name, request} ------>  handlers.apply(request)
 *      resolves, or throws the other side's Fault   <------ {replyTo, reply | fault}
 *      link.tell('events', batch)                    {name, request} ------------->   handlers.events(batch)
 *
 * Both ends run the same version of the same program, so that messages are trusted in shape; what came from outside
 * is decoded where it enters (control.ts).
 */
import { asError, Fault, type FaultSource } from '@secbeat/base/fault.ts';

/** The calls that one side answers: name -> request and reply. */
export type CallTable = { readonly [name: string]: { readonly request: unknown; readonly reply: unknown } };

/** One function per call of `Calls`. A thrown error becomes the caller's rejection. */
export type CallHandlers<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends {
    readonly request: infer Request;
    readonly reply: infer Reply;
  }
    ? (request: Request) => Reply | Promise<Reply>
    : never;
};

/** A `Fault` as it crosses a boundary. */
export interface FaultRecord {
  readonly code: string;
  readonly message: string;
  readonly source: FaultSource;
  readonly retry: boolean;
}

interface CallMessage {
  readonly name: string;
  readonly request: unknown;
  /** Absent when no answer is wanted. */
  readonly callId?: number;
}

interface ReplyMessage {
  readonly replyTo: number;
  readonly reply?: unknown;
  readonly fault?: FaultRecord;
}

interface PendingCall {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (fault: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Bounded: calls without an answer yet; one more is refused. Far above what the few callers of a node have open. */
const pendingMax = 1024;

/** One end of a link. `Theirs` are the calls that the other end answers, `Mine` those that this end does. */
export class CallLink<Theirs extends CallTable, Mine extends CallTable> {
  readonly #peer: string;
  readonly #send: (message: unknown) => void;
  readonly #handlers: CallHandlers<Mine>;
  readonly #pending = new Map<number, PendingCall>();
  #nextCallId = 1;
  #closedBy: Fault | undefined;

  /** @param options.peer Names the other end in messages, for example `worker 1`. */
  constructor(options: {
    readonly peer: string;
    readonly send: (message: unknown) => void;
    readonly handlers: CallHandlers<Mine>;
  }) {
    this.#peer = options.peer;
    this.#send = options.send;
    this.#handlers = options.handlers;
  }

  /** Calls `name` and resolves with its reply. Throws the other end's fault, or one after `deadlineMs` or `close`. */
  call<Name extends keyof Theirs & string>(
    name: Name,
    request: Theirs[Name]['request'],
    deadlineMs: number,
  ): Promise<Theirs[Name]['reply']> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    if (this.#pending.size >= pendingMax) {
      const message = `${this.#peer} has ${pendingMax} calls open; "${name}" is not sent`;
      return Promise.reject(new Fault('call-overload', message, { source: 'internal', retry: true }));
    }
    const callId = this.#nextCallId;
    this.#nextCallId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      this.#pending.delete(callId);
      const message = `${this.#peer} did not answer "${name}" within ${deadlineMs} ms`;
      reject(new Fault('call-timeout', message, { source: 'internal', retry: true }));
    }, deadlineMs);
    this.#pending.set(callId, { resolve, reject, timer });
    this.#trySend({ name, request, callId } satisfies CallMessage);
    return promise as Promise<Theirs[Name]['reply']>;
  }

  /** Calls `name` without waiting. What cannot be sent is lost: use it only for what may be lost with the other end. */
  tell<Name extends keyof Theirs & string>(name: Name, request: Theirs[Name]['request']): void {
    if (this.#closedBy === undefined) this.#trySend({ name, request } satisfies CallMessage);
  }

  /** Takes one message from the channel. */
  receive(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    if ('replyTo' in message) this.#settle(message as ReplyMessage);
    else if ('name' in message) void this.#answer(message as CallMessage);
  }

  /** Fails everything that waits, and every later call, with `fault`. */
  close(fault: Fault): void {
    this.#closedBy ??= fault;
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(fault);
    }
    this.#pending.clear();
  }

  #trySend(message: CallMessage | ReplyMessage): void {
    try {
      this.#send(message);
    } catch (thrown) {
      const text = `${this.#peer} cannot be reached: ${asError(thrown).message}`;
      this.close(new Fault('call-unreachable', text, { source: 'internal', retry: true, cause: thrown }));
    }
  }

  #settle(message: ReplyMessage): void {
    const pending = this.#pending.get(message.replyTo);
    // An answer after its deadline has nobody waiting for it.
    if (pending === undefined) return;
    this.#pending.delete(message.replyTo);
    clearTimeout(pending.timer);
    if (message.fault === undefined) pending.resolve(message.reply);
    else pending.reject(decodeFault(message.fault));
  }

  async #answer(message: CallMessage): Promise<void> {
    const handler = this.#handlers[message.name as keyof Mine] as
      | ((request: unknown) => unknown | Promise<unknown>)
      | undefined;
    let answer: Omit<ReplyMessage, 'replyTo'>;
    try {
      if (handler === undefined)
        throw new Fault('call-unknown', `unknown call "${message.name}"`, { source: 'internal' });
      answer = { reply: await handler(message.request) };
    } catch (thrown) {
      // Nobody waits for what was only told, and handlers of those report their own failures.
      if (message.callId === undefined) throw thrown;
      answer = { fault: encodeFault(thrown) };
    }
    if (message.callId !== undefined) this.#trySend({ replyTo: message.callId, ...answer });
  }
}

/** Returns any error as plain data. Errors that are no `Fault` keep their stack in the message: they are defects. */
export function encodeFault(thrown: unknown): FaultRecord {
  if (thrown instanceof Fault) {
    return { code: thrown.code, message: thrown.message, source: thrown.source, retry: thrown.retry };
  }
  const error = asError(thrown);
  return { code: 'defect', message: error.stack ?? error.message, source: 'internal', retry: false };
}

/** Returns the `Fault` that `record` describes. */
export function decodeFault(record: FaultRecord): Fault {
  return new Fault(record.code, record.message, { source: record.source, retry: record.retry });
}
