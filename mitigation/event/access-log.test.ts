import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import type { AccessLogConfig } from '../config/model.ts';
import { createAccessLog } from './access-log.ts';
import { encodeEvent } from './encode-event.ts';
import { servedEvent } from './event-samples.ts';

async function setUp(t: TestContext, config: Partial<AccessLogConfig> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'secbeat-access-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'access.log');
  const clock = createManualClock();
  const notices = new EventTarget();
  const messages: string[] = [];
  const accessLog = createAccessLog({
    config: { format: 'json', file, rotateBytes: 1_000_000, filesMax: 3, ...config },
    clock,
    log: {
      warn: (_fields, message) => {
        messages.push(message);
        notices.dispatchEvent(new Event('notice'));
      },
    },
  });
  t.after(() => accessLog.close());
  return { directory, file, clock, messages, notices, accessLog };
}

test('AccessLog: json writes the events as they are', async (t) => {
  const { accessLog, file } = await setUp(t);
  const lines = encodeEvent(servedEvent({ id: 'a' })) + encodeEvent(servedEvent({ id: 'b' }));
  accessLog.append(lines, 2);
  await accessLog.close();
  assert.equal(await readFile(file, 'utf8'), lines);
  assert.deepEqual(accessLog.stats(), { writtenLines: 2, droppedLines: 0, failures: 0 });
});

test('AccessLog: combined writes one line per event and keeps line ends of clients out', async (t) => {
  const { accessLog, file } = await setUp(t, { format: 'combined' });
  accessLog.append(
    encodeEvent(servedEvent({ userAgent: 'a\r\nb' })) + encodeEvent(servedEvent({ path: '/x' })),
    2,
  );
  await accessLog.close();
  assert.deepEqual((await readFile(file, 'utf8')).split('\n'), [
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /search HTTP/1.1" 200 5120 "-" "a\\x0D\\x0Ab"',
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /x HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (X11; Linux x86_64)"',
    '',
  ]);
});

test('AccessLog: combined counts lines that are no event as dropped', async (t) => {
  const { accessLog, file } = await setUp(t, { format: 'combined' });
  accessLog.append(`{"kind":"exchange"\n${encodeEvent(servedEvent({ userAgent: '' }))}`, 2);
  await accessLog.close();
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 2);
  assert.deepEqual(accessLog.stats(), { writtenLines: 1, droppedLines: 1, failures: 0 });
});

test('AccessLog: off writes nothing and makes no file', async (t) => {
  const { accessLog, directory } = await setUp(t, { format: 'off' });
  accessLog.append(encodeEvent(servedEvent()), 1);
  await accessLog.close();
  assert.deepEqual(await readdir(directory), []);
});

test('AccessLog: appends to what is there', async (t) => {
  const { accessLog, file } = await setUp(t);
  accessLog.append('one\n', 1);
  await accessLog.close();
  const again = createAccessLog({
    config: { format: 'json', file, rotateBytes: 1_000_000, filesMax: 3 },
    clock: createManualClock(),
    log: { warn: () => assert.fail('nothing to warn of') },
  });
  again.append('two\n', 1);
  await again.close();
  assert.equal(await readFile(file, 'utf8'), 'one\ntwo\n');
});

test('AccessLog: rotates by size and keeps filesMax files, the current one included', async (t) => {
  const { accessLog, directory } = await setUp(t, { rotateBytes: 10 });
  for (const line of ['a234567890\n', 'b234567890\n', 'c234567890\n', 'd\n']) accessLog.append(line, 1);
  await accessLog.close();
  assert.deepEqual((await readdir(directory)).sort(), ['access.log', 'access.log.1', 'access.log.2']);
  assert.equal(await readFile(join(directory, 'access.log'), 'utf8'), 'd\n');
  assert.equal(await readFile(join(directory, 'access.log.1'), 'utf8'), 'c234567890\n');
  assert.equal(await readFile(join(directory, 'access.log.2'), 'utf8'), 'b234567890\n');
  assert.equal(accessLog.stats().writtenLines, 4);
});

test('AccessLog: files are not readable by others', async (t) => {
  const { accessLog, file } = await setUp(t);
  accessLog.append('x\n', 1);
  await accessLog.close();
  assert.equal((await stat(file)).mode & 0o007, 0);
});

test('AccessLog: a file that cannot be opened costs lines, is said once a minute, and is tried again', async (t) => {
  const { accessLog, file, clock, messages, notices } = await setUp(t);
  await mkdir(file);
  const firstNotice = once(notices, 'notice');
  accessLog.append('lost\n', 1);
  await firstNotice;
  assert.match(messages[0]!, /access log .*access\.log cannot be written: .*not a file.*traffic goes on/);
  accessLog.append('lost too\n', 1);
  assert.equal(accessLog.stats().failures, 1);
  assert.equal(accessLog.stats().droppedLines, 2);
  await rm(file, { recursive: true });
  clock.advance(5000);
  accessLog.append('kept\n', 1);
  await accessLog.close();
  assert.equal(await readFile(file, 'utf8'), 'kept\n');
  assert.deepEqual(accessLog.stats(), { writtenLines: 1, droppedLines: 2, failures: 1 });
  assert.equal(messages.length, 1);
});

test('AccessLog: after it was closed lines are dropped and counted', async (t) => {
  const { accessLog } = await setUp(t);
  await accessLog.close();
  accessLog.append('x\n', 1);
  assert.equal(accessLog.stats().droppedLines, 1);
});
