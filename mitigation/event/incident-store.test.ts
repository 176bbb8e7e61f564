import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { encodeEvent } from './encode-event.ts';
import { refusedEvent, servedEvent } from './event-samples.ts';
import { type IncidentStore, type IncidentStoreOptions, openIncidentStore } from './incident-store.ts';

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'secbeat-incidents-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function open(directory: string, options: Partial<IncidentStoreOptions> = {}) {
  const notices: string[] = [];
  const clock = createManualClock();
  const store = await openIncidentStore({
    directory: join(directory, 'incidents'),
    bytesMax: 10_000_000,
    log: { warn: (_fields, message) => notices.push(message) },
    clock,
    ...options,
  });
  return { store, clock, notices };
}

function refused(id: string, fields: Partial<ExchangeEvent> = {}): string {
  return encodeEvent(refusedEvent({ id, ...fields }));
}

async function idsOf(store: IncidentStore, count: number): Promise<string[]> {
  return (await store.recent(count)).map((event) => event.id);
}

test('IncidentStore: finds an incident before and after it is on disk, and after a restart', async (t) => {
  const directory = await temporaryDirectory(t);
  const { store } = await open(directory);
  store.append(refused('first') + encodeEvent(servedEvent({ id: 'served' })) + refused('second'));
  assert.equal((await store.find('first'))?.id, 'first');
  await store.flush();
  assert.deepEqual(await store.find('second'), refusedEvent({ id: 'second' }));
  assert.equal(await store.find('served'), undefined);
  await store.close();
  const { store: reopened } = await open(directory);
  t.after(() => reopened.close());
  assert.deepEqual(await reopened.find('first'), refusedEvent({ id: 'first' }));
  assert.equal(reopened.stats().segments, 1);
});

test('IncidentStore: finds while a batch is being written', async (t) => {
  const { store } = await open(await temporaryDirectory(t));
  t.after(() => store.close());
  store.append(refused('moving'));
  const flushed = store.flush();
  assert.equal((await store.find('moving'))?.id, 'moving');
  await flushed;
  assert.equal((await store.find('moving'))?.id, 'moving');
});

test('IncidentStore: writes by itself without flush', async (t) => {
  const directory = await temporaryDirectory(t);
  const { store } = await open(directory, { flushMs: 1 });
  t.after(() => store.close());
  store.append(refused('alone'));
  const deadline = AbortSignal.timeout(10_000);
  while (store.stats().keptIncidents === 0) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const text = await readFile(join(directory, 'incidents', '0000000000001.ndjson'), 'utf8');
  assert.equal(text, refused('alone'));
});

test('IncidentStore: recent gives the newest first and never more than asked', async (t) => {
  const { store } = await open(await temporaryDirectory(t));
  t.after(() => store.close());
  for (const id of ['a', 'b', 'c']) {
    store.append(refused(id));
    await store.flush();
  }
  store.append(refused('d'));
  assert.deepEqual(await idsOf(store, 3), ['d', 'c', 'b']);
  assert.deepEqual(await idsOf(store, 10), ['d', 'c', 'b', 'a']);
  assert.deepEqual(await idsOf(store, 0), []);
  assert.deepEqual(await idsOf(store, -1), []);
});

test('IncidentStore: directory and files are readable by their owner only', async (t) => {
  const directory = await temporaryDirectory(t);
  const { store } = await open(directory);
  store.append(refused('private'));
  await store.close();
  const folder = await stat(join(directory, 'incidents'));
  const file = await stat(join(directory, 'incidents', '0000000000001.ndjson'));
  assert.equal(folder.mode & 0o777, 0o700);
  assert.equal(file.mode & 0o777, 0o600);
});

test('IncidentStore: a line torn by a crash spoils only itself', async (t) => {
  const directory = await temporaryDirectory(t);
  const { store } = await open(directory);
  store.append(refused('before'));
  await store.close();
  const segment = join(directory, 'incidents', '0000000000001.ndjson');
  await appendFile(segment, refused('torn').slice(0, 80));
  const { store: reopened } = await open(directory);
  t.after(() => reopened.close());
  reopened.append(refused('after'));
  await reopened.flush();
  assert.equal((await reopened.find('before'))?.id, 'before');
  assert.equal(await reopened.find('torn'), undefined);
  assert.equal((await reopened.find('after'))?.id, 'after');
  assert.deepEqual(await idsOf(reopened, 10), ['after', 'before']);
});

test('IncidentStore: foreign files and garbage in a segment are passed over', async (t) => {
  const directory = await temporaryDirectory(t);
  const { store } = await open(directory);
  store.append(refused('good'));
  await store.close();
  await writeFile(join(directory, 'incidents', 'notes.txt'), 'mine');
  await writeFile(
    join(directory, 'incidents', '0000000000002.ndjson'),
    '\x00\xff{"id":"good"}\n\n"id":"good"\n[]',
  );
  const { store: reopened } = await open(directory);
  t.after(() => reopened.close());
  assert.deepEqual(await reopened.find('good'), refusedEvent({ id: 'good' }));
  assert.deepEqual(await idsOf(reopened, 10), ['good']);
  assert.equal(reopened.stats().segments, 2);
});

