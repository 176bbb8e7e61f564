/** `secbeat node` runs a mitigation node; `secbeat up` runs one with everything around it that a first look needs. */
import { Fault } from '@secbeat/base/fault.ts';
import { loadConfig } from '@secbeat/mitigation/config/load.ts';
import type { NodeConfig } from '@secbeat/mitigation/config/model.ts';
import { runNode } from '@secbeat/mitigation/main.ts';
import type { Command } from 'commander';
import { openShop } from '../demo/shop.ts';
import { addConfigOptions, type ConfigFlags, loadOptionsOf } from './config-options.ts';
import { renderReady, renderTour } from './ready.ts';

/** Adds both commands. */
export function addNodeCommands(program: Command): void {
  addConfigOptions(
    program
      .command('up')
      .description('protect an application with one command; without --upstream or --config, a demo shop')
      .option('--demo-port <port>', 'loopback port of the demo shop (default: any free one)', parsePort, 0),
  ).action(async (flags: ConfigFlags & { readonly demoPort: number }) => {
    process.exitCode = await up(flags, flags.demoPort);
  });
  addConfigOptions(program.command('node').description('run a mitigation node')).action(
    async (flags: ConfigFlags) => {
      process.exitCode = await runNode({
        load: () => loadWith(flags),
        onReady: (report) => process.stdout.write(renderReady(report)),
      });
    },
  );
}

async function up(flags: ConfigFlags, demoPort: number): Promise<number> {
  if (flags.upstream !== undefined || flags.config !== undefined) {
    return await runNode({
      load: () => loadWith(flags),
      onReady: (report) => process.stdout.write(renderReady(report)),
    });
  }
  await using shop = await openShop(demoPort);
  const upstream = `http://127.0.0.1:${shop.port}`;
  return await runNode({
    load: () => loadWith({ ...flags, upstream }),
    onReady: (report) => process.stdout.write(renderReady(report) + renderTour(report, upstream, flags.data)),
  });
}

function loadWith(flags: ConfigFlags): Promise<NodeConfig> {
  return loadConfig({
    ...loadOptionsOf(flags),
    onWarning: (message) => process.stderr.write(`secbeat: ${message}\n`),
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new Fault('port-invalid', `--demo-port ${text}: expected a port from 0 to 65535`, {
      source: 'operator',
    });
  }
  return port;
}
