/**
 * From `upstream`, `upstreams` and `hosts` to the upstreams, virtual hosts and routes of the node.
 *
 * The short form `upstream: http://127.0.0.1:3000` is an upstream named `default` and a host `*` with one route `/`.
 */
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import { upstreamDefaults } from './defaults.ts';
import { type Endpoint, formatEndpoint, parsePeer } from './endpoint.ts';
import type { FileConfig, FileHost, FileRoute, FileRouteSettings, FileUpstream } from './file-config.ts';
import { isUpstreamName, normalisePathPrefix } from './form.ts';
import type { HostConfig, ListenerConfig, RouteConfig, UpstreamConfig } from './model.ts';
import { type ConfigPath, type ConfigReport, formatPath } from './place.ts';
import { milliseconds, sizeBytes } from './quantity.ts';

/** Where requests go. */
export interface Sites {
  readonly upstreams: readonly UpstreamConfig[];
  readonly hosts: readonly HostConfig[];
}

/** What the resolving of one route needs. */
interface SiteContext {
  readonly file: FileConfig;
  readonly upstreams: UpstreamTable;
  readonly report: ConfigReport;
  /** The upstream of whatever names none itself. */
  readonly fallback: string | undefined;
}

/** Resolves all sites. */
export function resolveSites(
  file: FileConfig,
  listeners: readonly ListenerConfig[],
  report: ConfigReport,
): Sites {
  const upstreams = new UpstreamTable(report);
  for (const [name, upstream] of Object.entries(file.upstreams)) {
    upstreams.add(name, upstream, ['upstreams', name, 'peers']);
  }
  const context: SiteContext = { file, upstreams, report, fallback: resolveFallback(file, upstreams) };
  const hosts: HostConfig[] = [];
  const seen = new Set<string>();
  for (const [index, host] of file.hosts.entries()) {
    const path = ['hosts', index];
    const names: string[] = [];
    for (const [nameIndex, text] of host.names.entries()) {
      const name = text.toLowerCase();
      if (seen.has(name)) {
        report.problem(
          [...path, 'names', nameIndex],
          `host name "${name}" is said twice; a name has one host`,
        );
      }
      seen.add(name);
      names.push(name);
    }
    hosts.push({ names, routes: resolveRoutes(context, host, path) });
  }
  if (!seen.has('*')) hosts.push(...resolveCatchAll(context));
  checkLoops(upstreams, listeners, report);
  return { upstreams: upstreams.list(), hosts };
}

/** The upstreams by name, and those that were written in place as http://HOST:PORT. */
class UpstreamTable {
  readonly #byName = new Map<string, { readonly upstream: UpstreamConfig; readonly path: ConfigPath }>();
  readonly #report: ConfigReport;

  constructor(report: ConfigReport) {
    this.#report = report;
  }

  list(): readonly UpstreamConfig[] {
    return [...this.#byName.values()].map(({ upstream }) => upstream);
  }

  entries(): Iterable<{ readonly upstream: UpstreamConfig; readonly path: ConfigPath }> {
    return this.#byName.values();
  }

  add(name: string, upstream: FileUpstream, path: ConfigPath): void {
    const peers: Endpoint[] = [];
    for (const [index, text] of upstream.peers.entries()) {
      const peer = parsePeer(text);
      if (typeof peer === 'string') continue;
      if (peers.some((other) => formatEndpoint(other) === formatEndpoint(peer))) {
        this.#report.problem(
          [...path, index],
          `${formatEndpoint(peer)} stands twice among the peers of "${name}"`,
        );
      }
      peers.push(peer);
    }
    const resolved: UpstreamConfig = {
      name,
      peers,
      connectTimeoutMs: milliseconds(upstream.connectTimeout),
      responseTimeoutMs: milliseconds(upstream.responseTimeout),
      idleTimeoutMs: milliseconds(upstream.idleTimeout),
      keepAliveMs: milliseconds(upstream.keepAlive),
      connectionsMax: upstream.connectionsMax,
      queueMax: upstream.queueMax,
    };
    this.#byName.set(name, { upstream: resolved, path });
  }

