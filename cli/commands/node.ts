/** `secbeat node` runs a mitigation node; `secbeat up` runs one with everything around it that a first look needs. */
import { Fault } from '@secbeat/base/fault.ts';
import { loadConfig } from '@secbeat/mitigation/config/load.ts';
import type { NodeConfig } from '@secbeat/mitigation/config/model.ts';
import { runNode } from '@secbeat/mitigation/main.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { openShop } from '../demo/shop.ts';
import { selfCommandContext } from '../self-command.ts';
import { addConfigOptions, type ConfigFlags, loadOptionsOf, saysWhatToProtect } from './config-options.ts';
import { probeOrigins } from './origin-probe.ts';
import { renderOrigins, renderReady, renderTour } from './ready.ts';

const probeDeadlineMs = 2_000;

interface UpFlags extends ConfigFlags {
  readonly demoPort?: number;
}

/** Adds both commands. */
export function addNodeCommands(program: Command): void {
  addConfigOptions(
    program
      .command('up')
      .description('protect an application with one command; without --upstream or --config, a demo shop')
      .option('--demo-port <port>', 'loopback port of the demo shop (default: any free one)', parsePort),
  ).action(async (flags: UpFlags) => {
    process.exitCode = await up(flags);
  });
  addConfigOptions(program.command('node').description('run a mitigation node')).action(
    async (flags: ConfigFlags) => {
      process.exitCode = await serve(flags);
    },
  );
}

async function up(flags: UpFlags): Promise<number> {
  if (saysWhatToProtect(flags, process.env)) {
    if (flags.demoPort === undefined) return await serve(flags);
    const message =
      '--demo-port is for the demo shop, which does not run when an upstream or a configuration is given; leave one of them out';
    throw new Fault('demo-not-wanted', message, { source: 'operator' });
  }
  await using shop = await openShop(flags.demoPort ?? 0);
  const demoUrl = `http://127.0.0.1:${shop.port}`;
  return await serve({ ...flags, upstream: demoUrl }, demoUrl);
}

/** Runs a node to its end. With `demoUrl` it protects the demo shop there, and the tour is printed when it serves. */
async function serve(flags: ConfigFlags, demoUrl?: string): Promise<number> {
  let upstreams: NodeConfig['upstreams'] = [];
  return await runNode({
    async load() {
      const config = await loadConfig({ ...loadOptionsOf(flags, process.env), onWarning: warn });
      ({ upstreams } = config);
      return config;
    },
    onReady(report) {
      const origins = demoUrl === undefined ? renderOrigins({ upstreams }) : 'the demo shop';
      const startSeconds = performance.now() / 1_000;
      const tour = demoUrl === undefined ? '' : renderTour(report, demoUrl, selfCommandContext());
      process.stdout.write(renderReady(report, { origins, startSeconds }) + tour);
      void probeOrigins({ upstreams }, probeDeadlineMs).then((warnings) => warnings.forEach(warn));
    },
  });
}

function warn(message: string): void {
  process.stderr.write(`secbeat: ${message}\n`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('expected a port from 0 to 65535');
  }
  return port;
}
