/**
 * Reads the configured certificates and their keys.
 */
import { resolve } from 'node:path';
import { readCertificate } from '../connection/tls/certificate.ts';
import type { FileCertificate } from './file-config.ts';
import type { CertificateConfig } from './model.ts';
import type { ConfigReport } from './place.ts';
import { readRegularFile } from './read-file.ts';

/** Bounded: a certificate with its whole chain has a few KiB. */
const pemBytesMax = 1024 * 1024;

/** Bits of a file's mode that let others than its owner read it or write to it. */
const othersMode = 0o037;

/** Reads and checks each certificate with its key. */
export async function resolveCertificates(
  files: readonly FileCertificate[],
  baseDirectory: string,
  report: ConfigReport,
  nowMs: number,
): Promise<readonly CertificateConfig[]> {
  const certificates: CertificateConfig[] = [];
  const seen = new Map<string, string>();
  for (const [index, file] of files.entries()) {
    const certificate = await readOne(file, index, baseDirectory, report, nowMs);
    if (certificate === undefined) continue;
    certificates.push(certificate);
    for (const name of certificate.names) {
      const before = seen.get(name);
      if (before === undefined) seen.set(name, certificate.place);
      else report.warning(['certificates', index], `${name} is in ${before} too; the first is served`);
    }
  }
  return certificates;
}

async function readOne(
  file: FileCertificate,
  index: number,
  baseDirectory: string,
  report: ConfigReport,
  nowMs: number,
): Promise<CertificateConfig | undefined> {
  const certificatePlace = resolve(baseDirectory, file.certificateFile);
  const keyPlace = resolve(baseDirectory, file.keyFile);
  const certificatePath = ['certificates', index, 'certificateFile'];
  const keyPath = ['certificates', index, 'keyFile'];
  const [certificate, key] = await Promise.all([
    readRegularFile(certificatePlace, pemBytesMax),
    readRegularFile(keyPlace, pemBytesMax),
  ]);
  if (certificate.kind === 'problem') report.problem(certificatePath, certificate.message);
  if (key.kind === 'problem') report.problem(keyPath, key.message);
  if (certificate.kind === 'problem' || key.kind === 'problem') return undefined;
  if ((key.mode & othersMode) !== 0) {
    const mode = (key.mode & 0o777).toString(8).padStart(4, '0');
    report.warning(
      keyPath,
      `${keyPlace} has mode ${mode}: others than its owner get at the key; chmod 0600 it`,
    );
  }
  const certificatePem = certificate.bytes.toString('latin1');
  const keyPem = key.bytes.toString('latin1');
  const read = readCertificate({ certificatePem, certificatePlace, keyPem, keyPlace }, nowMs);
  if (read.kind === 'problem') {
    report.problem(read.part === 'key' ? keyPath : certificatePath, read.message);
    return undefined;
  }
  for (const warning of read.warnings) report.warning(certificatePath, warning);
  return { names: read.names, certificatePem, keyPem, place: certificatePlace };
}
