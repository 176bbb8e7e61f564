/** Imports follow the data: see "The flow is the layout" in ARCHITECTURE.md. */
import { dirname, normalize } from 'node:path/posix';
import type { Problem, SourceFile, Tree } from '../tree.ts';

/** What each package may import of ours, beside itself. `null` means anything. */
const allowed: Readonly<Record<string, readonly string[] | null>> = {
  base: [],
  contracts: ['base'],
  http: ['base'],
  waf: ['base'],
  xdp: ['base'],
  bus: ['base', 'contracts'],
  mitigation: ['base', 'contracts', 'bus', 'waf', 'http', 'xdp'],
  orchestrator: ['base', 'contracts', 'bus', 'waf'],
  dashboard: ['contracts'],
  cli: ['base', 'contracts', 'bus', 'waf', 'mitigation', 'orchestrator'],
  test: null,
  tools: null,
};

/**
 * What the command line may import of a package: how it is started, configured, checked, and spoken to while it runs;
 * never the path of the traffic.
 */
const doors: Readonly<Record<string, readonly RegExp[]>> = {
  mitigation: [/^main\.ts$/, /^policy\.ts$/, /^config\//, /^process\//, /^event\/explain\.ts$/],
  orchestrator: [/^main\.ts$/, /^config\//],
};

/** Stages of the orchestrator that `pipeline.ts` joins and that never import each other. */
const stages = ['event', 'signal', 'decision', 'command', 'webhook'];

/** Finds imports against the flow. */
export function importDirection(tree: Tree): readonly Problem[] {
  return tree.sources.flatMap((file) => problemsOf(file));
}

function problemsOf(file: SourceFile): readonly Problem[] {
  const from = file.path.split('/')[0] ?? '';
  const problems: Problem[] = [];
  if (!(from in allowed)) return problems;
  for (const { specifier, line } of file.scanned.imports) {
    const complain = (message: string): void => {
      problems.push({ path: file.path, line, rule: 'import-direction', message });
    };
    if (specifier.startsWith('.')) {
      const target = normalize(`${dirname(file.path)}/${specifier}`);
      if (!target.startsWith(`${from}/`))
        complain(`"${specifier}" leaves the package; write @secbeat/${target}`);
      else if (from === 'orchestrator' && crossesStages(file.path, target)) {
        complain(`"${specifier}" joins two stages; that is what orchestrator/pipeline.ts is for`);
      }
      continue;
    }
    const found = /^@secbeat\/([^/]+)(?:\/(.*))?$/.exec(specifier);
    if (found === null) continue;
    const to = found[1] ?? '';
    const within = found[2] ?? '';
    const may = allowed[from];
    if (to === from) complain(`"${specifier}" is in the same package; import it by its relative path`);
    else if (may !== null && may !== undefined && !may.includes(to)) {
      complain(
        `${from} may not import ${to}; it may import ${may.length === 0 ? 'nothing of ours' : may.join(', ')}`,
      );
    } else if (from === 'cli' && doors[to] !== undefined && !doors[to].some((door) => door.test(within))) {
      complain(`${from} may import of ${to} only how it is started, configured and spoken to, not ${within}`);
    }
  }
  return problems;
}

function crossesStages(from: string, to: string): boolean {
  const [left, right] = [from.split('/')[1] ?? '', to.split('/')[1] ?? ''];
  return left !== right && stages.includes(left) && stages.includes(right);
}
