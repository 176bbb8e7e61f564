import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveReadiness, type Readiness, type ReadinessFigures } from './readiness.ts';

const healthy: ReadinessFigures = {
  workersConfigured: 2,
  workersServing: 2,
  wafRulesLoaded: 100,
  routesOn: 1,
  routesDetectionOnly: 0,
  routesOff: 0,
  isLastReloadOk: true,
  isDraining: false,
};

const rows: readonly (readonly [what: string, figures: Partial<ReadinessFigures>, readiness: Readiness])[] = [
  ['a healthy node', {}, { isReady: true, reasons: [], warnings: [] }],
  [
    'a worker that does not serve',
    { workersServing: 1 },
    { isReady: false, reasons: ['1 of 2 workers serve'], warnings: [] },
  ],
  [
    'no worker at all',
    { workersConfigured: 0, workersServing: 0 },
    { isReady: false, reasons: ['no worker is configured'], warnings: [] },
  ],
  [
    'a node that drains',
    { isDraining: true },
    { isReady: false, reasons: ['the node is draining'], warnings: [] },
  ],
  [
    'a WAF without rules',
    { wafRulesLoaded: 0, routesDetectionOnly: 1 },
    {
      isReady: false,
      reasons: ['the WAF is configured on 2 routes and has no rules loaded'],
      warnings: ['the WAF is detection-only on 1 route'],
    },
  ],
  [
    'a WAF that is off everywhere',
    { wafRulesLoaded: 0, routesOn: 0, routesOff: 2 },
    {
      isReady: true,
      reasons: [],
      warnings: ['the WAF is off on every route: requests are not inspected'],
    },
  ],
  [
    'a WAF that is detection-only everywhere',
    { routesOn: 0, routesDetectionOnly: 2 },
    {
      isReady: true,
      reasons: [],
      warnings: ['the WAF is detection-only on every route it is on: no attack is refused'],
    },
  ],
  [
    'a WAF that is off on one route',
    { routesOff: 1 },
    { isReady: true, reasons: [], warnings: ['the WAF is off on 1 route'] },
  ],
  [
    'a reload that was refused',
    { isLastReloadOk: false },
    {
      isReady: true,
      reasons: [],
      warnings: ['the last reload was refused: an older configuration is in force'],
    },
  ],
];

for (const [what, figures, readiness] of rows) {
  test(`deriveReadiness: ${what}`, () => {
    assert.deepEqual(deriveReadiness({ ...healthy, ...figures }), readiness);
  });
}
