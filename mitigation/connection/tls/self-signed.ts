/**
 * The certificate that a node makes for itself when none is configured, so that HTTPS works from the first start.
 *
 * Key and certificate lie in one file of the data directory (`tls/self-signed.pem`, mode 0600): one rename replaces
 * both, so they fit each other whatever happens in between. It is kept until it is about to expire, is broken, or
 * lacks a name that the configuration has since gained; a visitor who accepted it is asked again only then.
 *
 * Source: RFC 5280, section 4 (profile); CA/Browser Forum Baseline Requirements 6.3.2 (397 days at most).
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { type IpAddress, parseIpAddress } from '@secbeat/base/ip-address.ts';
import { isDnsName } from '../../config/endpoint.ts';
import type { CertificateConfig } from '../../config/model.ts';
import { readRegularFile } from '../../config/read-file.ts';
import { makeDirectory } from '../../process/make-directory.ts';
import { readCertificate } from './certificate.ts';
import {
  derBitString,
  derContext,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSet,
  derText,
  derTime,
  derTrue,
  derValue,
} from './der.ts';

const dayMs = 86_400_000;
const validDays = 397;
/** A certificate with less time than this is replaced at the next start or reload. */
const renewBeforeMs = 30 * dayMs;
/** Clocks of clients that are a little behind. */
const backdateMs = 3_600_000;
/** Bounded: as many names as a certificate of a few KiB holds; with more sites an operator has real certificates. */
const namesMax = 100;

/**
 * Returns the node's own certificate, made or renewed when needed.
 *
 * It is for localhost, 127.0.0.1, ::1, the machine's name and `hostNames` (entries that no certificate can carry, such
 * as `*`, are left out). Throws a `Fault` when the data directory cannot be written.
 */
export async function ensureSelfSigned(
  dataDirectory: string,
  hostNames: readonly string[],
  nowMs: number = Date.now(),
): Promise<CertificateConfig> {
  const directory = join(dataDirectory, 'tls');
  const file = join(directory, 'self-signed.pem');
  const names = chooseNames(hostNames);
  const present = await readPresent(file, names, nowMs);
  if (present !== undefined) return present;
  const made = makeSelfSigned(names, nowMs);
  try {
    makeDirectory(directory);
    await replaceFile(file, made.keyPem + made.certificatePem);
  } catch (thrown) {
    const message = `cannot write ${file}: ${asError(thrown).message}; give a writable directory with --data, or configure "certificates"`;
    throw new Fault('self-signed-write', message, { source: 'operator', cause: thrown });
  }
  return { ...made, place: file };
}

async function readPresent(
  file: string,
  names: readonly string[],
  nowMs: number,
): Promise<CertificateConfig | undefined> {
  const content = await readRegularFile(file, 64 * 1024);
  if (content.kind === 'problem') return undefined;
  const pem = content.bytes.toString('latin1');
  const [keyPem = ''] = pem.match(/-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/) ?? [];
  const certificatePem = pem.slice(keyPem.length);
  const read = readCertificate({ certificatePem, keyPem, certificatePlace: file, keyPlace: file }, nowMs);
  if (read.kind === 'problem' || read.notAfterMs - nowMs < renewBeforeMs) return undefined;
  if (!names.every((name) => read.names.includes(name))) return undefined;
  return { names: read.names, certificatePem, keyPem, place: file };
}

function chooseNames(hostNames: readonly string[]): readonly string[] {
  const names = new Set(['localhost', '127.0.0.1', '::1']);
  for (const name of [hostname(), ...hostNames]) {
    const bare = name.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    const isWildcard = bare.startsWith('*.') && isDnsName(bare.slice(2)) && bare.includes('.', 2);
    const address = parseIpAddress(bare);
    if (address !== undefined) names.add(address.text);
    else if (isDnsName(bare) || isWildcard) names.add(bare);
    if (names.size >= namesMax) break;
  }
  return [...names];
}

function makeSelfSigned(names: readonly string[], nowMs: number): Omit<CertificateConfig, 'place'> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' });
  const ecdsaWithSha256 = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'));
  const subject = derSequence(
    derSet(derSequence(derObjectIdentifier('2.5.4.3'), derText('SecBeat self-signed'))),
  );
  const notBeforeMs = nowMs - backdateMs;
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = derSequence(
    derContext(0, derInteger(Buffer.from([2]))),
    derInteger(serial),
    ecdsaWithSha256,
    subject,
    derSequence(derTime(notBeforeMs), derTime(notBeforeMs + validDays * dayMs - 1000)),
    subject,
    publicKeyDer,
    derContext(3, derSequence(...listExtensions(names, publicKeyDer))),
  );
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' });
  const der = derSequence(body, ecdsaWithSha256, derBitString(signature));
  return {
    names,
    certificatePem: toPem('CERTIFICATE', der),
    keyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function listExtensions(names: readonly string[], publicKeyDer: Buffer): readonly Buffer[] {
  const alternativeNames = names.map((name) => {
    const address = parseIpAddress(name);
    return address === undefined
      ? derValue(0x82, Buffer.from(name, 'latin1'))
      : derValue(0x87, addressBytes(address));
  });
  const keyIdentifier = createHash('sha256').update(publicKeyDer).digest().subarray(0, 20);
  return [
    // basicConstraints: no CA, so that an accepted certificate cannot sign others.
    extension('2.5.29.19', true, derSequence()),
    // keyUsage: digitalSignature, the first of the bits.
    extension('2.5.29.15', true, derBitString(Buffer.from([0x80]), 7)),
    // extendedKeyUsage: serverAuth.
    extension('2.5.29.37', false, derSequence(derObjectIdentifier('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, derSequence(...alternativeNames)),
    extension('2.5.29.14', false, derOctetString(keyIdentifier)),
  ];
}

function extension(identifier: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [derTrue()] : [];
  return derSequence(derObjectIdentifier(identifier), ...critical, derOctetString(value));
}

function addressBytes(address: IpAddress): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [index, word] of [address.w0, address.w1, address.w2, address.w3].entries()) {
    bytes.writeUInt32BE(word >>> 0, index * 4);
  }
  return address.version === 4 ? bytes.subarray(12) : bytes;
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{1,64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/** Writes beside and renames, so that a reader or a crash meets the old file or the new one, never half of one. */
async function replaceFile(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await using handle = await open(beside, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await rename(beside, file);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
}
