import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { probeOrigins } from './origin-probe.ts';

test('origin probe: an application that listens is silent, one that does not is named', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await probeOrigins({ upstreams: [{ peers: [{ host: '127.0.0.1', port }] }] }, 60_000), []);
  server.close();
  await once(server, 'close');
  assert.deepEqual(await probeOrigins({ upstreams: [{ peers: [{ host: '127.0.0.1', port }] }] }, 60_000), [
    `the application at http://127.0.0.1:${port} does not answer (ECONNREFUSED); visitors get 502 until it does`,
  ]);
});
