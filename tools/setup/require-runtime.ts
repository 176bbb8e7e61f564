/**
 * The first line of every TypeScript entry: refuses another Node.js loudly instead of failing later in a strange way.
 * (Node.js 20 does not get here at all: it cannot load a `.ts` file. See docs/decisions/0001-runtime-pin.md.)
 */
import { Fault } from '@secbeat/base/fault.ts';

/** The first Node.js line with what the product uses: type stripping, `net.BoundSocket`, `blockList` on servers. */
const nodeMajorMin = 24;

/** Throws a `Fault` unless `version` (for example `24.21.0`) is new enough. */
export function requireRuntime(version: string): void {
  if (Number(version.split('.')[0]) >= nodeMajorMin) return;
  throw new Fault(
    'old-runtime',
    `this is Node.js ${version}; SecBeat needs ${nodeMajorMin} or later. Use the npm scripts (npm start, npm test), which ` +
      'bring the pinned runtime, or node_modules/.bin/node',
    { source: 'operator' },
  );
}
