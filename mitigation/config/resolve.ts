/**
 * From the validated file to the `NodeConfig`, section by section, reading the files that it names.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ensureSelfSigned } from '../connection/tls/self-signed.ts';
import { checkTls, resolveLimits } from './check-limits.ts';
import { parseListenAddress } from './endpoint.ts';
import type { FileConfig } from './file-config.ts';
import type { AdminConfig, CertificateConfig, HostConfig, ListenerConfig, NodeConfig } from './model.ts';
import type { ConfigReport, Problem } from './place.ts';
import { milliseconds, sizeBytes } from './quantity.ts';
import { resolveCertificates } from './read-certificates.ts';
import { resolvePages } from './read-pages.ts';
import { resolveWaf } from './read-rules.ts';
import { resolveListeners } from './resolve-listeners.ts';
import { resolveLists } from './resolve-lists.ts';
import { resolveSites } from './resolve-sites.ts';

/** What resolving needs to know beside the file's content. */
export interface ResolveContext {
  /** As the operator named it; empty when there is none. */
  readonly file: string;
  /** Relative paths of files to read are relative to this. */
  readonly baseDirectory: string;
  /** A relative data directory is relative to this. */
  readonly dataBaseDirectory: string;
  readonly baselineDirectory: string;
  /** See `LoadOptions`. */
  readonly selfSigned: 'create' | 'skip';
  readonly nowMs: number;
}

/** A report whose problems can be counted. */
interface CountingReport extends ConfigReport {
  readonly problems: readonly Problem[];
}

/** Resolves everything. The result is only good when `report` has no problems. */
export async function resolveConfig(
  file: FileConfig,
  report: CountingReport,
  context: ResolveContext,
): Promise<NodeConfig> {
  const { baseDirectory, baselineDirectory, nowMs } = context;
  const dataDirectory = resolve(context.dataBaseDirectory, file.dataDirectory);
  const workers = file.workers === 'auto' ? availableParallelism() : file.workers;
  const listeners = resolveListeners(file, report);
  const sites = resolveSites(file, listeners, report);
  const limits = resolveLimits(file, workers, report);
  const lists = resolveLists(file, report);
  const admin = resolveAdmin(file, listeners, report);
  checkTls(file, listeners, report);
  const [configured, waf, pages] = await Promise.all([
    resolveCertificates(file.certificates, baseDirectory, report, nowMs),
    resolveWaf(file.waf, { baseDirectory, baselineDirectory }, report),
    resolvePages(file.pages, baseDirectory, report),
  ]);
  // Last, and only for a configuration that is in order: it is the one step that writes.
  const isInOrder = report.problems.length === 0;
  const certificates = isInOrder
    ? await chooseCertificates(configured, listeners, sites.hosts, dataDirectory, context)
    : [];
  return {
    dataDirectory,
    file: context.file,
    workers,
    listeners,
    certificates,
    ...sites,
    ...lists,
    limits,
    deadlines: {
      tlsHandshakeMs: milliseconds(file.deadlines.tlsHandshake),
      requestHeadMs: milliseconds(file.deadlines.requestHead),
      bodyIdleMs: milliseconds(file.deadlines.bodyIdle),
      keepAliveIdleMs: milliseconds(file.deadlines.keepAliveIdle),
      tunnelIdleMs: milliseconds(file.deadlines.tunnelIdle),
      drainMs: milliseconds(file.deadlines.drain),
    },
    waf,
    pages,
    accessLog: {
      format: file.accessLog.format,
      file: resolve(dataDirectory, file.accessLog.file),
      rotateBytes: sizeBytes(file.accessLog.rotateSize),
      filesMax: file.accessLog.filesMax,
    },
    events: {
      spoolBytesMax: sizeBytes(file.events.spoolMax),
      incidentBytesMax: sizeBytes(file.events.incidentMax),
      includeQuery: file.events.includeQuery,
      includeValues: file.events.includeValues,
    },
    admin,
    logLevel: file.log.level,
  };
}

async function chooseCertificates(
  configured: readonly CertificateConfig[],
  listeners: readonly ListenerConfig[],
  hosts: readonly HostConfig[],
  dataDirectory: string,
  context: ResolveContext,
): Promise<readonly CertificateConfig[]> {
  if (!listeners.some((listener) => listener.tls)) return [];
  if (configured.length > 0 || context.selfSigned === 'skip') return configured;
  const names = hosts.flatMap((host) => host.names);
  return [await ensureSelfSigned(dataDirectory, names, context.nowMs)];
}

/** Security: metrics and health have no password, so they are answered on loopback only. */
function resolveAdmin(
  file: FileConfig,
  listeners: readonly ListenerConfig[],
  report: ConfigReport,
): AdminConfig {
  const path = ['admin', 'listen'];
  const endpoint = parseListenAddress(file.admin.listen);
  if (typeof endpoint === 'string') throw new TypeError(`admin.listen was not validated: ${endpoint}`);
  if (endpoint.host !== '::1' && !endpoint.host.startsWith('127.')) {
    const message = `admin.listen: ${endpoint.host} is not loopback; metrics and health have no password, so use 127.0.0.1 or [::1], and a proxy of your own for other machines`;
    report.problem(path, message);
  }
  const clash = listeners.find(
    (listener) => listener.port !== 0 && listener.port === endpoint.port && listener.host === endpoint.host,
  );
  if (clash !== undefined) {
    report.problem(
      path,
      `admin.listen: ${clash.name} is a listener for traffic already; choose another port`,
    );
  }
  return endpoint;
}
