/**
 * The supervisor: the process that owns the sockets of a node for as long as it runs.
 *
 *      load -> lock -> bind -> generation 1 serves -+- it dies         -> the next on the same sockets, last configuration in force
 *                                                   +- it runs low     -> the next takes over, it drains
 *                                                   +- SIGHUP, reload  -> load, check, apply in all workers or in none
 *                                                   +- SIGTERM, SIGINT -> drain, exit 0; a second one ends at once
 *
 * It stays tiny on purpose: it reads no traffic, so that nothing that traffic does can end it; and while it lives connections wait in
 * the kernel instead of being refused.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { systemClock } from '@secbeat/base/clock.ts';
import { asError } from '@secbeat/base/fault.ts';
import type { NodeConfig } from '../config/model.ts';
import { openRootLog, type RootLog } from '../log.ts';
import { bindListeners, closeListeners } from './bound-listeners.ts';
import type { ListenerStatus } from './control-protocol.ts';
import { lockDataDirectory } from './data-lock.ts';
import { GenerationKeeper } from './generation-keeper.ts';
import type { GenerationAddresses } from './node-calls.ts';
import { openNodeIdentity } from './node-identity.ts';
import { Reloads } from './reloads.ts';

/** What a supervisor needs. */
export interface SupervisorOptions {
  /** Loads the configuration: at the start, and again for each reload. Throws a `Fault` with a complete message. */
  readonly load: () => Promise<NodeConfig>;
  /** Called once, when the first generation serves. */
  readonly onReady?: (report: ReadyReport) => void;
  readonly log?: RootLog;
  /** URL of the module that exports `createDataPlane`. Default: the product's. */
  readonly dataPlaneModule?: string;
  /** Starts of the worker of one slot that a generation has: at least 3. Default: what 1,024 descriptors allow, at most 16. */
  readonly copiesPerSlot?: number;
  /** A worker whose event loop stands still for this long is replaced. Default 30,000. */
  readonly stallMs?: number;
}

/** Where a node that serves is reached. */
export interface ReadyReport extends GenerationAddresses {
  readonly pid: number;
  readonly generationPid: number;
  readonly nodeId: string;
  readonly dataDirectory: string;
  /** With the addresses and ports that were really bound. */
  readonly listeners: readonly ListenerStatus[];
}

/** How long the port of a supervisor that died is tried again. */
const stalePortPatienceMs = 3000;

/** Bounded: listening descriptors of one generation, unless it has very many slots. */
const descriptorsMax = 1024;

/** What a shell shows for a program that was ended by a signal: 128 and its number. */
const exitCodeOf = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Runs a node until it is told to end, and resolves with the exit code. Throws a `Fault` when it cannot start. */
export async function runSupervisor(options: SupervisorOptions): Promise<number> {
  const log = options.log ?? openRootLog({ level: 'info', fields: { process: 'supervisor' } });
  const hadTerminal = hasTerminal();
  const config = await options.load();
  log.setLevel(config.logLevel);
  using lock = await lockDataDirectory(config.dataDirectory);
  const bound = await bindListeners(
    config.listeners,
    config.workers,
    lock.wasStale ? stalePortPatienceMs : 0,
  );
  const nodeId = openNodeIdentity(lock.directory, log);
  const copiesPerSlot = options.copiesPerSlot ?? copiesFor(config);
  const exit = Promise.withResolvers<number>();
  const reloads = new Reloads({ load: options.load, log });
  let isEnding = false;
  let isOver = false;

  function end(processSignal: keyof typeof exitCodeOf): void {
    if (isEnding) {
      log.warn({ processSignal }, 'ending at once');
      isOver = true;
      keeper.kill();
      exit.resolve(exitCodeOf[processSignal]);
      return;
    }
    isEnding = true;
    const { drainMs } = keeper.config.deadlines;
    log.info({ processSignal, drainMs }, 'draining');
    // Nobody comes after this one: a connection made from now on must be refused, not left in a queue that is reset.
    closeListeners(bound.splice(0));
    void keeper.drain(drainMs).then(() => exit.resolve(0));
  }
  function onHangUp(): void {
    // The same signal says "reload" to a daemon and "your terminal is gone" to a program in a terminal.
    if (hadTerminal && !hasTerminal()) end('SIGHUP');
    else void reloads.run(keeper);
  }

  const keeper = new GenerationKeeper({
    config,
    bound,
    copiesPerSlot,
    common: {
      nodeId,
      version: readVersion(),
      supervisorPid: process.pid,
      supervisorStartedAtMs: systemClock.nowMs(),
      dataPlaneModule: options.dataPlaneModule ?? new URL('../data-plane.ts', import.meta.url).href,
      ticketKeys: randomBytes(48),
      pace: {
        sparesLow: Math.min(3, Math.floor((copiesPerSlot - 1) / 3)),
        stallMs: options.stallMs ?? 30_000,
      },
    },
    log,
    history: () => reloads.history,
    onReload: () => reloads.run(keeper),
    onShutdown: () => end('SIGTERM'),
    onRunning: (pids) => {
      if (isOver) return;
      try {
        lock.setGenerations(pids);
      } catch (thrown) {
        // Somebody removed the directory or its lock: said, and no reason to stop protecting.
        log.error({ err: asError(thrown) }, 'the lock of the data directory cannot be updated');
      }
    },
  });
  process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', onHangUp);
  try {
    const ready = keeper.start().then(({ pid, addresses }) => {
      const listeners = bound.map(({ listener: { name, host, port, tls } }) => ({ name, host, port, tls }));
      const { dataDirectory } = config;
      options.onReady?.({
        pid: process.pid,
        generationPid: pid,
        nodeId,
        dataDirectory,
        listeners,
        ...addresses,
      });
      return exit.promise;
    });
    // A start that is interrupted fails; then the exit code says what happened.
    return await Promise.race([
      ready.catch((thrown) => (isEnding ? exit.promise : Promise.reject(thrown))),
      exit.promise,
    ]);
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end).off('SIGHUP', onHangUp);
    closeListeners(bound.splice(0));
    await log.flush();
  }
}

/** 16 deaths of a worker between two hand-overs, or fewer where that would be very many descriptors. */
function copiesFor(config: NodeConfig): number {
  const sockets = config.workers * config.listeners.length;
  return Math.max(4, Math.min(16, Math.floor(descriptorsMax / sockets)));
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    // ENXIO: this process has no controlling terminal, or not any more.
    return false;
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
}
