import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseLastLine, runSuite, type SuiteContext } from './run-suite.ts';
import type { Suite, SuiteRun } from './suite.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const context: SuiteContext = {
  root,
  environment: {},
  abort: new AbortController().signal,
  onProgress: () => {},
};

function suite(run: SuiteRun, minutesMax = 1): Suite {
  return { name: 'tried', kind: 'required', long: false, needs: [], minutesMax, run };
}

function files(...names: readonly string[]): SuiteRun {
  return {
    kind: 'node-test',
    concurrency: 2,
    except: [],
    files: names.map((name) => `tools/test/testdata/${name}.ts`),
  };
}

function entry(...args: readonly string[]): SuiteRun {
  return { kind: 'entry', entry: 'tools/test/testdata/entry.ts', args };
}

test('run suite: leaf tests are counted, groups are not, skipped ones apart', async () => {
  const outcome = await runSuite(suite(files('passes')), context);
  assert.deepEqual([outcome.passed, outcome.failed, outcome.skipped], [2, 0, 1]);
  assert.deepEqual(outcome.failures, []);
});

test('run suite: a failed subtest counts once and shows its place, its difference and what the file wrote', async () => {
  const outcome = await runSuite(suite(files('fails')), context);
  assert.deepEqual([outcome.passed, outcome.failed], [1, 1]);
  const failure = outcome.failures[0];
  assert.equal(failure?.name, 'child: two is one');
  assert.equal(failure.place, 'tools/test/testdata/fails.ts:7');
  assert.match(failure.detail, /2 !== 1/);
  assert.match(failure.detail, /what the file wrote/);
});

test('run suite: a file without a test fails', async () => {
  const outcome = await runSuite(suite(files('passes', 'empty')), context);
  assert.deepEqual([outcome.passed, outcome.failed], [2, 1]);
  assert.equal(outcome.failures[0]?.detail, 'the file ended without running a test');
});

test('run suite: a file that cannot start fails with its error', async () => {
  const outcome = await runSuite(suite(files('throws')), context);
  assert.equal(outcome.failed, 1);
  assert.match(outcome.failures[0]?.detail ?? '', /cannot start/);
});

test('run suite: a pattern that matches no file fails', async () => {
  const outcome = await runSuite(suite(files('passes', 'gone-*')), context);
  assert.deepEqual([outcome.passed, outcome.failed], [2, 1]);
  assert.equal(outcome.failures[0]?.detail, 'no file matches tools/test/testdata/gone-*.ts');
});

test('run suite: one that overruns its limit is ended with everything that it started', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'secbeat-run-suite-'));
  try {
    const pidFile = join(directory, 'pid');
    const outcome = await runSuite(suite(files('hangs'), 0.1), {
      ...context,
      environment: { HANG_PID_FILE: pidFile },
    });
    assert.ok(outcome.failed >= 1);
    assert.match(outcome.failures.at(-1)?.detail ?? '', /ended after its limit of 0\.1 minutes/);
    assert.equal(isRunning(Number(readFileSync(pidFile, 'utf8'))), false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('run suite: raising abort ends the run', async () => {
  const abort = new AbortController();
  const reason = new Error('ended by SIGINT');
  const running = runSuite(suite(files('passes')), {
    ...context,
    abort: abort.signal,
    onProgress: () => abort.abort(reason),
  });
  await assert.rejects(running, reason);
});

const entryRows: readonly {
  readonly name: string;
  readonly args: readonly string[];
  readonly counts: readonly number[];
  readonly detail?: RegExp;
}[] = [
  { name: 'its last line is its result', args: ['x\n4 passed, 0 failed', '0'], counts: [4, 0, 0] },
  { name: 'skipped are counted', args: ['4 passed, 0 failed, 2 skipped', '0'], counts: [4, 0, 2] },
  {
    name: 'its failures show its output',
    args: ['why\n3 passed, 1 failed', '1'],
    counts: [3, 1, 0],
    detail: /^why/,
  },
  {
    name: 'a bad exit code is a failure',
    args: ['3 passed, 0 failed', '9'],
    counts: [3, 1, 0],
    detail: /^ended with code 9/,
  },
  {
    name: 'silence is a failure',
    args: ['done', '0'],
    counts: [0, 1, 0],
    detail: /without "N passed, N failed"/,
  },
  {
    name: 'nothing run is a failure',
    args: ['0 passed, 0 failed', '0'],
    counts: [0, 1, 0],
    detail: /ran no test/,
  },
];
for (const { name, args, counts, detail } of entryRows) {
  test(`run suite: an entry: ${name}`, async () => {
    const outcome = await runSuite(suite(entry(...args)), context);
    assert.deepEqual([outcome.passed, outcome.failed, outcome.skipped], counts);
    if (detail === undefined) assert.deepEqual(outcome.failures, []);
    else assert.match(outcome.failures[0]?.detail ?? '', detail);
  });
}

const lastLines: readonly { readonly output: string; readonly counts: readonly number[] | undefined }[] = [
  { output: '1 passed, 2 failed', counts: [1, 2, 0] },
  { output: 'a\n1 passed, 2 failed, 3 skipped\n\n', counts: [1, 2, 3] },
  { output: '1 passed, 2 failed\nmore', counts: undefined },
  { output: 'so 1 passed, 2 failed', counts: undefined },
  { output: '', counts: undefined },
];
for (const { output, counts } of lastLines) {
  test(`run suite: the last line of ${JSON.stringify(output)}`, () => {
    const found = parseLastLine(output);
    assert.deepEqual(found && [found.passed, found.failed, found.skipped], counts);
  });
}

/** Whether a process runs. One that has ended and only waits for its parent (a zombie) does not. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false; // No such process any more.
  }
}
