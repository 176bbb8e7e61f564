import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completePackages, type LockPackages, missingOptionalPackages } from './complete-lock.ts';
import { requireRuntime } from './require-runtime.ts';

function lockOf(...names: readonly string[]): LockPackages {
  const optionalDependencies = Object.fromEntries(names.map((name) => [name, '1.2.3']));
  return { '': {}, 'node_modules/x': { version: '1.2.3', dev: true, optionalDependencies } };
}

const rows: readonly { readonly name: string; readonly entry: object }[] = [
  { name: '@x/cli-win32-x64', entry: { cpu: ['x64'], dev: true, optional: true, os: ['win32'] } },
  { name: '@x/cli-darwin-arm64', entry: { cpu: ['arm64'], dev: true, optional: true, os: ['darwin'] } },
  {
    name: '@x/binding-linux-riscv64-gnu',
    entry: { cpu: ['riscv64'], dev: true, optional: true, os: ['linux'] },
  },
  {
    name: '@x/cli-linux-x64-musl',
    entry: { cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
  },
  {
    name: 'x-linux-arm-musleabihf',
    entry: { cpu: ['arm'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
  },
];
for (const { name, entry } of rows) {
  test(`complete lock: ${name} gets an entry of its platform`, () => {
    const { packages, problems } = completePackages(lockOf(name));
    assert.deepEqual(problems, []);
    assert.deepEqual(packages[`node_modules/${name}`], { version: '1.2.3', ...entry });
    assert.deepEqual(missingOptionalPackages(packages), []);
  });
}

const refused: readonly { readonly name: string; readonly says: string }[] = [
  { name: 'x-linux-x64', says: 'x-linux-x64@1.2.3 is for a platform of ours: the registry must have it' },
  {
    name: 'x-linux-arm64-gnu',
    says: 'x-linux-arm64-gnu@1.2.3 is for a platform of ours: the registry must have it',
  },
  { name: 'fsevents', says: 'cannot tell the platform of fsevents from its name' },
];
for (const { name, says } of refused) {
  test(`complete lock: ${name} is refused`, () => {
    assert.deepEqual(completePackages(lockOf(name)).problems, [says]);
  });
}

test('complete lock: a complete one stays as it is', () => {
  const lock = { ...lockOf('y-win32-x64'), 'node_modules/y-win32-x64': { version: '1.2.3' } };
  assert.deepEqual(completePackages(lock).packages, lock);
});

const versions: readonly { readonly version: string; readonly isRefused: boolean }[] = [
  { version: '20.20.2', isRefused: true },
  { version: '23.11.0', isRefused: true },
  { version: '24.0.0', isRefused: false },
  { version: '26.10.0', isRefused: false },
];
for (const { version, isRefused } of versions) {
  test(`require runtime: ${version} is ${isRefused ? 'refused' : 'taken'}`, () => {
    if (isRefused) assert.throws(() => requireRuntime(version), { code: 'old-runtime' });
    else requireRuntime(version);
  });
}
