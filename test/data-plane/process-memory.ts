/** How much memory a process has taken, as the kernel counts it. */
import { readFileSync } from 'node:fs';
import type { NodeStatus } from '@secbeat/mitigation/process/control-protocol.ts';

/** Peak and present resident memory of one process, in bytes. */
export interface ResidentBytes {
  readonly peak: number;
  readonly present: number;
}

/** Reads VmHWM and VmRSS of a process. Source: proc_pid_status(5). */
export function residentBytesOf(pid: number): ResidentBytes {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (key: string): number => {
    const match = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text);
    if (match === null) throw new Error(`/proc/${pid}/status has no ${key}`);
    return Number(match[1]) * 1024;
  };
  return { peak: read('VmHWM'), present: read('VmRSS') };
}

/** The processes of a node. They share the pages of the program, so that their sum counts these twice. */
export function processesOf(status: NodeStatus): readonly (readonly [name: string, pid: number])[] {
  return [
    ['supervisor', status.supervisorPid],
    ['generation', status.generationPid],
  ];
}

/** `123 MB`, for what a test prints. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
