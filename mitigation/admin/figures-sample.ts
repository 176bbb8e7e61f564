/** Figures of a generation for tests, with any of them replaced. */
import type { GenerationFigures } from './generation-figures.ts';

/** Returns the figures of a healthy node of two workers, with `fields` instead of its own. */
export function sampleFigures(fields: Partial<GenerationFigures> = {}): GenerationFigures {
  return {
    version: '0.1.0',
    nodeId: 'node-a',
    workersConfigured: 2,
    workersServing: 2,
    workerRestarts: 3,
    generation: 4,
    configVersion: 5,
    reloadsSucceeded: 6,
    reloadsFailed: 7,
    isLastReloadOk: true,
    configLoadedAtMs: 1_767_323_045_678,
    wafRulesLoaded: 120,
    routesOn: 2,
    routesDetectionOnly: 0,
    routesOff: 0,
    isReady: true,
    spool: {
      bytes: 1000,
      events: 10,
      appendedEvents: 50,
      takenEvents: 30,
      droppedEvents: 10,
      droppedBytes: 1001,
    },
    incidents: { bytes: 2000, segments: 1, keptIncidents: 8, skippedIncidents: 9, failedIncidents: 11 },
    accessLog: { writtenLines: 12, droppedLines: 13, failures: 14 },
    allowlistEntries: 15,
    denylistEntries: 16,
    ...fields,
  };
}
