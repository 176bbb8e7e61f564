/** `npm run check`: runs every step, one line each with its seconds, and ends with `N passed, N failed`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requireRuntime } from '../setup/require-runtime.ts';
import { type CheckStep, checkSteps } from './steps.ts';

/** No step takes a minute; one that hangs must not hold up CI. */
const stepMinutesMax = 4;
const outputBytesMax = 16 * 1024 * 1024;

function runStep(root: string, step: CheckStep): boolean {
  const startMs = performance.now();
  const ended = spawnSync(process.execPath, step.args, {
    cwd: root,
    encoding: 'utf8',
    timeout: stepMinutesMax * 60_000,
    maxBuffer: outputBytesMax,
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const passed = ended.status === 0;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
  if (passed) return true;
  const why = ended.error === undefined ? '' : `${ended.error.message}\n`;
  console.log(`${why}${ended.stdout ?? ''}${ended.stderr ?? ''}`.trimEnd());
  if (step.remedy !== undefined) console.log(`mend what a program can mend: ${step.remedy}`);
  return false;
}

if (import.meta.main) {
  requireRuntime(process.versions.node);
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const passed = checkSteps.filter((step) => runStep(root, step)).length;
  console.log(`${passed} passed, ${checkSteps.length - passed} failed`);
  process.exitCode = passed === checkSteps.length ? 0 : 1;
}
