/**
 * Runs a mitigation node in this process and its children: what `secbeat up` and `secbeat node` call.
 */
import { Fault } from '@secbeat/base/fault.ts';
import type { NodeConfig } from './config/model.ts';
import { type ReadyReport, runSupervisor } from './process/supervisor.ts';

/** Node.js with net.BoundSocket, `blockList` on servers, and TypeScript without a build. */
const runtimeMajorMin = 24;

/** What a node needs of whoever starts it. */
export interface RunNodeOptions {
  /** Loads the configuration: at the start, and again for each reload. Throws a `Fault` with a complete message. */
  readonly load: () => Promise<NodeConfig>;
  /** Called once, when the node serves. */
  readonly onReady?: (report: ReadyReport) => void;
}

/**
 * Runs a node until SIGTERM, SIGINT or `shutdown`, and resolves with the exit code for the process. Throws a `Fault` when the node cannot
 * start: its message is meant for the operator.
 */
export async function runNode(options: RunNodeOptions): Promise<number> {
  const major = Number(process.versions.node.split('.', 1)[0]);
  if (major < runtimeMajorMin) {
    const message = `this is Node.js ${process.versions.node}; the node needs ${runtimeMajorMin} or later: start it with "npm start"`;
    throw new Fault('runtime-too-old', message, { source: 'operator' });
  }
  return await runSupervisor(options);
}
