/** Runs one suite and tells how it ended. */
import { globSync } from 'node:fs';
import { type GroupEnd, runGroup } from './child-group.ts';
import type { Failure, Suite, SuiteOutcome, SuiteRun } from './suite.ts';
import { parseTestLine, type TestLine } from './test-line.ts';

/** A single test that takes longer hangs: it must not use up its suite's minutes in silence. */
const testMinutesMax = 5;
/** Output of a suite's process that is kept to explain a failure. */
const outputCharsMax = 65_536;

/** What running a suite needs from outside. */
export interface SuiteContext {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly abort: AbortSignal;
  /** Told after each test: how many passed and failed so far. */
  onProgress(passed: number, failed: number): void;
}

/** A run of test files. */
type TestFilesRun = Extract<SuiteRun, { readonly kind: 'node-test' }>;

/** What a run found, before it becomes an outcome. */
interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  readonly failures: Failure[];
}

/** Runs `suite`. A suite that runs nothing, overruns its limit or ends without a word has failed. */
export async function runSuite(suite: Suite, context: SuiteContext): Promise<SuiteOutcome> {
  const startMs = performance.now();
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };
  if (suite.run.kind === 'node-test') await runTestFiles(suite, suite.run, context, tally);
  else await runEntry(suite, suite.run, context, tally);
  if (tally.passed + tally.failed === 0) fail(tally, suite.name, '', 'the suite ran no test');
  return {
    suite: suite.name,
    passed: tally.passed,
    failed: tally.failed,
    skipped: tally.skipped,
    seconds: (performance.now() - startMs) / 1000,
    failures: tally.failures,
  };
}

/** The files of a suite, relative to `root` and sorted, and the patterns that match none. */
export function suiteFiles(
  run: TestFilesRun,
  root: string,
): { readonly files: readonly string[]; readonly emptyPatterns: readonly string[] } {
  const find = (pattern: string): readonly string[] =>
    globSync(pattern, { cwd: root, exclude: (path) => path.includes('node_modules') });
  const excepted = new Set(run.except.flatMap(find));
  const files = new Set(run.files.flatMap(find).filter((file) => !excepted.has(file)));
  const emptyPatterns = [...run.files, ...run.except].filter((pattern) => find(pattern).length === 0);
  return { files: [...files].sort(), emptyPatterns };
}

function fail(tally: Tally, name: string, place: string, detail: string): void {
  tally.failed += 1;
  tally.failures.push({ name, place, detail });
}

async function runTestFiles(
  suite: Suite,
  run: TestFilesRun,
  context: SuiteContext,
  tally: Tally,
): Promise<void> {
  const { files, emptyPatterns } = suiteFiles(run, context.root);
  for (const pattern of emptyPatterns) fail(tally, suite.name, '', `no file matches ${pattern}`);
  if (files.length === 0) return;
  const testLimitMs = Math.min(suite.minutesMax, testMinutesMax) * 60_000;
  const outputs = new Map<string, string>();
  const failedFiles = new Map<string, Failure>();
  let stray = '';
  let rest = '';
  const take = (line: TestLine): void => {
    if (line.kind === 'output') {
      outputs.set(line.file, line.text);
      return;
    }
    tally[line.kind] += 1;
    if (line.kind === 'failed') {
      const failure = { name: line.name, place: line.place, detail: line.detail };
      tally.failures.push(failure);
      failedFiles.set(line.file, failure);
    }
    context.onProgress(tally.passed, tally.failed);
  };
  const end = await runGroup(
    {
      args: ['tools/test/node-test-child.ts', `${run.concurrency}`, `${testLimitMs}`, ...files],
      cwd: context.root,
      environment: context.environment,
      timeLimitMs: suite.minutesMax * 60_000,
      onStdout: (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const text of lines) {
          const line = parseTestLine(text);
          if (line === undefined) stray = `${stray}${text}\n`.slice(-outputCharsMax);
          else take(line);
        }
      },
      onStderr: (text) => {
        stray = (stray + text).slice(-outputCharsMax);
      },
    },
    context.abort,
  );
  for (const [file, failure] of failedFiles) {
    const text = outputs.get(file);
    if (text === undefined) continue;
    const index = tally.failures.indexOf(failure);
    tally.failures[index] = { ...failure, detail: `${failure.detail}\n--- output of ${file} ---\n${text}` };
  }
  if (end.timedOut || end.code !== 0) fail(tally, suite.name, '', `${endedHow(end, suite)}\n${stray}`);
}

async function runEntry(
  suite: Suite,
  run: { readonly entry: string; readonly args: readonly string[] },
  context: SuiteContext,
  tally: Tally,
): Promise<void> {
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-outputCharsMax);
  };
  const end = await runGroup(
    {
      args: [run.entry, ...run.args],
      cwd: context.root,
      environment: context.environment,
      timeLimitMs: suite.minutesMax * 60_000,
      onStdout: keep,
      onStderr: keep,
    },
    context.abort,
  );
  const counts = parseLastLine(output);
  if (end.timedOut || counts === undefined) {
    const what = end.timedOut
      ? endedHow(end, suite)
      : `${endedHow(end, suite)}, without "N passed, N failed" as its last line`;
    fail(tally, suite.name, run.entry, `${what}\n${output}`);
    return;
  }
  tally.passed += counts.passed;
  tally.failed += counts.failed;
  tally.skipped += counts.skipped;
  if (counts.failed > 0) tally.failures.push({ name: suite.name, place: run.entry, detail: output });
  else if (end.code !== 0) fail(tally, suite.name, run.entry, `${endedHow(end, suite)}\n${output}`);
}

function endedHow(end: GroupEnd, suite: Suite): string {
  if (end.timedOut) return `ended after its limit of ${suite.minutesMax} minutes`;
  return end.code === null ? `ended by ${end.processSignal}` : `ended with code ${end.code}`;
}

/** Reads `N passed, N failed[, N skipped]` from the last line; undefined when it is another line. */
export function parseLastLine(
  output: string,
): { readonly passed: number; readonly failed: number; readonly skipped: number } | undefined {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const found = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last);
  if (found === null) return undefined;
  return { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) };
}
