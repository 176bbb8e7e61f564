/** What `secbeat status` shows: first whether all is well, then where the node is, then the rest. */
import type { NodeStatus } from '@secbeat/mitigation/process/control-protocol.ts';
import { renderDuration } from '../duration.ts';
import { shown } from './ready.ts';

/** Renders `status` as it is at `nowMs` (Unix milliseconds). */
export function renderStatus(status: NodeStatus, nowMs: number): string {
  const { supervisorPid, generation, generationPid } = status;
  const admin = `http://${shown(status.admin.host)}:${status.admin.port}`;
  const serving = status.workers.filter(({ state }) => state === 'serving').length;
  const lines = [
    `node ${status.nodeId}, version ${status.version}`,
    `ready: ${status.isReady ? 'yes' : `no: ${status.reasons.join('; ')}`}`,
    ...status.warnings.map((warning) => `warning: ${warning}`),
    ...status.lastReloadReasons.map((reason) => `  ${reason}`),
    ...lossLines(status),
    ...status.listeners.map(
      ({ host, port, tls }) => `listens on: ${tls ? 'https' : 'http'}://${shown(host)}:${port}`,
    ),
    `metrics and health: ${admin}/metrics ${admin}/readyz`,
    `configuration: ${status.configFile === '' ? 'defaults, environment and command line' : status.configFile}, loaded ${time(status.configLoadedAtMs)}`,
    `reloads: ${status.reloadsSucceeded} in force, ${status.reloadsFailed} refused`,
    `WAF rules: ${status.rulesLoaded}   allowlist: ${status.allowlistEntries}   denylist: ${status.denylistEntries}`,
    `running for: ${renderDuration(nowMs - status.supervisorStartedAtMs)} (pid ${supervisorPid})`,
    `generation: ${generation}, for ${renderDuration(nowMs - status.generationStartedAtMs)} (pid ${generationPid})`,
    `workers: ${serving} of ${status.workers.length} serve`,
    ...status.workers
      .filter(({ state, restarts }) => state !== 'serving' || restarts > 0)
      .map(({ slot, state, restarts, lastExit }) => {
        const last = lastExit === '' ? '' : `, last: ${lastExit}`;
        return `  worker ${slot}: ${state}, replaced ${restarts} ${restarts === 1 ? 'time' : 'times'}${last}`;
      }),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a bounded memory had to give up; nothing when it did not. */
function lossLines(status: NodeStatus): string[] {
  const lines: string[] = [];
  if (status.eventsDropped > 0)
    lines.push(`warning: ${status.eventsDropped} events were dropped because they could not be kept`);
  if (status.limitsEvicted > 0)
    lines.push(
      `warning: ${status.limitsEvicted} clients were forgotten by the rate limit, whose table is full`,
    );
  if (status.countsOverflowed > 0)
    lines.push(
      `warning: ${status.countsOverflowed} connections were not counted, because the table of clients is full`,
    );
  return lines;
}

function time(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
