import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { guardServices, repairServiceGuard } from './service-guard.ts';

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secbeat-service-guard-'));
  file = join(directory, 'policy-rc.d');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('service guard: it answers 101, which forbids a start', () => {
  const restore = guardServices(file);
  assert.equal(spawnSync(file).status, 101);
  restore();
});

test('service guard: without one before, nothing is left after', () => {
  guardServices(file)();
  assert.deepEqual(readdirSync(directory), []);
});

test("service guard: the operator's own file comes back as it was", () => {
  writeFileSync(file, '#!/bin/sh\nexit 0\n', { mode: 0o750 });
  const restore = guardServices(file);
  assert.equal(spawnSync(file).status, 101);
  restore();
  assert.equal(readFileSync(file, 'utf8'), '#!/bin/sh\nexit 0\n');
  assert.equal(statSync(file).mode & 0o777, 0o750);
  assert.deepEqual(readdirSync(directory), ['policy-rc.d']);
});

test('service guard: restoring twice changes nothing more', () => {
  writeFileSync(file, 'own');
  const restore = guardServices(file);
  restore();
  restore();
  assert.equal(readFileSync(file, 'utf8'), 'own');
});

test('service guard: what a killed run left is repaired by the next', () => {
  writeFileSync(file, 'own');
  guardServices(file);
  guardServices(file)();
  assert.equal(readFileSync(file, 'utf8'), 'own');
  assert.deepEqual(readdirSync(directory), ['policy-rc.d']);
});

test('service guard: a run killed between keeping and replacing is repaired', () => {
  writeFileSync(`${file}.secbeat-kept`, 'own');
  writeFileSync(`${file}.secbeat-new`, 'half');
  repairServiceGuard(file);
  assert.equal(readFileSync(file, 'utf8'), 'own');
  assert.deepEqual(readdirSync(directory), ['policy-rc.d']);
});

test('service guard: a file that the operator put there meanwhile is not taken for ours', () => {
  const restore = guardServices(file);
  writeFileSync(file, 'own');
  restore();
  assert.equal(readFileSync(file, 'utf8'), 'own');
});
