import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  type AddressInfo,
  connect as connectPlain,
  createServer as createNetServer,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  type ConnectionOptions,
  connect,
  createServer,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls';
import type { CertificateConfig } from '../../config/model.ts';
import { createTicketKeys, createTlsPolicy, type TlsPolicy, ticketKeysLength } from './secure-context.ts';
import { ensureSelfSigned } from './self-signed.ts';

let directory = '';
let shop: CertificateConfig;
let wild: CertificateConfig;
const ticketKeys = createTicketKeys();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secbeat-tls-'));
  const own = async (name: string): Promise<CertificateConfig> => {
    const made = await ensureSelfSigned(join(directory, name.replace('*', 'any')), [name]);
    return { ...made, names: [name] };
  };
  shop = await own('shop.example');
  wild = await own('*.wild.example');
});

const opened: Socket[] = [];

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

after(() => rm(directory, { recursive: true }));

/** A listener as the node builds it: a plain server that hands its sockets to the TLS server of the moment. */
interface Listening {
  readonly port: number;
  use(policy: TlsPolicy): void;
  readonly server: Server;
}

async function listen(policy: TlsPolicy): Promise<Listening> {
  let tlsServer: TlsServer;
  const use = (next: TlsPolicy): void => {
    tlsServer = createServer(next.options, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.write(`served ${socket.isSessionReused() ? 'resumed' : 'full'}`);
      socket.on('data', (bytes) => socket.write(bytes));
    });
    tlsServer.on('tlsClientError', (_error, socket) => socket.destroy());
  };
  use(policy);
  const server = createNetServer((socket) => {
    socket.on('error', () => socket.destroy());
    tlsServer.emit('connection', socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, use, server };
}

async function open(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ socket: TLSSocket; text: string }> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  opened.push(socket);
  return await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (bytes) => resolve({ socket, text: bytes.toString() }));
  });
}

async function using(policy: TlsPolicy, body: (listening: Listening) => Promise<void>): Promise<void> {
  const listening = await listen(policy);
  try {
    await body(listening);
  } finally {
    listening.server.close();
  }
}

function policyOf(...certificates: readonly CertificateConfig[]): TlsPolicy {
  return createTlsPolicy(certificates, { ticketKeys, handshakeTimeoutMs: 10_000 });
}

function peerPem(socket: TLSSocket): string {
  const raw = socket.getPeerCertificate().raw.toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${raw.replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

describe('tls policy: a client gets the certificate of the name that it asks for', () => {
  const rows: readonly { name: string; gets: 'shop' | 'wild' }[] = [
    { name: 'shop.example', gets: 'shop' },
    { name: 'SHOP.example', gets: 'shop' },
    { name: 'a.wild.example', gets: 'wild' },
    { name: 'a.b.wild.example', gets: 'shop' },
    { name: 'wild.example', gets: 'shop' },
    { name: 'unknown.example', gets: 'shop' },
    { name: 'nodots', gets: 'shop' },
  ];
  for (const row of rows) {
    test(row.name, () =>
      using(policyOf(shop, wild), async ({ port }) => {
        const { socket } = await open(port, { servername: row.name });
        assert.equal(peerPem(socket), (row.gets === 'shop' ? shop : wild).certificatePem);
      }),
    );
  }

  test('without a name it is the first', () =>
    using(policyOf(wild, shop), async ({ port }) => {
      const { socket } = await open(port);
      assert.equal(peerPem(socket), wild.certificatePem);
    }));

  test('of two for one name the first wins', () => {
    const other = { ...wild, names: ['shop.example'] };
    assert.equal(policyOf(wild, shop, other).certificateFor('shop.example'), shop);
  });
});

describe('tls policy: versions and suites', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version} is spoken`, () =>
      using(policyOf(shop), async ({ port }) => {
        const { socket } = await open(port, { minVersion: version, maxVersion: version });
        assert.equal(socket.getProtocol(), version);
      }));
  }

  const refused: readonly { name: string; options: ConnectionOptions; code: string }[] = [
    {
      name: 'TLS 1.1',
      options: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    },
    {
      name: 'CBC suites',
      options: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
      code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    },
    {
      name: 'a client that speaks h2 only',
      options: { ALPNProtocols: ['h2'] },
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    },
  ];
  for (const row of refused) {
    test(`${row.name}: refused`, () =>
      using(policyOf(shop), async ({ port }) => {
        await assert.rejects(open(port, row.options), { code: row.code });
      }));
  }

  test('ALPN: http/1.1 is chosen among others', () =>
    using(policyOf(shop), async ({ port }) => {
      const { socket } = await open(port, { ALPNProtocols: ['h2', 'http/1.1'] });
      assert.equal(socket.alpnProtocol, 'http/1.1');
    }));

  test('renegotiation: asked for by the client, it does not happen', () =>
    using(policyOf(shop), async ({ port }) => {
      const { socket } = await open(port, { maxVersion: 'TLSv1.2' });
      const error = await new Promise<Error | null>((resolve) => {
        socket.once('error', resolve);
        socket.renegotiate({}, resolve);
      });
      assert.match(String(error), /no renegotiation/i);
    }));

  test('a handshake that does not come is ended by its deadline', () => {
    const policy = createTlsPolicy([shop], { ticketKeys, handshakeTimeoutMs: 20 });
    return using(policy, async ({ port }) => {
      const socket = connectPlain(port, '127.0.0.1');
      opened.push(socket);
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    });
  });
});

describe('tls policy: session tickets', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const servername of ['shop.example', 'a.wild.example']) {
      test(`${version}, ${servername}: a session of one worker resumes at another`, () =>
        using(policyOf(shop, wild), async (one) => {
          const options: ConnectionOptions = { minVersion: version, maxVersion: version, servername };
          const session = await new Promise<Buffer>((resolve, reject) => {
            open(one.port, options).then(({ socket, text }) => {
              assert.equal(text, 'served full');
              const known = version === 'TLSv1.2' ? socket.getSession() : undefined;
              if (known !== undefined) resolve(known);
              else socket.once('session', resolve);
              socket.write('more');
            }, reject);
          });
          await using(policyOf(shop, wild), async (two) => {
            const { text } = await open(two.port, { ...options, session });
            assert.equal(text, 'served resumed');
          });
        }));
    }
  }

  test('keys: of the length that OpenSSL wants, and never the same', () => {
    assert.equal(createTicketKeys().length, ticketKeysLength);
    assert.notDeepEqual(createTicketKeys(), createTicketKeys());
  });
});

test('tls policy: a reload is for new connections; the old ones go on', () =>
  using(policyOf(shop), async ({ port, use }) => {
    const { socket: old } = await open(port);
    use(policyOf(wild));
    const { socket: fresh } = await open(port);
    assert.equal(peerPem(fresh), wild.certificatePem);
    const echoed = new Promise<string>((resolve) => old.once('data', (bytes) => resolve(bytes.toString())));
    old.write('still here');
    assert.equal(await echoed, 'still here');
  }));

test('tls policy: no certificate is a mistake of the caller', () => {
  assert.throws(() => policyOf(), RangeError);
});