test('IncidentStore: stays within its bytes and drops the oldest segment', async (t) => {
  const directory = await temporaryDirectory(t);
  const bytesMax = 300_000;
  const { store } = await open(directory, { bytesMax, perSecond: 1_000_000 });
  t.after(() => store.close());
  const pad = 'p'.repeat(2000);
  let peakBytes = 0;
  for (let batch = 0; batch < 40; batch += 1) {
    let lines = '';
    for (let n = 0; n < 10; n += 1) lines += refused(`i-${batch}-${n}`, { path: pad });
    store.append(lines);
    await store.flush();
    peakBytes = Math.max(peakBytes, store.stats().bytes);
  }
  const files = await readdir(join(directory, 'incidents'));
  let diskBytes = 0;
  for (const file of files) diskBytes += (await stat(join(directory, 'incidents', file))).size;
  assert.ok(peakBytes > bytesMax / 2 && peakBytes <= bytesMax, `${peakBytes} bytes`);
  assert.equal(diskBytes, store.stats().bytes);
  assert.equal(files.includes('0000000000001.ndjson'), false);
  assert.equal(await store.find('i-0-0'), undefined);
  assert.equal((await store.find('i-39-9'))?.id, 'i-39-9');
  assert.equal(store.stats().keptIncidents, 400);
});

test('IncidentStore: a flood of limit refusals does not push out the others', async (t) => {
  const { store, clock } = await open(await temporaryDirectory(t), { perSecond: 5, floodPerSecond: 2 });
  t.after(() => store.close());
  const flood = { verdict: 'throttle', reason: 'rate-limit', status: 429 } as const;
  for (let n = 0; n < 10; n += 1) store.append(refused(`flood-${n}`, flood));
  store.append(refused('attack'));
  await store.flush();
  assert.deepEqual(await idsOf(store, 10), ['attack', 'flood-1', 'flood-0']);
  assert.equal(store.stats().skippedIncidents, 8);
  clock.advance(1000);
  store.append(refused('flood-next', flood));
  assert.equal((await store.find('flood-next'))?.id, 'flood-next');
});

for (const [what, room, kept] of [
  ['one byte less than two incidents', -1, 1],
  ['exactly two incidents', 0, 2],
  ['one byte more', 1, 2],
] as const) {
  test(`IncidentStore: of three incidents at once in a store with room for ${what} ${kept} are kept`, async (t) => {
    const bytesMax = refused('x-0').length * 2 + 1 + room;
    const { store } = await open(await temporaryDirectory(t), { bytesMax });
    t.after(() => store.close());
    store.append(refused('x-0') + refused('x-1') + refused('x-2'));
    await store.flush();
    assert.equal(store.stats().keptIncidents, kept);
    assert.equal(store.stats().skippedIncidents, 3 - kept);
    assert.ok(store.stats().bytes <= bytesMax);
  });
}

test('IncidentStore: a store smaller than what it holds makes room for each batch', async (t) => {
  const { store } = await open(await temporaryDirectory(t), { bytesMax: refused('x-0').length + 1 });
  t.after(() => store.close());
  for (const id of ['x-0', 'x-1', 'x-2']) {
    store.append(refused(id));
    await store.flush();
  }
  assert.deepEqual(await idsOf(store, 10), ['x-2']);
});

for (const id of ['', '../../etc/passwd', '"', 'a b', 'ä', 'x'.repeat(65), '%00', '"id":"x"']) {
  test(`IncidentStore: the id ${JSON.stringify(id).slice(0, 30)} finds nothing`, async (t) => {
    const { store } = await open(await temporaryDirectory(t));
    t.after(() => store.close());
    store.append(refused('x'));
    assert.equal(await store.find(id), undefined);
  });
}

test('IncidentStore: an id that another incident quotes finds its own incident only', async (t) => {
  const { store } = await open(await temporaryDirectory(t));
  t.after(() => store.close());
  store.append(refused('quoted') + refused('other', { requestId: 'quoted', userAgent: '"id":"quoted"' }));
  await store.flush();
  assert.equal((await store.find('quoted'))?.id, 'quoted');
});

test('IncidentStore: a full disk costs incidents, is counted and said once a minute, and ends', async (t) => {
  const directory = await temporaryDirectory(t);
  const { store: first } = await open(directory);
  await first.close();
  // /dev/full answers every write with "no space left on device".
  const segment = join(directory, 'incidents', '0000000000001.ndjson');
  await symlink('/dev/full', segment);
  const { store, clock, notices } = await open(directory);
  t.after(() => store.close());
  for (const id of ['lost-1', 'lost-2']) {
    store.append(refused(id));
    await store.flush();
  }
  assert.equal(store.stats().failedIncidents, 2);
  assert.equal(notices.length, 1);
  assert.match(notices[0]!, /incidents cannot be written to .*ENOSPC.*protection goes on/);
  clock.advance(60_000);
  store.append(refused('lost-3'));
  await store.flush();
  assert.equal(notices.length, 2);
  await rm(segment);
  store.append(refused('kept'));
  await store.flush();
  assert.equal(store.stats().keptIncidents, 1);
  assert.equal((await store.find('kept'))?.id, 'kept');
});

test('IncidentStore: a path that is a file is refused at opening', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'incidents'), '');
  await assert.rejects(open(directory), /EEXIST|ENOTDIR/);
});

test('IncidentStore: ignores batches after it was closed', async (t) => {
  const { store } = await open(await temporaryDirectory(t));
  await store.close();
  store.append(refused('late'));
  assert.equal(await store.find('late'), undefined);
});
