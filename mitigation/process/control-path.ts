/**
 * The path under which a Unix socket can be bound or reached, however deep its directory lies.
 *
 * Source: unix(7): `sun_path` has 108 bytes with its closing zero. A longer path goes through a descriptor of its
 * directory: /proc/self/fd/N/NAME is short, and the kernel resolves it to the same file.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';

const pathBytesMax = 107;

/** A path to bind or connect to. Dispose it once that is done. */
export interface ReachablePath extends Disposable {
  readonly path: string;
}

/** Returns a path of at most 107 bytes for `name` in `directory`. Throws what open(2) does when the directory is missing. */
export function reachSocket(directory: string, name: string): ReachablePath {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= pathBytesMax) return { path, [Symbol.dispose]: () => undefined };
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${fd}/${name}`, [Symbol.dispose]: () => closeSync(fd) };
}