  /** Returns the name of the upstream that `reference` means; one written in place is added as `nameInPlace`. */
  refer(reference: string, path: ConfigPath, nameInPlace?: string): string {
    if (isUpstreamName(reference)) {
      if (!this.#byName.has(reference)) {
        const nearest = nearestWord(reference, this.#byName.keys());
        const known = [...this.#byName.keys()].join(', ');
        const remedy =
          nearest !== undefined
            ? `did you mean "${nearest}"?`
            : known === ''
              ? 'there are none in upstreams; write one here as a URL, for example http://127.0.0.1:3000'
              : `known are ${known}`;
        this.#report.problem(path, `unknown upstream "${reference}"; ${remedy}`);
      }
      return reference;
    }
    const peer = parsePeer(reference);
    if (typeof peer === 'string') return reference;
    const name = nameInPlace ?? formatEndpoint(peer);
    const before = this.#byName.get(name);
    if (before === undefined) this.add(name, { ...upstreamDefaults, peers: [reference] }, path);
    else if (nameInPlace !== undefined) {
      const message = `upstream: takes the name "${name}", which upstreams uses already; refer to that one by its name, or rename it`;
      this.#report.problem(path, message);
    }
    return name;
  }
}

/** `upstream`, or the only one of `upstreams`. */
function resolveFallback(file: FileConfig, upstreams: UpstreamTable): string | undefined {
  if (file.upstream !== undefined) {
    const nameInPlace = isUpstreamName(file.upstream) ? undefined : 'default';
    return upstreams.refer(file.upstream, ['upstream'], nameInPlace);
  }
  const names = Object.keys(file.upstreams);
  return names.length === 1 ? names[0] : undefined;
}

function resolveRoutes(context: SiteContext, host: FileHost, path: ConfigPath): readonly RouteConfig[] {
  const routes = host.routes ?? [];
  const resolved: RouteConfig[] = [];
  const prefixes = new Set<string>();
  for (const [index, route] of routes.entries()) {
    const routePath = [...path, 'routes', index];
    const prefix = normalisePathPrefix(route.path);
    if (prefixes.has(prefix)) {
      context.report.problem([...routePath, 'path'], `path "${prefix}" is said twice for this host`);
    }
    prefixes.add(prefix);
    resolved.push(resolveRoute(context, host, path, route, routePath));
  }
  if (!prefixes.has('/') && (host.upstream !== undefined || routes.length === 0)) {
    resolved.push(resolveRoute(context, host, path, { path: '/' }, path));
  }
  return resolved.toSorted((a, b) => b.pathPrefix.length - a.pathPrefix.length);
}

function resolveRoute(
  context: SiteContext,
  host: FileHost,
  hostPath: ConfigPath,
  route: FileRoute,
  routePath: ConfigPath,
): RouteConfig {
  const pathPrefix = normalisePathPrefix(route.path);
  return {
    name: `${host.names[0]?.toLowerCase() ?? '*'} ${pathPrefix}`,
    pathPrefix,
    upstream: resolveReference(context, host, hostPath, route, routePath),
    ...routeSettings(context.file, host, route),
  };
}

/** The route's own upstream, else the host's, else the one of all. */
function resolveReference(
  context: SiteContext,
  host: FileHost,
  hostPath: ConfigPath,
  route: FileRoute,
  routePath: ConfigPath,
): string {
  const { upstreams, report, fallback } = context;
  if (route.upstream !== undefined) return upstreams.refer(route.upstream, [...routePath, 'upstream']);
  if (host.upstream !== undefined) return upstreams.refer(host.upstream, [...hostPath, 'upstream']);
  if (fallback !== undefined) return fallback;
  report.problem(
    routePath,
    `${formatPath(routePath)}: the key "upstream" is missing; where do these requests go?`,
  );
  return '';
}

function routeSettings(
  file: FileConfig,
  host: FileRouteSettings,
  route: FileRouteSettings,
): Pick<RouteConfig, 'wafMode' | 'wafExcludedRuleIds' | 'requestBodyBytesMax'> {
  const excluded = new Set([...(host.waf?.excludeRules ?? []), ...(route.waf?.excludeRules ?? [])]);
  return {
    wafMode: route.waf?.mode ?? host.waf?.mode ?? file.waf.mode,
    wafExcludedRuleIds: [...excluded].toSorted((a, b) => a - b),
    requestBodyBytesMax: sizeBytes(route.requestBodyMax ?? host.requestBodyMax ?? file.limits.requestBodyMax),
  };
}

/** The host `*`, when there is an upstream for what no host names. A node of named hosts alone may do without. */
function resolveCatchAll(context: SiteContext): readonly HostConfig[] {
  const { file, report, fallback } = context;
  if (fallback === undefined || (file.upstream === undefined && file.hosts.length > 0)) {
    if (file.hosts.length === 0) report.problem(['upstream'], describeMissingUpstream(file));
    return [];
  }
  const route = { name: '* /', pathPrefix: '/', upstream: fallback, ...routeSettings(file, {}, {}) };
  return [{ names: ['*'], routes: [route] }];
}

function describeMissingUpstream(file: FileConfig): string {
  const names = Object.keys(file.upstreams);
  if (names.length > 0) {
    return `upstream: which of ${names.join(', ')} serves what no host names? Say "upstream: ${names[0] ?? ''}", or list hosts`;
  }
  return 'upstream: nothing to protect; say where the application is, with "upstream: http://127.0.0.1:3000" or --upstream http://127.0.0.1:3000';
}

/** A node that is its own origin would forward each request to itself until its connections are used up. */
function checkLoops(
  upstreams: UpstreamTable,
  listeners: readonly ListenerConfig[],
  report: ConfigReport,
): void {
  for (const { upstream, path } of upstreams.entries()) {
    for (const peer of upstream.peers) {
      const loop = listeners.find(
        (listener) => listener.port === peer.port && isSameHost(listener.host, peer.host),
      );
      if (loop === undefined) continue;
      const message = `upstream "${upstream.name}": ${formatEndpoint(peer)} is where this node listens (${loop.name}); give the address of the application`;
      report.problem(path, message);
    }
  }
}

/** Whether a connection to `peer` can arrive at a listener on `listening`. Other addresses of the machine are not known here. */
function isSameHost(listening: string, peer: string): boolean {
  if (listening === peer) return true;
  const isWildcard = listening === '0.0.0.0' || listening === '::';
  const isLoopback = peer === '::1' || peer.startsWith('127.');
  if (peer === 'localhost') return isWildcard || listening === '127.0.0.1' || listening === '::1';
  return isWildcard && (isLoopback || peer === '0.0.0.0' || peer === '::');
}
