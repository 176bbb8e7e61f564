/**
 * A data plane for the tests of the process model: a line of text in, a line of JSON out.
 *
 *      who          slot, thread, process and marker of the configuration in force
 *      hold / go    keeps the connection busy until `go`
 *      take         takes a cell of the request limit of 192.0.2.1
 *      count        counts this connection for 192.0.2.1 and returns the count; it is given back when the connection closes
 *      counted      the count of 192.0.2.1
 *      listed A     reason of the entry of the denylist that holds for address A
 *      event ID     records one denied exchange
 *      crash, spin  what must never happen
 *
 * Markers of a configuration decide what `prepare` does: `refused` throws a Fault, `deadly` ends the thread.
 */
import { once } from 'node:events';
import net from 'node:net';
import { threadId } from 'node:worker_threads';
import { Fault } from '@secbeat/base/fault.ts';
import { parseIpAddress } from '@secbeat/base/ip-address.ts';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import type { NodeConfig } from '../../config/model.ts';
import type { DataPlane, DataPlaneOptions } from '../data-plane-contract.ts';

interface Connection {
  readonly socket: net.Socket;
  isHeld: boolean;
  handle: number | undefined;
}

/** Creates the plane. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { shared, slot, clock } = options;
  const { w0, w1, w2, w3 } = parseIpAddress('192.0.2.1')!;
  const servers: net.Server[] = [];
  const connections = new Set<Connection>();
  let config = options.config;
  let prepared: NodeConfig | undefined;
  let lists = options.lists;
  let isDraining = false;
  let onEmpty: (() => void) | undefined;
  failAs(markerOf(config));

  function answer(connection: Connection, line: string): object | undefined {
    const [word, argument = ''] = line.split(' ');
    switch (word) {
      case 'who':
        return { slot, threadId, pid: process.pid, marker: markerOf(config) };
      case 'hold':
        connection.isHeld = true;
        return { isHeld: true };
      case 'go':
        connection.isHeld = false;
        return { isHeld: false };
      case 'take':
        return { waitTicks: shared.requestLimits.take(w0, w1, w2, w3, clock.tick()) };
      case 'count':
        connection.handle = shared.connectionCounts.increment(w0, w1, w2, w3, slot);
        return { count: shared.connectionCounts.countAt(connection.handle), slot };
      case 'counted':
        return { count: shared.connectionCounts.count(w0, w1, w2, w3) };
      case 'listed':
        return { reason: lists.deny.lookup(parseIpAddress(argument)!, clock.nowMs())?.reason ?? null };
      case 'event':
        options.emitEvents(`${JSON.stringify(deniedExchange(argument, clock.nowMs()))}\n`, 1);
        return { recorded: argument };
      case 'crash':
        throw new Error('crashed as asked');
      case 'spin':
        for (;;);
      default:
        return undefined;
    }
  }

  function accept(socket: net.Socket): void {
    const connection: Connection = { socket, isHeld: false, handle: undefined };
    connections.add(connection);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const reply = answer(connection, text.slice(0, end));
        text = text.slice(end + 1);
        if (reply !== undefined) socket.write(`${JSON.stringify(reply)}\n`);
      }
      if (isDraining && !connection.isHeld) socket.end();
    });
    socket.on('close', () => {
      if (connection.handle !== undefined) shared.connectionCounts.decrement(connection.handle, slot);
      connections.delete(connection);
      if (connections.size === 0) onEmpty?.();
    });
  }

  return {
    listen: async (descriptors) => {
      for (const { fd } of descriptors) {
        const server = net.createServer(accept);
        servers.push(server);
        server.listen({ fd });
        await once(server, 'listening');
      }
    },
    prepare: async (next) => {
      failAs(markerOf(next));
      prepared = next;
    },
    activate: () => {
      config = prepared ?? config;
      prepared = undefined;
    },
    abandon: () => {
      prepared = undefined;
    },
    setLists: (next) => {
      lists = next;
    },
    rulesLoaded: () => 7,
    drain: async (deadlineMs) => {
      isDraining = true;
      for (const server of servers) server.close();
      for (const { socket, isHeld } of connections) if (!isHeld) socket.end();
      if (connections.size === 0) return;
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
        setTimeout(resolve, deadlineMs);
      });
    },
  };
}

function markerOf(config: NodeConfig): string {
  return config.hosts[0]?.names[0] ?? '';
}

function failAs(marker: string): void {
  if (marker === 'refused')
    throw new Fault('rules-invalid', 'rules.conf:1:1: refused as asked', { source: 'operator' });
  if (marker === 'deadly') process.exit(3);
}

function deniedExchange(id: string, timeMs: number): ExchangeEvent {
  return {
    kind: 'exchange',
    id,
    timeMs,
    peerAddress: '192.0.2.1',
    peerPort: 40_000,
    clientAddress: '192.0.2.1',
    listener: '127.0.0.1:0',
    tls: '',
    protocol: 'HTTP/1.1',
    method: 'GET',
    host: 'shop.example',
    path: '/',
    requestId: id,
    userAgent: 'test',
    verdict: 'deny',
    reason: 'waf',
    detail: '',
    status: 403,
    route: '* /',
    upstream: '',
    upstreamPeer: '',
    upstreamStatus: 0,
    requestBytes: 10,
    responseBytes: 20,
    durationMs: 1.5,
    upstreamMs: -1,
    waf: null,
  };
}
