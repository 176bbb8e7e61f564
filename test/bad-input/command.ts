/** The command line as a person calls it, in a process of its own that is expected to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(import.meta.resolve('@secbeat/cli/secbeat.ts'));
const deadlineMs = 60_000;

/** How it ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `secbeat ARGS` in `cwd` to its end; one that does not end is killed and shows as code null. */
export async function runCommand(args: readonly string[], cwd: string): Promise<CommandEnd> {
  const child = spawn(process.execPath, [entry, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await once(child, 'close');
  clearTimeout(killer);
  return { code: child.exitCode, stdout, stderr };
}

/** The lines of the error that ended it, without the log lines of the node (JSON) around it. */
export function errorLinesOf(end: CommandEnd): readonly string[] {
  return end.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}
