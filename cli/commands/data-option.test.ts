import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Fault } from '@secbeat/base/fault.ts';
import { saysWhatToProtect } from './config-options.ts';
import { dataDirectoryOf, unreachable } from './data-option.ts';

for (const [name, flags, environment, path, namedBy] of [
  ['the option', { data: '/a' }, { SECBEAT_DATA_DIRECTORY: '/b' }, '/a', '--data'],
  ['a relative option', { data: 'a' }, {}, resolve('a'), '--data'],
  ['the environment', {}, { SECBEAT_DATA_DIRECTORY: '/b' }, '/b', 'SECBEAT_DATA_DIRECTORY'],
  ['an empty variable', {}, { SECBEAT_DATA_DIRECTORY: '' }, resolve('data'), './data, the default'],
  ['nothing', {}, {}, resolve('data'), './data, the default'],
] as const) {
  test(`data directory: named by ${name}`, () => {
    assert.deepEqual(dataDirectoryOf(flags, environment), { path, namedBy });
  });
}

const directory = { path: '/no/such/directory', namedBy: '--data' };

for (const [code, part] of [
  ['EACCES', 'it belongs to another user; ask as the user that runs the node'],
  ['EPERM', 'it belongs to another user; ask as the user that runs the node'],
  ['ENOTDIR', 'that is no directory; start one with "secbeat up"'],
  ['EMFILE', 'EMFILE: too many'],
] as const) {
  test(`data directory: ${code} becomes a fault with a remedy`, () => {
    const fault = unreachable(directory, Object.assign(new Error(`${code}: too many`), { code }));
    assert.ok(fault instanceof Fault);
    assert.equal(fault.code, 'node-unreachable');
    assert.ok(
      fault.message.startsWith('cannot ask the node with the data directory /no/such/directory (--data): '),
    );
    assert.ok(fault.message.includes(part), fault.message);
  });
}

test('data directory: no node there says whether the directory exists', () => {
  const none = new Fault('node-not-running', 'x', { source: 'operator' });
  const message = (path: string): string => (unreachable({ path, namedBy: '--data' }, none) as Fault).message;
  assert.match(
    message('/no/such/directory'),
    /\/no\/such\/directory \(--data\), which does not exist; start one with/,
  );
  assert.match(message('/'), /^no node is running with the data directory \/ \(--data\); start one with/);
});

test('data directory: what the node itself refuses stays as it is', () => {
  const refusal = new Fault('list-entry', 'x', { source: 'operator' });
  assert.equal(unreachable(directory, refusal), refusal);
});

for (const [flags, environment, expected] of [
  [{}, {}, false],
  [{ data: 'd', listen: ['127.0.0.1:0'] }, { SECBEAT_LOG_LEVEL: 'debug' }, false],
  [{}, { SECBEAT_CONFIG: '', SECBEAT_UPSTREAM: '' }, false],
  [{ upstream: 'http://127.0.0.1:3000' }, {}, true],
  [{ config: 'secbeat.yaml' }, {}, true],
  [{}, { SECBEAT_CONFIG: 'secbeat.yaml' }, true],
  [{}, { SECBEAT_UPSTREAM: 'http://127.0.0.1:3000' }, true],
] as const) {
  test(`up: ${JSON.stringify([flags, environment])} ${expected ? 'names an application' : 'means the demo shop'}`, () => {
    assert.equal(
      saysWhatToProtect(
        { ...flags, ...('listen' in flags ? { listen: [...flags.listen] } : {}) } as never,
        environment,
      ),
      expected,
    );
  });
}
