/**
 * Reads a certificate and its key as PEM text, and says in an operator's words what is wrong with them.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { asError } from '@secbeat/base/fault.ts';
import { parseIpAddress } from '@secbeat/base/ip-address.ts';

/** A pair of PEM texts and where they came from. */
export interface CertificateText {
  readonly certificatePem: string;
  readonly certificatePlace: string;
  readonly keyPem: string;
  readonly keyPlace: string;
}

/** What reading gave. A problem names the text that is to blame. */
export type CertificateResult =
  | {
      readonly kind: 'certificate';
      /** Lower-case DNS names and addresses (IPv6 shortened, without brackets) of the certificate. */
      readonly names: readonly string[];
      readonly notAfterMs: number;
      /** What works, but not well or not for long. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'problem'; readonly part: 'certificate' | 'key'; readonly message: string };

/** So long before the end a person is told; ACME clients renew 30 days ahead, so two weeks mean that renewal fails. */
const expiryWarningMs = 14 * 86_400_000;

/** Checks that key and certificate are readable, fit each other and are taken by OpenSSL. */
export function readCertificate(text: CertificateText, nowMs: number): CertificateResult {
  const { certificatePlace, keyPlace } = text;
  const blocks =
    text.certificatePem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    const met = text.certificatePem.includes('PRIVATE KEY-----') ? 'only a private key' : 'no certificate';
    const message = `${certificatePlace} holds ${met}; expected PEM with -----BEGIN CERTIFICATE-----`;
    return { kind: 'problem', part: 'certificate', message };
  }
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch (thrown) {
      const message = `certificate ${index + 1} in ${certificatePlace} cannot be read: ${asError(thrown).message}`;
      return { kind: 'problem', part: 'certificate', message };
    }
  }
  const [leaf] = chain;
  if (leaf === undefined) {
    return { kind: 'problem', part: 'certificate', message: `${certificatePlace} holds no certificate` };
  }
  const key = readKey(text.keyPem, keyPlace);
  if (typeof key === 'string') return { kind: 'problem', part: 'key', message: key };
  if (!leaf.checkPrivateKey(key)) {
    const message = `the key in ${keyPlace} does not belong to the first certificate in ${certificatePlace}; the server's own certificate must stand first`;
    return { kind: 'problem', part: 'key', message };
  }
  try {
    createSecureContext({ cert: text.certificatePem, key: text.keyPem });
  } catch (thrown) {
    // For example an RSA key below 2048 bits, or a SHA-1 signature.
    const message = `OpenSSL refuses ${certificatePlace}: ${asError(thrown).message}`;
    return { kind: 'problem', part: 'certificate', message };
  }
  return {
    kind: 'certificate',
    names: listNames(leaf),
    notAfterMs: leaf.validToDate.getTime(),
    warnings: listWarnings(chain, certificatePlace, nowMs),
  };
}

function readKey(pem: string, place: string): KeyObject | string {
  if (pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || pem.includes('Proc-Type: 4,ENCRYPTED')) {
    return `the key in ${place} is encrypted; the node cannot ask for a passphrase at start. Decrypt it with "openssl pkey -in OLD -out NEW" and give NEW mode 0600`;
  }
  if (!pem.includes('PRIVATE KEY-----')) {
    const met = pem.includes('-----BEGIN CERTIFICATE-----') ? 'a certificate and no key' : 'no private key';
    return `${place} holds ${met}; expected PEM with -----BEGIN PRIVATE KEY-----`;
  }
  try {
    return createPrivateKey(pem);
  } catch (thrown) {
    return `the key in ${place} cannot be read: ${asError(thrown).message}`;
  }
}

/** Names that a client may ask for: the subject alternative names, or the common name of a certificate without any. */
function listNames(leaf: X509Certificate): readonly string[] {
  const names = splitAlternativeNames(leaf.subjectAltName ?? '');
  if (names.length > 0) return names;
  const commonName = /^CN=(\S+)$/m.exec(leaf.subject)?.[1];
  return commonName === undefined ? [] : [commonName.toLowerCase()];
}

/** Node.js writes `DNS:a, IP Address:b`, and a value with odd characters as a JSON string (CVE-2021-44532). */
function splitAlternativeNames(text: string): readonly string[] {
  const names = new Set<string>();
  for (const [, kind, value = ''] of text.matchAll(/(DNS|IP Address):([^",\s]+)(?=,|$)|"(?:[^"\\]|\\.)*"/g)) {
    // OpenSSL writes an IPv6 address without shortening it.
    if (kind !== undefined) names.add(parseIpAddress(value)?.text ?? value.toLowerCase());
  }
  return [...names];
}

function listWarnings(chain: readonly X509Certificate[], place: string, nowMs: number): readonly string[] {
  const warnings: string[] = [];
  for (const [index, certificate] of chain.entries()) {
    const which = index === 0 ? place : `intermediate ${index} in ${place}`;
    const leftMs = certificate.validToDate.getTime() - nowMs;
    const end = certificate.validToDate.toISOString().slice(0, 10);
    if (leftMs <= 0) warnings.push(`${which} expired on ${end}; browsers refuse it`);
    else if (leftMs < expiryWarningMs) {
      warnings.push(`${which} expires on ${end}, in ${Math.floor(leftMs / 86_400_000)} days`);
    }
    if (certificate.validFromDate.getTime() > nowMs) {
      const start = certificate.validFromDate.toISOString();
      warnings.push(`${which} is not valid before ${start}; is the clock right?`);
    }
    const issuer = chain[index + 1];
    if (issuer !== undefined && !certificate.checkIssued(issuer)) {
      warnings.push(
        `certificate ${index + 2} in ${place} did not issue the one before it; order them leaf first`,
      );
    }
  }
  return warnings;
}
