/** Runs a node to its end, with the demo shop behind it when nothing else is to be protected. */
import { Fault } from '@secbeat/base/fault.ts';
import { loadConfig } from '@secbeat/mitigation/config/load.ts';
import type { NodeConfig } from '@secbeat/mitigation/config/model.ts';
import { runNode } from '@secbeat/mitigation/main.ts';
import { openShop } from '../demo/shop.ts';
import { selfCommandContext } from '../self-command.ts';
import { type ConfigFlags, loadOptionsOf, saysWhatToProtect } from './config-options.ts';
import type { UpFlags } from './node.ts';
import { probeOrigins } from './origin-probe.ts';
import { renderOrigins, renderReady, renderTour } from './ready.ts';

const probeDeadlineMs = 2_000;

/** Runs what `secbeat up` means and resolves with the exit code. Throws a `Fault` when it cannot start. */
export async function runUp(flags: UpFlags): Promise<number> {
  if (saysWhatToProtect(flags, process.env)) {
    if (flags.demoPort === undefined) return await runConfigured(flags);
    const message =
      '--demo-port is for the demo shop, which does not run when an upstream or a configuration is given; leave one of them out';
    throw new Fault('demo-not-wanted', message, { source: 'operator' });
  }
  await using shop = await openShop(flags.demoPort ?? 0);
  const demoUrl = `http://127.0.0.1:${shop.port}`;
  return await runConfigured({ ...flags, upstream: demoUrl }, demoUrl);
}

/**
 * Runs a node and resolves with the exit code. With `demoUrl` it protects the demo shop there, and the tour is printed when it
 * serves. Throws a `Fault` when it cannot start.
 */
export async function runConfigured(flags: ConfigFlags, demoUrl?: string): Promise<number> {
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
