/**
 * Tells one process from another that got the same pid later: a pid together with the moment its process started.
 *
 * Source: proc_pid_stat(5): field 3 is the state, field 22 `starttime`, in clock ticks after boot. The command in field 2 may hold
 * spaces and parentheses, so fields are counted from the last `)`.
 */
import { readFileSync } from 'node:fs';

/** One process of this boot of this machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTicks: number;
  /** Of the boot in which `startTicks` counts. */
  readonly bootId: string;
}

/** Returns the identity of a running process, or undefined when no process has that pid or it is a zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readProcFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], Number(fields[19])];
  if (state === 'Z' || state === 'X' || !Number.isSafeInteger(startTicks)) return undefined;
  return { pid, startTicks, bootId: readProcFile('/proc/sys/kernel/random/boot_id')?.trim() ?? '' };
}

/** Tells whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Returns `value` as an identity, or undefined when it has another shape. */
export function decodeProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTicks, bootId } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof startTicks !== 'number' || !Number.isSafeInteger(startTicks) || typeof bootId !== 'string')
    return undefined;
  return { pid, startTicks, bootId };
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended: that is the answer, not a failure.
    return undefined;
  }
}
