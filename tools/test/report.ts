/** What `npm test` prints. */
import type { Failure, SuiteOutcome } from './suite.ts';

/** One line for a suite that has ended. */
export function renderOutcome(outcome: SuiteOutcome): string {
  if (outcome.skipReason !== undefined) return `${outcome.suite}: skipped: ${outcome.skipReason}`;
  const skipped = outcome.skipped === 0 ? '' : `, ${outcome.skipped} skipped`;
  return `${outcome.suite}: ${outcome.passed} passed, ${outcome.failed} failed${skipped} in ${minutes(outcome)} min`;
}

/** A failure with everything that is known of it. */
export function renderFailure(suite: string, failure: Failure): string {
  const place = failure.place === '' ? '' : ` (${failure.place})`;
  return `\nFAILED ${suite}: ${failure.name}${place}\n${failure.detail.trimEnd().replace(/^/gm, '    ')}\n`;
}

/** All suites with their minutes and counts. */
export function renderTable(outcomes: readonly SuiteOutcome[]): string {
  const rows = outcomes.map((outcome) => [
    outcome.suite,
    outcome.skipReason === undefined ? minutes(outcome) : '-',
    `${outcome.passed}`,
    `${outcome.failed}`,
    `${outcome.skipped}`,
  ]);
  const table = [['suite', 'minutes', 'passed', 'failed', 'skipped'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return `\n${lines.join('\n')}\n`;
}

/** The last line, which CI reads: `N passed, N failed`, and the skipped where there are any. */
export function lastLine(outcomes: readonly SuiteOutcome[]): string {
  const sum = (pick: (outcome: SuiteOutcome) => number): number =>
    outcomes.reduce((total, each) => total + pick(each), 0);
  const skipped = sum((outcome) => outcome.skipped);
  const line = `${sum((outcome) => outcome.passed)} passed, ${sum((outcome) => outcome.failed)} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

function minutes(outcome: SuiteOutcome): string {
  return (outcome.seconds / 60).toFixed(2);
}
