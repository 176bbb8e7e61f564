/**
 * What may be asked of a running node through its control socket, and what it answers.
 *
 *      client                                                node
 *        {"op":"denylist.add","prefix":"203.0.113.7",...}\n  ---->
 *        <----  {"result":{"entry":{...},"notes":[]}}\n            or {"error":{"code":"...","message":"..."}}\n
 *
 * One request and one response per connection. The socket has mode 0600 in a directory of mode 0700: whoever can open it
 * is the operator.
 */
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import type { ListChange, ListName, ShownEntry } from './list-store.ts';
import type { ReloadOutcome } from './node-calls.ts';
import type { WorkerStatus } from './worker-pool.ts';

/** One request. */
export type ControlRequest =
  | { readonly op: 'status' }
  | { readonly op: 'reload' }
  | { readonly op: 'shutdown' }
  | { readonly op: 'explain'; readonly id: string }
  | { readonly op: 'worker.restart'; readonly slot: number }
  | ListRequest<'allowlist'>
  | ListRequest<'denylist'>;

type ListRequest<Name extends string> =
  | { readonly op: `${Name}.list` }
  | { readonly op: `${Name}.remove`; readonly prefix: string }
  | {
      readonly op: `${Name}.add`;
      readonly prefix: string;
      /** Default: empty. */
      readonly reason?: string;
      /** Default {@link ttlMsDefault}. 0 means until it is removed, on the allowlist only. */
      readonly ttlMs?: number;
    };

/** An entry that is added without a time to live holds for a day. */
export const ttlMsDefault: number = 24 * 3600 * 1000;

/** What each operation returns. */
export interface ControlResults {
  readonly status: NodeStatus;
  readonly reload: ReloadOutcome;
  readonly shutdown: { readonly isDraining: true };
  /** Null when the incident is not known, or not any more. */
  readonly explain: ExchangeEvent | null;
  readonly 'worker.restart': { readonly slot: number };
  readonly 'allowlist.list': readonly ShownEntry[];
  readonly 'allowlist.add': ListChange;
  readonly 'allowlist.remove': ListChange;
  readonly 'denylist.list': readonly ShownEntry[];
  readonly 'denylist.add': ListChange;
  readonly 'denylist.remove': ListChange;
}

/** A listener with the address that was really bound. */
export interface ListenerStatus {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** What `secbeat status` shows. */
export interface NodeStatus {
  readonly version: string;
  readonly nodeId: string;
  readonly supervisorPid: number;
  readonly generationPid: number;
  readonly generation: number;
  readonly supervisorStartedAtMs: number;
  readonly generationStartedAtMs: number;
  readonly isReady: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly listeners: readonly ListenerStatus[];
  readonly admin: { readonly host: string; readonly port: number };
  readonly workers: readonly WorkerStatus[];
  readonly configFile: string;
  readonly configLoadedAtMs: number;
  readonly reloadsSucceeded: number;
  readonly reloadsFailed: number;
  /** Why the last reload was refused; empty when it was not. */
  readonly lastReloadReasons: readonly string[];
  readonly rulesLoaded: number;
  readonly allowlistEntries: number;
  readonly denylistEntries: number;
  readonly spoolBytes: number;
  readonly eventsDropped: number;
  readonly limitsEvicted: number;
  readonly countsOverflowed: number;
}

/** The socket's name in the data directory. */
export const controlName = 'control.sock';

/** Bounded: bytes of one request. */
export const requestBytesMax = 65_536;

/** Bounded: bytes of one response; a full list has 8 MiB. */
export const responseBytesMax: number = 64 * 1024 * 1024;

/** The list that an operation is about. */
export function listOf(op: ControlRequest['op']): ListName {
  return op.startsWith('allowlist') ? 'allow' : 'deny';
}

/** Reads a request, or returns what is wrong with it. */
export function decodeControlRequest(text: string): ControlRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the request is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'the request is not an object';
  const fields = value as Readonly<Record<string, unknown>>;
  const { op, id, slot, prefix, reason, ttlMs } = fields;
  switch (op) {
    case 'status':
    case 'reload':
    case 'shutdown':
    case 'allowlist.list':
    case 'denylist.list':
      return { op };
    case 'explain':
      return typeof id === 'string' ? { op, id } : 'explain: expected id, a text';
    case 'worker.restart':
      return typeof slot === 'number' && Number.isSafeInteger(slot)
        ? { op, slot }
        : 'worker.restart: expected slot, a whole number';
    case 'allowlist.remove':
    case 'denylist.remove':
      return typeof prefix === 'string' ? { op, prefix } : `${op}: expected prefix, a text`;
    case 'allowlist.add':
    case 'denylist.add':
      if (typeof prefix !== 'string') return `${op}: expected prefix, a text`;
      if (reason !== undefined && typeof reason !== 'string') return `${op}: expected reason to be a text`;
      if (ttlMs !== undefined && typeof ttlMs !== 'number') return `${op}: expected ttlMs to be a number`;
      return {
        op,
        prefix,
        ...(reason === undefined ? {} : { reason }),
        ...(ttlMs === undefined ? {} : { ttlMs }),
      };
    default:
      return `unknown operation ${JSON.stringify(op) ?? 'undefined'}`;
  }
}
