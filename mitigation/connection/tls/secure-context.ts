/**
 * TLS as this node speaks it: versions, suites, certificates by name, tickets that every worker can open.
 *
 * A policy is immutable. A reload makes the next one aside and a new `tls.Server` of its `options`, which accepts from
 * then on; connections of the old one live on. The server never listens itself: sockets are handed to it.
 *
 * Source: RFC 9325 (recommendations for TLS), sections 3 and 4; RFC 6066, section 3 (server name); RFC 6125, section
 * 6.4.3 (wildcards).
 */
import { constants, randomBytes } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import type { CertificateConfig } from '../../config/model.ts';

/** What a policy needs beside its certificates. */
export interface TlsPolicyOptions {
  /**
   * 48 bytes that seal session tickets. The same in all workers and over reloads, so that a client resumes wherever it
   * lands. Security: whoever has them can read the sessions that were resumed with TLS 1.2.
   */
  readonly ticketKeys: Uint8Array;
  readonly handshakeTimeoutMs: number;
}

/** See the head of this file. */
export interface TlsPolicy {
  /** For `tls.createServer`. */
  readonly options: TlsOptions;
  /** The certificate that a client gets who asks for `serverName`; the first of all for an unknown name or none. */
  certificateFor(serverName: string): CertificateConfig;
}

/** Length of the keys of session tickets: name, MAC key and encryption key of 16 bytes each. */
export const ticketKeysLength = 48;

/** Makes keys for session tickets. The supervisor does it once and gives them to every worker. */
export function createTicketKeys(): Buffer {
  return randomBytes(ticketKeysLength);
}

/** Forward secrecy and authenticated encryption only. TLS 1.3 names its own suites, all of which are fine. */
const suites: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** OpenSSL resumes only sessions of the same context id; Node.js would derive one from the command line. */
const sessionIdContext = 'secbeat';

/** How long a ticket is good for, in seconds. Short, because its keys live as long as the supervisor. */
const ticketSeconds = 3600;

/**
 * Compiles the certificates into a policy.
 *
 * The first certificate is for clients without a server name or with an unknown one. When two are for the same name the
 * first wins. Throws what OpenSSL says of a certificate that it does not take; `readCertificate` has found that before.
 */
export function createTlsPolicy(
  certificates: readonly CertificateConfig[],
  options: TlsPolicyOptions,
): TlsPolicy {
  const [first] = certificates;
  if (first === undefined) throw new RangeError('a TLS policy needs at least one certificate');
  const common: SecureContextOptions = {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: suites.join(':'),
    honorCipherOrder: true,
    // Renegotiation lets one client ask for handshake after handshake on one connection. ChaCha20 first for clients that
    // put it first: those without AES instructions.
    secureOptions:
      constants.SSL_OP_NO_RENEGOTIATION |
      constants.SSL_OP_NO_COMPRESSION |
      constants.SSL_OP_PRIORITIZE_CHACHA |
      constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
    sessionIdContext,
    sessionTimeout: ticketSeconds,
    ticketKeys: Buffer.from(options.ticketKeys),
  };
  const entries = new Map<string, { certificate: CertificateConfig; context: SecureContext }>();
  for (const certificate of certificates) {
    const context = createSecureContext({
      ...common,
      cert: certificate.certificatePem,
      key: certificate.keyPem,
    });
    for (const name of certificate.names) {
      if (!entries.has(name)) entries.set(name, { certificate, context });
    }
  }
  const find = (serverName: string) => {
    const name = serverName.toLowerCase();
    const dot = name.indexOf('.');
    // A wildcard stands for exactly one label.
    return entries.get(name) ?? (dot < 0 ? undefined : entries.get(`*${name.slice(dot)}`));
  };
  return {
    options: {
      ...common,
      cert: first.certificatePem,
      key: first.keyPem,
      SNICallback: (serverName, callback) => callback(null, find(serverName)?.context),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: options.handshakeTimeoutMs,
      requestCert: false,
    },
    certificateFor: (serverName) => find(serverName)?.certificate ?? first,
  };
}
