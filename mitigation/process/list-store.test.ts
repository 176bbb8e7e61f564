import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createManualClock } from '@secbeat/base/clock.ts';
import { parseIpAddress } from '@secbeat/base/ip-address.ts';
import type { NodeConfig } from '../config/model.ts';
import { type Log, silentLog } from '../log.ts';
import { addedEntriesMax, decodeListFile } from './list-file.ts';
import { type ListStore, openListStore } from './list-store.ts';
import { viewLists } from './lists.ts';
import { createTestConfig } from './testing/node-config.ts';

let directory = '';
let file = '';
const clock = createManualClock({ nowMs: 1_000_000 });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secbeat-lists-'));
  file = join(directory, 'lists.json');
  clock.setWall(1_000_000);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function open(change: Partial<NodeConfig> = {}, log: Log = silentLog): Promise<ListStore> {
  const config = { ...createTestConfig(directory, 'first'), ...change };
  return await openListStore({ file, config, clock, log, ownAddresses: () => ['192.0.2.250'] });
}

function lookup(store: ListStore, list: 'allow' | 'deny', address: string): string | undefined {
  return viewLists(store.snapshot)[list].lookup(parseIpAddress(address)!, clock.nowMs())?.reason;
}

test('list store: the allowlist starts with this machine and the trusted proxies', async () => {
  const store = await open({ trustedProxies: ['198.51.100.0/24'] });
  assert.equal(lookup(store, 'allow', '127.0.0.1'), 'this machine');
  assert.equal(lookup(store, 'allow', '::1'), 'this machine');
  assert.equal(lookup(store, 'allow', '192.0.2.250'), 'this machine');
  assert.equal(lookup(store, 'allow', '198.51.100.9'), 'trusted proxy');
  assert.equal(lookup(store, 'allow', '192.0.2.1'), undefined);
});

test('list store: an added entry holds for its time and not longer, without anybody doing anything', async () => {
  const store = await open();
  const { entry } = await store.add('deny', '203.0.113.7', 'probe', 5000);
  assert.deepEqual(entry, { prefix: '203.0.113.7/32', reason: 'probe', expiresAtMs: 1_005_000 });
  clock.setWall(1_004_999);
  assert.equal(lookup(store, 'deny', '203.0.113.7'), 'probe');
  clock.setWall(1_005_000);
  assert.equal(lookup(store, 'deny', '203.0.113.7'), undefined);
  assert.deepEqual(store.list('deny'), []);
});

test('list store: every change has a higher version', async () => {
  const store = await open();
  const before = store.snapshot.version;
  await store.add('deny', '203.0.113.7', '', 5000);
  assert.equal(store.snapshot.version, before + 1);
  await store.remove('deny', '203.0.113.7/32');
  assert.equal(store.snapshot.version, before + 2);
});

test('list store: added entries are there after a restart, in a file for the owner alone', async () => {
  await (await open()).add('deny', '2001:db8::/32', 'scan', 60_000);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(lookup(await open(), 'deny', '2001:db8::1'), 'scan');
});

test('list store: of two entries with one prefix the one that holds longer counts', async () => {
  const store = await open({
    denylist: [{ prefix: '203.0.113.0/24', reason: 'configured', expiresAtMs: 0 }],
  });
  await store.add('deny', '203.0.113.0/24', 'added', 5000);
  clock.advance(10_000);
  assert.equal(lookup(store, 'deny', '203.0.113.1'), 'configured');
});

test('list store: a ban of an address on the allowlist says that the allowlist wins', async () => {
  const { notes } = await (await open()).add('deny', '127.0.0.1', 'oops', 5000);
  assert.deepEqual(notes, ['the allowlist wins: 127.0.0.1/32 is on it (this machine)']);
});

test('list store: a new configuration replaces the configured entries and keeps the added ones', async () => {
  const store = await open({ denylist: [{ prefix: '203.0.113.0/24', reason: 'old', expiresAtMs: 0 }] });
  await store.add('deny', '198.51.100.1', 'added', 5000);
  const denylist = [{ prefix: '192.0.2.0/24', reason: 'new', expiresAtMs: 0 }];
  store.setConfig({ ...createTestConfig(directory, 'second'), denylist });
  assert.equal(lookup(store, 'deny', '203.0.113.1'), undefined);
  assert.equal(lookup(store, 'deny', '192.0.2.1'), 'new');
  assert.equal(lookup(store, 'deny', '198.51.100.1'), 'added');
});

const yearMs = 366 * 24 * 3600 * 1000;
const refusals = [
  {
    name: 'a ban without end',
    list: 'deny',
    prefix: '203.0.113.7',
    reason: '',
    ttlMs: 0,
    message: /a ban needs a time to live/,
  },
  {
    name: 'a negative time',
    list: 'deny',
    prefix: '203.0.113.7',
    reason: '',
    ttlMs: -1,
    message: /not a whole number from 0/,
  },
  {
    name: 'a fraction of a millisecond',
    list: 'deny',
    prefix: '203.0.113.7',
    reason: '',
    ttlMs: 1.5,
    message: /not a whole number/,
  },
  {
    name: 'more than 366 days',
    list: 'deny',
    prefix: '203.0.113.7',
    reason: '',
    ttlMs: yearMs + 1,
    message: /from 0 to 31622400000/,
  },
  {
    name: 'a reason of 201 characters',
    list: 'deny',
    prefix: '203.0.113.7',
    reason: 'x'.repeat(201),
    ttlMs: 1,
    message: /at most 200 characters, got 201/,
  },
  {
    name: 'host bits',
    list: 'allow',
    prefix: '203.0.113.7/24',
    reason: '',
    ttlMs: 1,
    message: /write 203\.0\.113\.0\/24/,
  },
  {
    name: 'a host name',
    list: 'allow',
    prefix: 'example.org',
    reason: '',
    ttlMs: 1,
    message: /is not an IP address/,
  },
] as const;

