/**
 * CPU time of a process with all its descendants, from /proc.
 *
 * Of each process that is alive, its own time and that of its children which have ended and were waited for are added:
 * a child that ends between two readings moves from the first to the second and is neither lost nor counted twice.
 *
 * Source: proc_pid_stat(5), fields 4 (ppid) and 14 to 17 (utime stime cutime cstime, in clock ticks).
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process as /proc shows it. */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  readonly cpuTicks: number;
}

/** Reads one line of /proc/PID/stat. The name in brackets may hold anything, brackets and blanks too. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  const stat = {
    pid: Number.parseInt(line, 10),
    parentPid: Number(fields[1]),
    cpuTicks: ticks.reduce((sum, each) => sum + each, 0),
  };
  const isSound = nameEnd > 0 && ticks.length === 4 && Object.values(stat).every(Number.isSafeInteger);
  return isSound ? stat : undefined;
}

/** Adds up the ticks of `root` and its descendants. */
export function treeTicks(processes: readonly ProcessStat[], root: number): number {
  const byParent = Map.groupBy(processes, (each) => each.parentPid);
  let ticks = processes.find((each) => each.pid === root)?.cpuTicks ?? 0;
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    for (const child of byParent.get(pid) ?? []) {
      ticks += child.cpuTicks;
      waiting.push(child.pid);
    }
  }
  return ticks;
}

/** CPU seconds that `root` and its descendants have used so far. */
export function treeCpuSeconds(root: number): number {
  return treeTicks(readProcesses(), root) / ticksPerSecond();
}

function readProcesses(): readonly ProcessStat[] {
  const found: ProcessStat[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = parseProcessStat(readFileSync(`/proc/${name}/stat`, 'utf8'));
      if (stat !== undefined) found.push(stat);
    } catch {
      // It has ended since the directory was read.
    }
  }
  return found;
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
  if (!(ticks > 0)) throw new Error('getconf CLK_TCK gave no number');
  return ticks;
}
