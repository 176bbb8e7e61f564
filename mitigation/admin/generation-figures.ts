/**
 * Figures of a generation that no worker counts: its workers, configuration, rules, spool, incidents and logs.
 */
import type { AccessLogStats } from '../event/access-log.ts';
import type { IncidentStoreStats } from '../event/incident-store.ts';
import type { SpoolStats } from '../event/spool.ts';

/** What the main thread of a generation knows of itself at the time of a scrape. */
export interface GenerationFigures {
  readonly version: string;
  readonly nodeId: string;
  readonly workersConfigured: number;
  readonly workersServing: number;
  /** Workers that died and were replaced, since the generation started. */
  readonly workerRestarts: number;
  /** Number of the generation, as the supervisor counts them. */
  readonly generation: number;
  /** Configurations that were put in force by this generation, the first included. */
  readonly configVersion: number;
  readonly reloadsSucceeded: number;
  readonly reloadsFailed: number;
  /** Whether the last reload succeeded; true before the first. */
  readonly isLastReloadOk: boolean;
  /** Unix milliseconds of the last configuration put in force. */
  readonly configLoadedAtMs: number;
  readonly wafRulesLoaded: number;
  /** Routes by what the WAF does on them. */
  readonly routesOn: number;
  readonly routesDetectionOnly: number;
  readonly routesOff: number;
  readonly isReady: boolean;
  readonly spool: SpoolStats;
  readonly incidents: IncidentStoreStats;
  readonly accessLog: AccessLogStats;
  readonly allowlistEntries: number;
  readonly denylistEntries: number;
}

/** One value with its labels. */
export interface FigureValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric made from figures. */
export interface FigureRow {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly read: (figures: GenerationFigures) => readonly FigureValue[];
}

function row(name: string, help: string, read: (figures: GenerationFigures) => number): FigureRow {
  return { name, help, labelNames: [], read: (figures) => [{ labels: {}, value: read(figures) }] };
}

function labelled(
  name: string,
  help: string,
  label: string,
  read: (figures: GenerationFigures) => Readonly<Record<string, number>>,
): FigureRow {
  return {
    name,
    help,
    labelNames: [label],
    read: (figures) =>
      Object.entries(read(figures)).map(([key, value]) => ({ labels: { [label]: key }, value })),
  };
}

/** Builds the rows that only grow. */
export function totalRows(): readonly FigureRow[] {
  return [
    row('secbeat_worker_restarts_total', 'Workers that died and were replaced.', (f) => f.workerRestarts),
    labelled('secbeat_config_reloads_total', 'Reloads of the configuration, by result.', 'result', (f) => ({
      ok: f.reloadsSucceeded,
      refused: f.reloadsFailed,
    })),
    labelled('secbeat_spool_events_total', 'Events that went through the spool.', 'state', (f) => ({
      appended: f.spool.appendedEvents,
      taken: f.spool.takenEvents,
      dropped: f.spool.droppedEvents,
    })),
    row(
      'secbeat_spool_dropped_bytes_total',
      'Bytes of events that the spool dropped.',
      (f) => f.spool.droppedBytes,
    ),
    labelled('secbeat_incidents_total', 'Incidents, by whether they were kept on disk.', 'state', (f) => ({
      kept: f.incidents.keptIncidents,
      skipped: f.incidents.skippedIncidents,
      failed: f.incidents.failedIncidents,
    })),
    labelled(
      'secbeat_access_log_lines_total',
      'Lines of the access log, by what became of them.',
      'state',
      (f) => ({
        written: f.accessLog.writtenLines,
        dropped: f.accessLog.droppedLines,
      }),
    ),
    row('secbeat_access_log_failures_total', 'Failures of the access log file.', (f) => f.accessLog.failures),
  ];
}

/** Builds the rows that go up and down. */
export function gaugeRows(): readonly FigureRow[] {
  return [
    {
      name: 'secbeat_build_info',
      help: 'Version of the node; always 1.',
      labelNames: ['version', 'node_id', 'runtime'],
      read: (f) => [
        { labels: { version: f.version, node_id: f.nodeId, runtime: process.version }, value: 1 },
      ],
    },
    row('secbeat_ready', '1 when the node serves and protects as configured (see /readyz).', (f) =>
      Number(f.isReady),
    ),
    row('secbeat_workers_configured', 'Worker threads that should serve.', (f) => f.workersConfigured),
    row('secbeat_workers_serving', 'Worker threads that serve.', (f) => f.workersServing),
    row('secbeat_generation', 'Number of the generation that serves.', (f) => f.generation),
    row('secbeat_config_version', 'Configurations put in force by this generation.', (f) => f.configVersion),
    row('secbeat_config_last_reload_ok', '1 unless the last reload was refused.', (f) =>
      Number(f.isLastReloadOk),
    ),
    row(
      'secbeat_config_loaded_time_seconds',
      'Unix time of the configuration in force.',
      (f) => f.configLoadedAtMs / 1000,
    ),
    row('secbeat_waf_rules_loaded', 'Rules in force.', (f) => f.wafRulesLoaded),
    labelled('secbeat_waf_routes', 'Routes, by what the WAF does on them.', 'mode', (f) => ({
      on: f.routesOn,
      'detection-only': f.routesDetectionOnly,
      off: f.routesOff,
    })),
    row('secbeat_spool_bytes', 'Bytes of events in the spool.', (f) => f.spool.bytes),
    row('secbeat_spool_events', 'Events in the spool.', (f) => f.spool.events),
    row('secbeat_incidents_bytes', 'Bytes of incidents on disk.', (f) => f.incidents.bytes),
    labelled('secbeat_list_entries', 'Prefixes on the lists.', 'list', (f) => ({
      allow: f.allowlistEntries,
      deny: f.denylistEntries,
    })),
  ];
}