for (const { name, list, prefix, reason, ttlMs, message } of refusals) {
  test(`list store: refuses ${name}`, async () => {
    const store = await open();
    await assert.rejects(store.add(list, prefix, reason, ttlMs), { name: 'Fault', message });
    assert.equal(store.list('deny').length, 0);
  });
}

test('list store: takes the longest time, the shortest, the longest reason, and an exemption without end', async () => {
  const store = await open();
  await store.add('deny', '203.0.113.1', 'x'.repeat(200), yearMs);
  await store.add('deny', '203.0.113.2', '', 1);
  await store.add('allow', '203.0.113.3', '', 0);
  assert.equal(store.list('deny').length, 2);
  assert.equal(lookup(store, 'allow', '203.0.113.3'), '');
});

test('list store: removing what is not there, or not added, says where it stands', async () => {
  const store = await open({ denylist: [{ prefix: '203.0.113.0/24', reason: '', expiresAtMs: 0 }] });
  await assert.rejects(store.remove('deny', '192.0.2.1'), { message: '192.0.2.1/32 is not on the denylist' });
  await assert.rejects(store.remove('deny', '203.0.113.0/24'), {
    message: '203.0.113.0/24 is on the denylist by the configuration, which cannot be removed at run time',
  });
  await assert.rejects(store.remove('allow', '127.0.0.1'), {
    message: /by being an address of this machine/,
  });
});

test('list store: a disk that does not take an entry leaves it in force and says so', async () => {
  const store = await open();
  rmSync(directory, { recursive: true });
  const { notes } = await store.add('deny', '203.0.113.7', 'probe', 5000);
  assert.match(notes.join(), /^in force, but lost at the next start: .*ENOENT/);
  assert.equal(lookup(store, 'deny', '203.0.113.7'), 'probe');
});

test('list file: a broken one is moved aside, said, and does not keep the node from starting', async () => {
  writeFileSync(file, '{"version":1,"allow":[');
  const said: string[] = [];
  const store = await open({}, { ...silentLog, error: (_, message) => said.push(message) });
  assert.deepEqual(store.list('deny'), []);
  assert.equal(said.length, 1);
  const aside = readdirSync(directory).filter((name) => name.startsWith('lists.json.broken-'));
  assert.equal(aside.length, 1);
  assert.equal(readFileSync(join(directory, aside[0]!), 'utf8'), '{"version":1,"allow":[');
});

const good = { prefix: '192.0.2.0/24', reason: '', expiresAtMs: 0 };
const files = [
  { name: 'nothing', value: '', problem: /JSON/ },
  { name: 'null', value: 'null', problem: /^expected an object$/ },
  {
    name: 'another version',
    value: JSON.stringify({ version: 2, allow: [], deny: [] }),
    problem: /^expected version 1, met 2$/,
  },
  {
    name: 'a missing list',
    value: JSON.stringify({ version: 1, allow: [] }),
    problem: /^deny: expected a list$/,
  },
  {
    name: 'an entry that is none',
    value: JSON.stringify({ version: 1, allow: [null], deny: [] }),
    problem: /^allow\[0\]: expected an object$/,
  },
  {
    name: 'a prefix that is none',
    value: JSON.stringify({ version: 1, allow: [], deny: [{ ...good, prefix: '1.2.3' }] }),
    problem: /^deny\[0\]: "1\.2\.3"/,
  },
  {
    name: 'a prefix that is no text',
    value: JSON.stringify({ version: 1, allow: [], deny: [good, { ...good, prefix: 7 }] }),
    problem: /^deny\[1\]: prefix is not a text$/,
  },
  {
    name: 'a long reason',
    value: JSON.stringify({ version: 1, allow: [], deny: [{ ...good, reason: 'x'.repeat(201) }] }),
    problem: /at most 200/,
  },
  {
    name: 'a negative expiry',
    value: JSON.stringify({ version: 1, allow: [], deny: [{ ...good, expiresAtMs: -1 }] }),
    problem: /expiresAtMs/,
  },
  {
    name: 'one entry too many',
    value: JSON.stringify({
      version: 1,
      allow: Array.from({ length: addedEntriesMax + 1 }, () => good),
      deny: [],
    }),
    problem: /^allow: 65537 entries, expected at most 65536$/,
  },
];

for (const { name, value, problem } of files) {
  test(`list file: ${name} is refused with its place`, () => {
    const decoded = decodeListFile(value);
    assert.ok(typeof decoded === 'string');
    assert.match(decoded, problem);
  });
}
