/** How to call this program again from any directory: what is printed for an operator to copy must work as it stands. */
import { fileURLToPath } from 'node:url';

/** How this process was started. */
export interface SelfCommandContext {
  /** The repository, absolute. */
  readonly root: string;
  /** Whether an npm script started us; then npm is at hand, and its Node.js may not be able to run this program itself. */
  readonly isUnderNpm: boolean;
  /** The Node.js that runs this process, absolute. */
  readonly runtime: string;
}

/** The context of this process. */
export function selfCommandContext(): SelfCommandContext {
  return {
    root: fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''),
    isUnderNpm: process.env['npm_lifecycle_event'] !== undefined,
    runtime: process.execPath,
  };
}

/** Returns the shell command that runs `secbeat` with `words`. */
export function selfCommand(context: SelfCommandContext, words: readonly string[]): string {
  const start = context.isUnderNpm
    ? ['npm', '--prefix', context.root, 'run', '--silent', 'secbeat', '--']
    : [context.runtime, `${context.root}/cli/secbeat.ts`];
  return [...start, ...words].map(quoteForShell).join(' ');
}

/** Returns `word` so that a POSIX shell reads it as one word and nothing else. */
export function quoteForShell(word: string): string {
  if (/^[\w%+,./:=@-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
