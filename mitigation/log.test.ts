import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault } from '@secbeat/base/fault.ts';
import {
  createRelayLog,
  type LogLevel,
  type LogRecord,
  openRootLog,
  type RootLog,
  renderHuman,
  silentLog,
  writeRecord,
} from './log.ts';

/** Returns what `write` puts into a log of its own. */
async function capture(
  options: { readonly level?: LogLevel; readonly human?: boolean },
  write: (log: RootLog) => void,
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'secbeat-log-'));
  const file = join(directory, 'log');
  const descriptor = openSync(file, 'w');
  try {
    const log = openRootLog({
      level: 'info',
      fields: { process: 'test' },
      descriptor,
      human: false,
      ...options,
    });
    write(log);
    await log.flush();
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  }
}

test('log: a record is one line of JSON with level, time, fields and message', async () => {
  const text = await capture({}, (log) => log.warn({ slot: 1 }, 'worker\nended'));
  assert.equal(text.split('\n').length, 2);
  const { level, time, process, slot, msg } = JSON.parse(text);
  assert.deepEqual(
    { level, process, slot, msg },
    { level: 'warn', process: 'test', slot: 1, msg: 'worker\nended' },
  );
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('log: writes what its level lets through, and another after a change', async () => {
  const text = await capture({ level: 'warn' }, (log) => {
    log.info({}, 'one');
    log.error({}, 'two');
    log.setLevel('debug');
    log.debug({}, 'three');
    log.setLevel('silent');
    log.error({}, 'four');
  });
  const messages = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).msg);
  assert.deepEqual(messages, ['two', 'three']);
});

test('log: an error has its code, its stack and its causes', async () => {
  const cause = new Error('inner');
  const err = new Fault('outer-code', 'outer', { source: 'internal', cause });
  const record = JSON.parse(await capture({}, (log) => log.error({ err }, 'failed')));
  assert.equal(record.err.code, 'outer-code');
  assert.equal(record.err.message, 'outer');
  assert.match(record.err.stack, /log\.test\.ts/);
  assert.equal(record.err.cause.message, 'inner');
});

test('log: a descriptor that is gone is counted and not fatal', async () => {
  const log = openRootLog({ level: 'info', fields: {}, descriptor: 1_000_000, human: false });
  log.error({}, 'lost');
  await log.flush();
  assert.equal(log.dropped(), 1);
});

test('log: the human form is one short line with its fields', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-01-01T15:04:05.678Z',
    process: 'x',
    slot: 1,
    why: 'a b',
    msg: 'gone',
  });
  assert.equal(renderHuman(line), '15:04:05.678 warn  gone slot=1 why="a b"\n');
});

test('log: the human form shows an error by its message', () => {
  const line = JSON.stringify({
    level: 'error',
    time: '2026-01-01T15:04:05.678Z',
    err: { message: 'boom', stack: 'x' },
    msg: 'm',
  });
  assert.equal(renderHuman(line), '15:04:05.678 error m err="boom"\n');
});

const hostile = [
  { name: 'escape sequences', value: '\u001b[2Jx', shown: '"\\u001b[2Jx"' },
  { name: 'C1 controls', value: '\u009b31m', shown: '"\\x9b31m"' },
  { name: 'line feeds', value: 'a\nb', shown: '"a\\nb"' },
  { name: 'carriage returns', value: 'a\rb', shown: '"a\\rb"' },
];

for (const { name, value, shown } of hostile) {
  test(`log: the human form makes ${name} in a value harmless`, () => {
    const line = JSON.stringify({ level: 'info', time: '2026-01-01T15:04:05.678Z', value, msg: 'm' });
    assert.equal(renderHuman(line), `15:04:05.678 info  m value=${shown}\n`);
  });
}

test('log: a message cannot forge a second record in the human form', () => {
  const line = JSON.stringify({
    level: 'info',
    time: '2026-01-01T15:04:05.678Z',
    msg: 'a\u001b[1A\n15:04:05.678 error forged',
  });
  assert.equal(renderHuman(line), '15:04:05.678 info  a\\x1b[1A\n      15:04:05.678 error forged\n');
});

test('relay log: records are plain data that a thread can post, errors included', () => {
  const records: LogRecord[] = [];
  const log = createRelayLog((record) => records.push(structuredClone(record)));
  log.error(
    { err: new Fault('x', 'failed', { source: 'upstream' }), run: () => 1, big: 7n, deep: { a: [1] } },
    'm',
  );
  const { severity, fields, message } = records[0]!;
  assert.deepEqual({ severity, message }, { severity: 'error', message: 'm' });
  assert.equal((fields['err'] as { readonly code: string }).code, 'x');
  assert.equal(fields['big'], '7');
  assert.deepEqual(fields['deep'], { a: [1] });
});

test('relay log: what cannot be cloned becomes text', () => {
  const records: LogRecord[] = [];
  createRelayLog((record) => records.push(structuredClone(record))).info({ odd: { run: () => 1 } }, 'm');
  assert.equal(records[0]!.fields['odd'], '[object Object]');
});

test('relay log: a record is written with the fields of its thread', () => {
  const written: unknown[] = [];
  const log = { ...silentLog, info: (fields: object, message: string) => written.push([fields, message]) };
  writeRecord(log, { severity: 'info', fields: { a: 1 }, message: 'm' }, { worker: 2 });
  assert.deepEqual(written, [[{ worker: 2, a: 1 }, 'm']]);
});
