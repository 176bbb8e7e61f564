/**
 * What the process that runs test files tells the runner: one JSON line a fact, on standard output.
 *
 * Counting follows the leaves: a parent that failed only because a subtest failed says nothing new, and a `describe`
 * is no test. A file without any test is reported by Node.js as one passing test named after the file; here it is a
 * failure, because a test file that runs nothing protects nothing.
 */
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';

/** One line. `place` and `file` are relative to the repository. */
export type TestLine =
  | { readonly kind: 'passed' | 'skipped'; readonly name: string }
  | {
      readonly kind: 'failed';
      readonly name: string;
      readonly place: string;
      readonly detail: string;
      readonly file: string;
    }
  /** What a file with failures wrote while it ran, cut at its end. */
  | { readonly kind: 'output'; readonly file: string; readonly text: string };

/** The part of Node's `test:pass` and `test:fail` data that is used here. */
export interface EndedTest {
  readonly name: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly skip?: string | boolean | undefined;
  readonly details: {
    readonly type?: string | undefined;
    readonly error?: (Error & { readonly failureType?: unknown; readonly cause?: unknown }) | undefined;
  };
}

/** Turns the end of one test into a line, or undefined when it says nothing that another line does not. */
export function lineOf(ended: EndedTest, passed: boolean, root: string): TestLine | undefined {
  const file = ended.file === undefined ? '' : relative(root, ended.file);
  const failed = (name: string, detail: string): TestLine => {
    return { kind: 'failed', name, place: file === '' ? '' : `${file}:${ended.line ?? 1}`, detail, file };
  };
  const isFile = ended.file !== undefined && resolve(root, ended.name) === ended.file;
  if (passed) {
    if (isFile) return failed(file, 'the file ended without running a test');
    if (ended.details.type === 'suite') return undefined;
    const skipped = ended.skip !== undefined && ended.skip !== false;
    return { kind: skipped ? 'skipped' : 'passed', name: ended.name };
  }
  const error = ended.details.error;
  if (error?.failureType === 'subtestsFailed') return undefined;
  const cause = error?.cause ?? error;
  return failed(isFile ? file : ended.name, typeof cause === 'string' ? cause : inspect(cause, { depth: 6 }));
}

/** Reads one line back; undefined when it is not one of ours (something wrote to standard output beside us). */
export function parseTestLine(text: string): TestLine | undefined {
  if (!text.startsWith('{"kind":"')) return undefined;
  try {
    return JSON.parse(text) as TestLine;
  } catch {
    return undefined; // Cut in the middle: the runner treats the text as plain output.
  }
}
