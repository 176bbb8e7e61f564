/**
 * Where the events of a generation go: the spool for the bus, the incident store and the access log. Only one generation at
 * a time has them open.
 */
import { join } from 'node:path';
import type { Clock } from '@secbeat/base/clock.ts';
import { asError } from '@secbeat/base/fault.ts';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import type { NodeConfig } from '../config/model.ts';
import { type AccessLog, type AccessLogStats, createAccessLog } from '../event/access-log.ts';
import { isIncident, mayHoldIncident } from '../event/incident-filter.ts';
import { type IncidentStore, type IncidentStoreStats, openIncidentStore } from '../event/incident-store.ts';
import { EventSpool, type SpoolStats } from '../event/spool.ts';
import type { Log } from '../log.ts';
import type { EventBatchMessage } from './node-calls.ts';

/** Bytes of one batch in which a spool is handed over. */
const handOverBytes = 1024 * 1024;

/** What outlets need. */
export interface EventOutletsOptions {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** Figures of all outlets. */
export interface EventOutletsStats {
  readonly spool: SpoolStats;
  readonly incidents: IncidentStoreStats;
  readonly accessLog: AccessLogStats;
}

/** Opens the outlets. A store that cannot be opened is said and counted: the node protects without it. */
export async function openEventOutlets(options: EventOutletsOptions): Promise<EventOutlets> {
  return new EventOutlets(options, await openIncidents(options));
}

/** See the head of this file. Use {@link openEventOutlets}. */
export class EventOutlets {
  readonly #options: EventOutletsOptions;
  #config: NodeConfig;
  #spool: EventSpool;
  #incidents: IncidentStore | undefined;
  #accessLog: AccessLog;
  /** Incidents that came while no store was open. */
  #incidentsFailed = 0;

  constructor(options: EventOutletsOptions, incidents: IncidentStore | undefined) {
    const { config, clock, log } = options;
    this.#options = options;
    this.#config = config;
    this.#spool = new EventSpool({ bytesMax: config.events.spoolBytesMax });
    this.#incidents = incidents;
    this.#accessLog = createAccessLog({ config: config.accessLog, clock, log });
  }

  /** Takes one batch. Never waits and never throws. */
  append(batch: EventBatchMessage): void {
    this.appendSpooled(batch);
    this.#accessLog.append(batch.lines, batch.count);
    if (!mayHoldIncident(batch.lines, batch.count)) return;
    if (this.#incidents !== undefined) this.#incidents.append(batch.lines);
    else this.#incidentsFailed += batch.lines.split('\n').filter(isIncident).length;
  }

  /** Takes a batch that an older generation has recorded. */
  appendSpooled(batch: EventBatchMessage): void {
    this.#spool.append(batch.lines, batch.count);
  }

  /** Returns the incident with this id, or null. */
  async find(id: string): Promise<ExchangeEvent | null> {
    return (await this.#incidents?.find(id)) ?? null;
  }

  /** Follows a configuration that is now in force. */
  async reconfigure(config: NodeConfig): Promise<void> {
    const { clock, log } = this.#options;
    const before = this.#config;
    this.#config = config;
    if (JSON.stringify(before.accessLog) !== JSON.stringify(config.accessLog)) {
      const old = this.#accessLog;
      this.#accessLog = createAccessLog({ config: config.accessLog, clock, log });
      await old.close();
    }
    if (before.events.spoolBytesMax !== config.events.spoolBytesMax) {
      const old = this.#spool;
      this.#spool = new EventSpool({ bytesMax: config.events.spoolBytesMax });
      for (const batch of takeAll(old)) this.appendSpooled(batch);
    }
    if (before.events.incidentBytesMax !== config.events.incidentBytesMax || this.#incidents === undefined) {
      const old = this.#incidents;
      // What comes meanwhile is counted.
      this.#incidents = undefined;
      await old?.close();
      this.#incidents = await openIncidents({ config, clock, log });
    }
  }

  /** Figures of now. */
  stats(): EventOutletsStats {
    const incidents = this.#incidents?.stats();
    return {
      spool: this.#spool.stats(),
      incidents: {
        bytes: incidents?.bytes ?? 0,
        segments: incidents?.segments ?? 0,
        keptIncidents: incidents?.keptIncidents ?? 0,
        skippedIncidents: incidents?.skippedIncidents ?? 0,
        failedIncidents: (incidents?.failedIncidents ?? 0) + this.#incidentsFailed,
      },
      accessLog: this.#accessLog.stats(),
    };
  }

  /** Writes out what waits, closes everything, and returns what is left in the spool. */
  async close(): Promise<EventBatchMessage[]> {
    await Promise.all([this.#accessLog.close(), this.#incidents?.close()]);
    return takeAll(this.#spool);
  }
}

async function openIncidents(options: EventOutletsOptions): Promise<IncidentStore | undefined> {
  const { config, clock, log } = options;
  const directory = join(config.dataDirectory, 'incidents');
  try {
    return await openIncidentStore({ directory, bytesMax: config.events.incidentBytesMax, clock, log });
  } catch (thrown) {
    const err = asError(thrown);
    log.error(
      { err, directory },
      'incidents cannot be kept: the node protects, but cannot explain; repair the folder and reload',
    );
    return undefined;
  }
}

function takeAll(spool: EventSpool): EventBatchMessage[] {
  const batches: EventBatchMessage[] = [];
  for (let batch = spool.take(handOverBytes); batch !== undefined; batch = spool.take(handOverBytes)) {
    batches.push({ lines: batch.lines.toString('utf8'), count: batch.count });
  }
  return batches;
}
