import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CertificateConfig } from '../../config/model.ts';
import { type CertificateResult, readCertificate } from './certificate.ts';
import { ensureSelfSigned } from './self-signed.ts';

const nowMs = Date.parse('2027-01-15T12:00:00Z');
const dayMs = 86_400_000;
let root = '';
let one: CertificateConfig;
let two: CertificateConfig;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'secbeat-certificate-'));
  one = await ensureSelfSigned(join(root, 'one'), ['Shop.example', '2001:db8::1'], nowMs);
  two = await ensureSelfSigned(join(root, 'two'), [], nowMs);
});

after(() => rm(root, { recursive: true }));

function read(certificatePem: string, keyPem: string, atMs: number = nowMs): CertificateResult {
  return readCertificate({ certificatePem, keyPem, certificatePlace: 'c.pem', keyPlace: 'k.pem' }, atMs);
}

function problemOf(result: CertificateResult): string {
  assert.equal(result.kind, 'problem');
  return result.kind === 'problem' ? `${result.part}: ${result.message}` : '';
}

test('certificate: its names are lower case and its addresses short', () => {
  const result = read(one.certificatePem, one.keyPem);
  assert.equal(result.kind, 'certificate');
  const names = result.kind === 'certificate' ? result.names : [];
  for (const name of ['localhost', '127.0.0.1', '::1', 'shop.example', '2001:db8::1']) {
    assert.ok(names.includes(name), name);
  }
});

describe('certificate: refused', () => {
  const encrypted = (): string =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    }).privateKey;
  const rows: readonly { name: string; certificate: () => string; key: () => string; problem: RegExp }[] = [
    {
      name: 'an empty certificate',
      certificate: () => '',
      key: () => one.keyPem,
      problem: /^certificate: c\.pem holds no certificate; expected PEM/,
    },
    {
      name: 'a key where the certificate belongs',
      certificate: () => one.keyPem,
      key: () => one.keyPem,
      problem: /^certificate: c\.pem holds only a private key/,
    },
    {
      name: 'a certificate where the key belongs',
      certificate: () => one.certificatePem,
      key: () => one.certificatePem,
      problem: /^key: k\.pem holds a certificate and no key/,
    },
    {
      name: 'a key of another certificate',
      certificate: () => one.certificatePem,
      key: () => two.keyPem,
      problem: /^key: the key in k\.pem does not belong to the first certificate in c\.pem/,
    },
    {
      name: 'an encrypted key',
      certificate: () => one.certificatePem,
      key: encrypted,
      problem: /^key: the key in k\.pem is encrypted; .*openssl pkey/,
    },
    {
      name: 'a key that is cut short',
      certificate: () => one.certificatePem,
      key: () => one.keyPem.slice(0, 80),
      problem: /^key: the key in k\.pem cannot be read: /,
    },
    {
      name: 'a certificate with damaged content',
      certificate: () => one.certificatePem.replace(/\nMII/, '\nAAA'),
      key: () => one.keyPem,
      problem: /^certificate: certificate 1 in c\.pem cannot be read: /,
    },
    {
      name: 'a damaged intermediate',
      certificate: () => `${one.certificatePem}${two.certificatePem.replace(/\nMII/, '\nAAA')}`,
      key: () => one.keyPem,
      problem: /^certificate: certificate 2 in c\.pem cannot be read: /,
    },
  ];
  for (const row of rows) {
    test(row.name, () => assert.match(problemOf(read(row.certificate(), row.key())), row.problem));
  }
});

describe('certificate: warned of', () => {
  // Made to end on 2028-02-16 at 10:59:59.
  const endMs = Date.parse('2028-02-16T10:59:59Z');
  const rows: readonly { name: string; atMs: number; warnings: readonly string[] }[] = [
    { name: 'nothing on its first day', atMs: nowMs, warnings: [] },
    { name: 'nothing 14 days before its end', atMs: endMs - 14 * dayMs, warnings: [] },
    {
      name: 'its end in less than 14 days',
      atMs: endMs - 14 * dayMs + 1,
      warnings: ['c.pem expires on 2028-02-16, in 13 days'],
    },
    {
      name: 'its end in the last second',
      atMs: endMs - 1,
      warnings: ['c.pem expires on 2028-02-16, in 0 days'],
    },
    { name: 'its end', atMs: endMs, warnings: ['c.pem expired on 2028-02-16; browsers refuse it'] },
    {
      name: 'a start in the future',
      atMs: nowMs - dayMs,
      warnings: ['c.pem is not valid before 2027-01-15T11:00:00.000Z; is the clock right?'],
    },
  ];
  for (const row of rows) {
    test(row.name, () => {
      const result = read(one.certificatePem, one.keyPem, row.atMs);
      assert.deepEqual(result.kind === 'certificate' ? result.warnings : result, row.warnings);
    });
  }

  test('a chain that does not hang together', () => {
    const other = two.certificatePem;
    const result = read(`${one.certificatePem}${other}`, one.keyPem);
    const expected = ['certificate 2 in c.pem did not issue the one before it; order them leaf first'];
    assert.deepEqual(result.kind === 'certificate' ? result.warnings : result, expected);
  });
});
