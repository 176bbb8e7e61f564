/**
 * Chooses the route of a request: virtual host by name, then the longest path prefix.
 *
 * The path is compared in a normalised form (percent-decoded once, dot segments and empty segments removed, backslash
 * read as slash), so that `/admin`, `/%61dmin` and `/x/../admin` get one policy. The origin still gets the path as it was;
 * where another reading of it leads to a route that inspects more, that one is taken.
 */
import type { HostConfig, RouteConfig } from '../config/model.ts';

/** The virtual hosts of a policy. */
export interface Router {
  readonly exact: ReadonlyMap<string, readonly RouteConfig[]>;
  /** `.example.org` -> routes of `*.example.org`, longest suffix first. */
  readonly wildcards: readonly (readonly [suffix: string, routes: readonly RouteConfig[]])[];
  /** Routes of `*`; null when unknown hosts are refused. */
  readonly fallback: readonly RouteConfig[] | null;
}

/** Builds the look-up tables. Routes of a host must already stand longest prefix first. */
export function compileRouter(hosts: readonly HostConfig[]): Router {
  const exact = new Map<string, readonly RouteConfig[]>();
  const wildcards: (readonly [string, readonly RouteConfig[]])[] = [];
  let fallback: readonly RouteConfig[] | null = null;
  for (const host of hosts) {
    for (const name of host.names) {
      if (name === '*') fallback = host.routes;
      else if (name.startsWith('*.')) wildcards.push([name.slice(1), host.routes]);
      else exact.set(name, host.routes);
    }
  }
  wildcards.sort((a, b) => b[0].length - a[0].length);
  return { exact, wildcards, fallback };
}

/** Returns the route for a host name (lower case, without port) and a raw path, or null when none serves them. Hot. */
export function findRoute(router: Router, hostName: string, path: string): RouteConfig | null {
  const routes = router.exact.get(hostName) ?? wildcardRoutes(router, hostName) ?? router.fallback;
  if (routes === null) return null;
  const normalised = normalisePath(path);
  const route = routeOf(routes, normalised);
  return normalised === path || route === null ? route : strictest(routes, route, path);
}

/** The route with the longest prefix of a path that is taken as it stands. */
function routeOf(routes: readonly RouteConfig[], path: string): RouteConfig | null {
  for (let i = 0; i < routes.length; i += 1) {
    const route = routes[i]!;
    if (isUnder(path, route.pathPrefix)) return route;
  }
  return null;
}

/**
 * Returns the strictest route to the same origin that another reading of `path` leads to.
 *
 * Security: origins differ in what they decode and resolve. `/api/x/..%2f..%2fstatic` is below `/static` for one and
 * below `/api` for another; a client must not choose the lesser inspection of a path that its origin will not see.
 */
function strictest(routes: readonly RouteConfig[], chosen: RouteConfig, path: string): RouteConfig {
  let best = chosen;
  for (const reading of [path, decodeOnce(path), withoutDots(path)]) {
    const route = routeOf(routes, reading);
    if (route !== null && route.upstream === chosen.upstream && isStricter(route, best)) best = route;
  }
  return best;
}

function isStricter(route: RouteConfig, than: RouteConfig): boolean {
  const more = strictnessOf[route.wafMode] - strictnessOf[than.wafMode];
  return more > 0 || (more === 0 && route.wafExcludedRuleIds.length < than.wafExcludedRuleIds.length);
}

const strictnessOf = { off: 0, 'detection-only': 1, on: 2 } as const;

function wildcardRoutes(router: Router, hostName: string): readonly RouteConfig[] | undefined {
  for (const [suffix, routes] of router.wildcards) {
    if (hostName.length > suffix.length && hostName.endsWith(suffix)) return routes;
  }
  return undefined;
}

function isUnder(path: string, prefix: string): boolean {
  if (prefix === '/') return true;
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || prefix.endsWith('/') || path.charCodeAt(prefix.length) === 0x2f;
}

/** Returns `path` decoded once, without dot segments and empty segments; the same string when nothing changes. */
export function normalisePath(path: string): string {
  if (isPlain(path)) return path;
  return withoutDots(decodeOnce(path).replaceAll('\\', '/'));
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = path.endsWith('/') || path.endsWith('/.') || path.endsWith('/..');
  return `/${kept.join('/')}${isFolder && kept.length > 0 ? '/' : ''}`;
}

/** True when the path has no percent sign, backslash, doubled slash or segment that starts with a dot. */
function isPlain(path: string): boolean {
  let previous = 0;
  for (let i = 0; i < path.length; i += 1) {
    const code = path.charCodeAt(i);
    if (code === 0x25 || code === 0x5c) return false;
    if (previous === 0x2f && (code === 0x2f || code === 0x2e)) return false;
    previous = code;
  }
  return true;
}

function decodeOnce(path: string): string {
  return path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
