/**
 * Where a configuration value came from, and what is wrong with it there.
 */
import { Fault } from '@secbeat/base/fault.ts';

/** The keys and indexes that lead to a value, from the root of the file. */
export type ConfigPath = readonly (string | number)[];

/** Who said a value. Command line beats environment beats file beats default. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'command-line'; readonly option: string };

/** One thing that is wrong with the configuration. */
export interface Problem {
  readonly origin: Origin;
  /** What was met, what was expected, what to do. */
  readonly message: string;
}

/** Renders an origin as the head of an error line: `secbeat.yaml:12:3`, `--listen`, `SECBEAT_LISTEN`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'configuration';
    case 'file':
      return origin.line === 0 ? origin.file : `${origin.file}:${origin.line}:${origin.column}`;
    case 'environment':
      return origin.name;
    case 'command-line':
      return origin.option;
  }
}

/** Renders a path as an operator writes it: `hosts[0].routes[1].path`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}

/** More lines than this help nobody; the rest is counted. */
const problemsShownMax = 50;

/** Makes the one `Fault` that names every problem, in the order of the file, one per line. */
export function configFault(problems: readonly Problem[]): Fault {
  const sorted = problems.toSorted((a, b) => lineOf(a) - lineOf(b) || columnOf(a) - columnOf(b));
  const lines = [...new Set(sorted.map((problem) => `${formatOrigin(problem.origin)}: ${problem.message}`))];
  const shown = lines.slice(0, problemsShownMax);
  if (lines.length > shown.length) shown.push(`... and ${lines.length - shown.length} more`);
  return new Fault('config-invalid', shown.join('\n'), { source: 'operator' });
}

function lineOf(problem: Problem): number {
  return problem.origin.kind === 'file' ? problem.origin.line : 0;
}

function columnOf(problem: Problem): number {
  return problem.origin.kind === 'file' ? problem.origin.column : 0;
}

/** Collects what is found while a configuration is resolved, so that an operator reads all of it at once. */
export interface ConfigReport {
  /** Says what is wrong with the value at `path`, or with its key. */
  problem(path: ConfigPath, message: string, part?: 'key' | 'value'): void;
  /** Says what works but should not stay so. */
  warning(path: ConfigPath, message: string): void;
}
