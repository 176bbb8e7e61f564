import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { suiteFiles } from './run-suite.ts';
import { suites } from './suites.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const listed = suites.flatMap((suite) =>
  suite.run.kind === 'node-test' ? suiteFiles(suite.run, root).files.map((file) => ({ file, suite })) : [],
);

test('suites: each name stands once', () => {
  const named = suites.map((suite) => suite.name);
  assert.deepEqual(named, [...new Set(named)]);
});

test('suites: every test file of the repository belongs to exactly one', () => {
  const found = globSync('**/*.test.ts', { cwd: root, exclude: (path) => path.includes('node_modules') });
  const named = listed.map(({ file }) => file);
  assert.ok(found.length > 0);
  assert.deepEqual(
    found.filter((file) => !named.includes(file)),
    [],
    'in no suite',
  );
  assert.deepEqual(
    named.filter((file, index) => named.indexOf(file) !== index),
    [],
    'in two suites',
  );
});

test('suites: a test that reads the shared data is in a suite that needs it', () => {
  const readers = listed.filter(({ file }) => {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    return !file.startsWith('tools/') && /SECBEAT_SHARED|shared-vectors|crs-pattern-files/.test(text);
  });
  assert.ok(readers.length > 0);
  assert.deepEqual(
    readers.filter(({ suite }) => !suite.needs.includes('shared-data')).map(({ file }) => file),
    [],
  );
});
