/**
 * Which changes of a configuration a running node cannot take over.
 */
import type { ListenerConfig, NodeConfig } from './model.ts';

/**
 * Returns the keys, as they stand in the file, whose change needs a restart; empty when a reload will do.
 *
 * Sockets, worker slots and the lock on the data directory belong to the supervisor and are fixed while it lives; a
 * listener holds where it redirects to.
 */
export function restartKeys(before: NodeConfig, after: NodeConfig): string[] {
  const isChanged: readonly (readonly [key: string, isChanged: boolean])[] = [
    ['listen', addressesOf(before, false) !== addressesOf(after, false)],
    ['tlsListen', addressesOf(before, true) !== addressesOf(after, true)],
    ['redirectToHttps', isRedirectChanged(before.listeners, after.listeners)],
    ['workers', before.workers !== after.workers],
    ['dataDirectory', before.dataDirectory !== after.dataDirectory],
    ['admin.listen', before.admin.host !== after.admin.host || before.admin.port !== after.admin.port],
  ];
  return isChanged.filter(([, changed]) => changed).map(([key]) => key);
}

/** Order does not matter: the same addresses are the same listeners. */
function addressesOf(config: NodeConfig, tls: boolean): string {
  const names = config.listeners.filter((listener) => listener.tls === tls).map((listener) => listener.name);
  return names.toSorted().join(' ');
}

/** Looks at listeners that stay; a new one is named under its own key. */
function isRedirectChanged(before: readonly ListenerConfig[], after: readonly ListenerConfig[]): boolean {
  return after.some((listener) => {
    const same = before.find((other) => other.name === listener.name && other.tls === listener.tls);
    return same !== undefined && same.redirectToHttpsPort !== listener.redirectToHttpsPort;
  });
}
