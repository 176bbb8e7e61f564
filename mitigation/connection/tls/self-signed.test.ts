import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureSelfSigned } from './self-signed.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2027-01-15T12:00:00Z');
let root = '';
let count = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'secbeat-self-signed-'));
});

after(() => rm(root, { recursive: true }));

function freshDirectory(): string {
  count++;
  return join(root, `data-${count}`);
}

const pemFile = (data: string): string => join(data, 'tls', 'self-signed.pem');

test('self-signed: a first start makes a certificate for the machine and the configured names', async () => {
  const made = await ensureSelfSigned(
    freshDirectory(),
    ['Shop.Example', '*', '*.wild.example', '[2001:db8::7]'],
    nowMs,
  );
  for (const name of ['localhost', '127.0.0.1', '::1', 'shop.example', '*.wild.example', '2001:db8::7']) {
    assert.ok(made.names.includes(name), `${name} is missing in ${made.names.join(' ')}`);
  }
  assert.ok(!made.names.includes('*'));
  const certificate = new X509Certificate(made.certificatePem);
  assert.equal(certificate.verify(certificate.publicKey), true);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.checkHost('shop.example'), 'shop.example');
  assert.equal(certificate.checkHost('other.example'), undefined);
  assert.equal(certificate.checkIP('::1'), '::1');
  assert.equal(certificate.checkIP('2001:db8::7'), '2001:db8::7');
  assert.equal(certificate.validFromDate.toISOString(), '2027-01-15T11:00:00.000Z');
  assert.equal(certificate.validToDate.toISOString(), '2028-02-16T10:59:59.000Z');
});

test('self-signed: key and certificate lie in one file that only the owner can read', async () => {
  const data = freshDirectory();
  const made = await ensureSelfSigned(data, [], nowMs);
  assert.equal(made.place, pemFile(data));
  assert.equal((await stat(pemFile(data))).mode & 0o777, 0o600);
  assert.equal((await stat(join(data, 'tls'))).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(join(data, 'tls')), ['self-signed.pem']);
});

test('self-signed: the next start takes the same, also for fewer names', async () => {
  const data = freshDirectory();
  const first = await ensureSelfSigned(data, ['shop.example'], nowMs);
  assert.deepEqual(await ensureSelfSigned(data, ['shop.example'], nowMs + dayMs), first);
  assert.deepEqual(await ensureSelfSigned(data, [], nowMs + dayMs), first);
});

describe('self-signed: is made anew', () => {
  test('for a name that it lacks', async () => {
    const data = freshDirectory();
    const first = await ensureSelfSigned(data, [], nowMs);
    const second = await ensureSelfSigned(data, ['new.example'], nowMs);
    assert.notEqual(second.certificatePem, first.certificatePem);
    assert.ok(second.names.includes('new.example'));
  });

  // Valid for 397 days from an hour before it was made: 366 days and 23 hours later 30 days and no second are left.
  const ages: readonly { name: string; ageMs: number; isKept: boolean }[] = [
    { name: 'not when 30 days are left', ageMs: 367 * dayMs - 3_600_000 - 1000, isKept: true },
    { name: 'when a second less is left', ageMs: 367 * dayMs - 3_600_000, isKept: false },
    { name: 'when it has expired', ageMs: 400 * dayMs, isKept: false },
  ];
  for (const row of ages) {
    test(row.name, async () => {
      const data = freshDirectory();
      const first = await ensureSelfSigned(data, [], nowMs);
      const later = await ensureSelfSigned(data, [], nowMs + row.ageMs);
      assert.equal(later.certificatePem === first.certificatePem, row.isKept);
    });
  }

  const damages: readonly { name: string; damage: (text: string) => string }[] = [
    { name: 'when it is empty', damage: () => '' },
    { name: 'when it is cut short', damage: (text) => text.slice(0, 300) },
    { name: 'when the key is missing', damage: (text) => text.slice(text.indexOf('-----BEGIN CERTIFICATE')) },
    { name: 'when it is something else', damage: () => '\u0000\u00ff not PEM' },
    { name: 'when it is longer than any such file', damage: (text) => text.padEnd(70_000, '\n') },
  ];
  for (const row of damages) {
    test(row.name, async () => {
      const data = freshDirectory();
      const first = await ensureSelfSigned(data, [], nowMs);
      await writeFile(pemFile(data), row.damage(await readFile(pemFile(data), 'utf8')));
      const second = await ensureSelfSigned(data, [], nowMs);
      assert.notEqual(second.certificatePem, first.certificatePem);
      assert.deepEqual(await ensureSelfSigned(data, [], nowMs), second);
    });
  }

  test('when the key is that of another', async () => {
    const data = freshDirectory();
    const first = await ensureSelfSigned(data, [], nowMs);
    const other = await ensureSelfSigned(freshDirectory(), [], nowMs);
    await writeFile(pemFile(data), other.keyPem + first.certificatePem);
    const second = await ensureSelfSigned(data, [], nowMs);
    assert.notEqual(second.certificatePem, first.certificatePem);
  });
});

test('self-signed: two at once leave one that both could serve', async () => {
  const data = freshDirectory();
  const made = await Promise.all([1, 2, 3, 4].map(() => ensureSelfSigned(data, [], nowMs)));
  const kept = await ensureSelfSigned(data, [], nowMs);
  assert.ok(made.some((one) => one.certificatePem === kept.certificatePem && one.keyPem === kept.keyPem));
  assert.deepEqual(await readdir(join(data, 'tls')), ['self-signed.pem']);
});

test('self-signed: a data directory that cannot be written is named with the remedy', async () => {
  const file = join(root, 'a-file');
  await writeFile(file, '');
  await chmod(file, 0o600);
  await assert.rejects(ensureSelfSigned(file, [], nowMs), {
    name: 'Fault',
    code: 'self-signed-write',
    message: /cannot write .*a-file.*give a writable directory with --data/,
  });
});

test('self-signed: more names than fit are left out, those of the machine stay', async () => {
  const names = Array.from({ length: 300 }, (_, index) => `host-${index}.example`);
  const made = await ensureSelfSigned(freshDirectory(), names, nowMs);
  assert.equal(made.names.length, 100);
  assert.ok(made.names.includes('localhost'));
});
