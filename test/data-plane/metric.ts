/** Reading one figure of a node's metrics page. */
import { type NodeProcess, until } from '../support/node-process.ts';

/** The sum of all samples of `name` whose labels contain `labels`; NaN when there is none, so that a typo shows. */
export function metricOf(page: string, name: string, labels = ''): number {
  let sum = Number.NaN;
  for (const line of page.split('\n')) {
    const match = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/.exec(line);
    if (match === null || match[1] !== name || !(match[2] ?? '').includes(labels)) continue;
    sum = (Number.isNaN(sum) ? 0 : sum) + Number(match[3]);
  }
  return sum;
}

/** Waits until the figure has the value: counters of workers reach the page when it is asked for, closes a moment later. */
export async function untilMetric(
  node: NodeProcess,
  name: string,
  labels: string,
  expected: number,
): Promise<void> {
  let met = Number.NaN;
  await until(
    async () => {
      met = metricOf(await node.metrics(), name, labels);
      return met === expected;
    },
    10_000,
    () => `${name}{${labels}} is ${met}, expected ${expected}`,
  );
}
