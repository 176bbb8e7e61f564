/** `secbeat reload`, `status` and `explain`: what is asked of the node that runs with a data directory. */
import { Fault } from '@secbeat/base/fault.ts';
import { renderExplanation } from '@secbeat/mitigation/event/explain.ts';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import type { NodeStatus } from '@secbeat/mitigation/process/control-protocol.ts';
import type { Command } from 'commander';
import { addDataOption, type DataFlags, dataDirectoryOf } from './data-option.ts';

/** Adds the commands. */
export function addRunningNodeCommands(program: Command): void {
  addDataOption(
    program.command('reload').description('load the configuration again; nothing changes if it is refused'),
  ).action(async (flags: DataFlags) => {
    const outcome = await requestControl<'reload'>(dataDirectoryOf(flags), { op: 'reload' });
    if (!outcome.isInForce) {
      throw new Fault(
        'reload-refused',
        `the new configuration was refused, the old one stays in force:\n${outcome.reasons.join('\n')}`,
        {
          source: 'operator',
        },
      );
    }
    process.stdout.write('The new configuration is in force.\n');
  });
  addDataOption(
    program.command('status').description('show what the node is doing').option('--json', 'as JSON'),
  ).action(async (flags: DataFlags & { readonly json?: boolean }) => {
    const status = await requestControl<'status'>(dataDirectoryOf(flags), { op: 'status' });
    process.stdout.write(flags.json === true ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status));
  });
  addDataOption(
    program
      .command('explain')
      .description('say why a request was refused')
      .argument('<incident>', 'the incident id that the refusal shows')
      .option('--json', 'the whole event as JSON'),
  ).action(async (id: string, flags: DataFlags & { readonly json?: boolean }) => {
    const event = await requestControl<'explain'>(dataDirectoryOf(flags), { op: 'explain', id });
    if (event === null) {
      throw new Fault(
        'incident-unknown',
        `no incident "${id}" is kept here; ids are 20 characters, and old incidents make room for new ones`,
        {
          source: 'operator',
        },
      );
    }
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(event, null, 2)}\n` : renderExplanation(event),
    );
  });
}

function renderStatus(status: NodeStatus): string {
  const lines = [
    `node ${status.nodeId}  version ${status.version}  pid ${status.supervisorPid}, generation ${status.generation} (pid ${status.generationPid})`,
    `ready: ${status.isReady ? 'yes' : `no: ${status.reasons.join('; ')}`}`,
    ...status.warnings.map((warning) => `warning: ${warning}`),
    ...status.listeners.map(
      (listener) =>
        `listens on ${listener.tls ? 'https' : 'http'}://${shown(listener.host)}:${listener.port}`,
    ),
    `metrics: http://${shown(status.admin.host)}:${status.admin.port}/metrics`,
    `configuration: ${status.configFile === '' ? 'defaults and command line' : status.configFile}, loaded ${new Date(status.configLoadedAtMs).toISOString()}`,
    `WAF rules: ${status.rulesLoaded}   allowlist: ${status.allowlistEntries}   denylist: ${status.denylistEntries}`,
    `workers: ${status.workers.length}`,
  ];
  return `${lines.join('\n')}\n`;
}

function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
