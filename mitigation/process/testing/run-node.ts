/**
 * A supervisor as a process of its own, for tests: `node run-node.ts CONFIG.json [COPIES_PER_SLOT] [STALL_MS]`. Reports readiness as one
 * line of JSON on stdout, a failure to start as one on stderr.
 */
import { readFile } from 'node:fs/promises';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { NodeConfig } from '../../config/model.ts';
import { runSupervisor } from '../supervisor.ts';

const [file = '', copies, stallMs] = process.argv.slice(2);

async function load(): Promise<NodeConfig> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text) as NodeConfig;
  } catch (thrown) {
    throw new Fault('config-invalid', `${file}:1:1: ${asError(thrown).message}`, { source: 'operator' });
  }
}

try {
  process.exitCode = await runSupervisor({
    load,
    dataPlaneModule: new URL('./echo-plane.ts', import.meta.url).href,
    onReady: (report) => process.stdout.write(`${JSON.stringify(report)}\n`),
    ...(copies === undefined ? {} : { copiesPerSlot: Number(copies) }),
    ...(stallMs === undefined ? {} : { stallMs: Number(stallMs) }),
  });
} catch (thrown) {
  process.stderr.write(`${JSON.stringify({ failed: asError(thrown).message })}\n`);
  process.exitCode = 1;
}
