/**
 * The one error class for operational failures: what went wrong on whose side, and whether trying again can help.
 *
 * Expected outcomes on the hot path are values and never thrown; programmer errors are `assert`s. A `Fault` is for the
 * rest: a certificate that cannot be read, an origin that refuses, a rule that does not parse.
 */

/** Whose side the failure is on. `operator` means configuration, rules or a command given by a person. */
export type FaultSource = 'downstream' | 'upstream' | 'internal' | 'operator';

/** What a `Fault` carries beside its message. */
export interface FaultOptions {
  readonly source: FaultSource;
  /** True when the same attempt may succeed later without anybody changing anything. Default false. */
  readonly retry?: boolean;
  readonly cause?: unknown;
  /** The text that a client may see; absent means that the client is told nothing of it. */
  readonly publicMessage?: string;
}

/** An operational failure. `code` is stable and kebab-case; `message` names what was met, what was expected and what to do. */
export class Fault extends Error {
  readonly code: string;
  readonly source: FaultSource;
  readonly retry: boolean;
  readonly publicMessage: string | undefined;

  constructor(code: string, message: string, options: FaultOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.source = options.source;
    this.retry = options.retry ?? false;
    this.publicMessage = options.publicMessage;
  }
}

/** Returns `thrown` as an `Error`, so that it can be a `cause` and have its message shown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
