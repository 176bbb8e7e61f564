import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectory } from './make-directory.ts';

test('makeDirectory: makes missing parents, mode 0700, and is content with what is there', () => {
  const root = mkdtempSync(join(tmpdir(), 'secbeat-test-'));
  try {
    const path = join(root, 'a', 'b', 'c');
    makeDirectory(path);
    makeDirectory(path);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    writeFileSync(join(root, 'file'), '');
    assert.throws(() => makeDirectory(join(root, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeDirectory(join(root, 'file', 'below')), { code: 'ENOTDIR' });
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('makeDirectory: a file system that cannot have it says so instead of hanging', () => {
  assert.throws(() => makeDirectory('/proc/secbeat-cannot-be-here'), { code: 'ENOENT' });
  assert.throws(() => makeDirectory('/proc/secbeat-cannot-be-here/below'), { code: 'ENOENT' });
});
