/**
 * `npm test`: brings what the suites need, runs them one after another, and ends with `N passed, N failed`.
 *
 * The exit code is 0 when nothing failed, 1 when something did, 2 for a wrong command line, 130 after Ctrl-C.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '@secbeat/base/fault.ts';
import { requireRuntime } from '../setup/require-runtime.ts';
import { installPackages, repairAfterKilledRun } from './debian-packages.ts';
import { type Machine, missingNeeds, missingPackages, thisMachine } from './needs.ts';
import { parseTestOptions, type TestOptions, usage } from './options.ts';
import { lastLine, renderFailure, renderOutcome, renderTable } from './report.ts';
import { runSuite } from './run-suite.ts';
import type { Suite, SuiteOutcome } from './suite.ts';
import { suites } from './suites.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** How often a running suite says how far it is. */
const progressEveryMs = 10_000;

/** The outcome of a suite whose needs are missing here. */
export function missingOutcome(suite: Suite, reasons: readonly string[], isCi: boolean): SuiteOutcome {
  const reason = reasons.join('; ');
  const base = { suite: suite.name, passed: 0, seconds: 0 };
  if (suite.kind === 'required' && isCi) {
    return {
      ...base,
      failed: 1,
      skipped: 0,
      failures: [{ name: suite.name, place: '', detail: `cannot run, and is required in CI: ${reason}` }],
    };
  }
  return { ...base, failed: 0, skipped: 1, skipReason: reason, failures: [] };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function bringPackages(selected: readonly Suite[], machine: Machine): Promise<void> {
  repairAfterKilledRun();
  const packages = missingPackages(
    selected.flatMap((suite) => suite.needs),
    machine,
  );
  if (packages.length === 0 || !machine.isRoot) return;
  try {
    await installPackages(packages, say);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'interrupted') throw error;
    say(`${error.message}\ngoing on without: each suite says what it misses`);
  }
}

async function runAll(
  options: TestOptions,
  machine: Machine,
  abort: AbortSignal,
): Promise<readonly SuiteOutcome[]> {
  const isCi = process.env['CI'] === 'true' || process.env['CI'] === '1';
  const outcomes: SuiteOutcome[] = [];
  await bringPackages(options.suites, machine);
  for (const suite of options.suites) {
    const reasons = missingNeeds(suite.needs, machine);
    let outcome: SuiteOutcome;
    if (reasons.length > 0) {
      outcome = missingOutcome(suite, reasons, isCi);
    } else {
      say(`${suite.name} ...`);
      let saidMs = performance.now();
      outcome = await runSuite(suite, {
        root,
        environment: { SECBEAT_SHARED: machine.sharedDirectory },
        abort,
        onProgress: (passed, failed) => {
          if (performance.now() - saidMs < progressEveryMs) return;
          saidMs = performance.now();
          say(`${suite.name} ... ${passed} passed, ${failed} failed so far`);
        },
      });
    }
    outcomes.push(outcome);
    for (const failure of outcome.failures) say(renderFailure(suite.name, failure));
    say(renderOutcome(outcome));
  }
  return outcomes;
}

async function main(): Promise<number> {
  requireRuntime(process.versions.node);
  const options = parseTestOptions(process.argv.slice(2), suites);
  if (options.help) {
    say(
      `${usage}\nSuites: ${suites.map((suite) => `${suite.name}${suite.long ? ' (long)' : ''}`).join(', ')}`,
    );
    return 0;
  }
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => abort.abort(new Fault('interrupted', `ended by ${name}`, { source: 'operator' })));
  }
  const machine = thisMachine(resolve(root, process.env['SECBEAT_SHARED'] ?? join('..', 'shared')));
  const outcomes = await runAll(options, machine, abort.signal);
  if (options.jsonFile !== undefined)
    writeFileSync(options.jsonFile, `${JSON.stringify({ suites: outcomes }, null, 2)}\n`);
  say(renderTable(outcomes));
  say(lastLine(outcomes));
  return outcomes.some((outcome) => outcome.failed > 0) || outcomes.length === 0 ? 1 : 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code === 'interrupted' ? 130 : 2;
  }
}
