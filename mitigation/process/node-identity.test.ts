import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLog } from '../log.ts';
import { openNodeIdentity } from './node-identity.ts';

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secbeat-identity-'));
  file = join(directory, 'node.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Opens the identity and returns what was said. */
function open(): { readonly nodeId: string; readonly said: string[] } {
  const said: string[] = [];
  const nodeId = openNodeIdentity(directory, { ...silentLog, warn: (_, message) => said.push(message) });
  return { nodeId, said };
}

test('node identity: is made once and kept, in a file for the owner alone', () => {
  const first = open();
  assert.match(first.nodeId, /^n-[0-9a-v]{20}$/);
  assert.deepEqual(open(), first);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('node identity: two directories have two', () => {
  const first = open().nodeId;
  rmSync(file);
  assert.notEqual(open().nodeId, first);
});

test('node identity: a directory from another machine gets an id of its own, and that is said', () => {
  const first = open().nodeId;
  const text = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...text, machine: 'another' }));
  const { nodeId, said } = open();
  assert.notEqual(nodeId, first);
  assert.deepEqual(said, ['the data directory comes from another machine; this node has a new id']);
  assert.deepEqual(open(), { nodeId, said: [] });
});

for (const text of [
  '{',
  'null',
  '[]',
  '{"nodeId":"n-1","machine":""}',
  '{"nodeId":7,"machine":""}',
  '{"nodeId":"n-00000000000000000000"}',
]) {
  test(`node identity: ${text} is replaced, and that is said`, () => {
    writeFileSync(file, text);
    const { nodeId, said } = open();
    assert.match(nodeId, /^n-[0-9a-v]{20}$/);
    assert.deepEqual(said, ['the identity of the node cannot be read; it has a new id']);
  });
}

test('node identity: a directory that cannot be written is a fault', () => {
  rmSync(directory, { recursive: true });
  assert.throws(() => openNodeIdentity(directory, silentLog), {
    code: 'data-directory',
    message: /cannot write .*node\.json/,
  });
});
