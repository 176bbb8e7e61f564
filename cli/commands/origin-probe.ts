/** Looks once whether the protected application answers, so that its absence is said before the first visitor meets it. */
import net from 'node:net';
import { type Origins, shown } from './ready.ts';

/** Bounded: peers that are tried. */
const peersMax = 16;

/**
 * Resolves with one line for each origin that takes no connection within `deadlineMs`. Sends nothing.
 */
export async function probeOrigins({ upstreams }: Origins, deadlineMs: number): Promise<readonly string[]> {
  const peers = upstreams.flatMap((upstream) => upstream.peers).slice(0, peersMax);
  const failures = await Promise.all(peers.map(({ host, port }) => connectFailure(host, port, deadlineMs)));
  return failures.flatMap((failure, index) => {
    const { host, port } = peers[index]!;
    if (failure === '') return [];
    return [
      `the application at http://${shown(host)}:${port} does not answer (${failure}); visitors get 502 until it does`,
    ];
  });
}

/** Resolves with why no connection could be had; empty when it could. */
function connectFailure(host: string, port: number, deadlineMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const settle = (failure: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    // Unreferenced: a look must not keep a process that ends.
    const timer = setTimeout(() => settle(`nothing within ${deadlineMs} ms`), deadlineMs).unref();
    socket.unref();
    socket.on('connect', () => settle(''));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}
