import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '@secbeat/base/ip-address.ts';
import { buildList, PrefixListView } from './lists.ts';

const nowMs = 1_000_000;

/** Prefix and reason in one, with expiry. */
function entry(prefix: string, expiresAtMs = 0) {
  return { prefix, reason: prefix, expiresAtMs };
}

const rows = [
  { name: 'an empty list has nothing', entries: [], address: '192.0.2.1', found: undefined },
  {
    name: 'an entry without expiry holds',
    entries: [entry('192.0.2.0/24')],
    address: '192.0.2.1',
    found: '192.0.2.0/24',
  },
  {
    name: 'another address is not on it',
    entries: [entry('192.0.2.0/24')],
    address: '192.0.3.1',
    found: undefined,
  },
  {
    name: 'holds until the moment before its expiry',
    entries: [entry('192.0.2.0/24', nowMs + 1)],
    address: '192.0.2.1',
    found: '192.0.2.0/24',
  },
  {
    name: 'has ended at the moment of its expiry',
    entries: [entry('192.0.2.0/24', nowMs)],
    address: '192.0.2.1',
    found: undefined,
  },
  {
    name: 'the narrowest entry wins',
    entries: [entry('192.0.0.0/16'), entry('192.0.2.0/24')],
    address: '192.0.2.1',
    found: '192.0.2.0/24',
  },
  {
    name: 'a wider entry holds when the narrow ones in it have expired',
    entries: [entry('192.0.0.0/16'), entry('192.0.2.1/32', 1), entry('192.0.2.0/24', 2)],
    address: '192.0.2.1',
    found: '192.0.0.0/16',
  },
  {
    name: 'a neighbour is no cover',
    entries: [entry('192.0.2.0/25'), entry('192.0.2.128/25', 1)],
    address: '192.0.2.200',
    found: undefined,
  },
  {
    name: 'IPv6 covers IPv6',
    entries: [entry('2001:db8::/32'), entry('2001:db8:1::/48', 1)],
    address: '2001:db8:1::7',
    found: '2001:db8::/32',
  },
  {
    name: 'an IPv6 prefix never covers IPv4',
    entries: [entry('::/0'), entry('192.0.2.1/32', 1)],
    address: '192.0.2.1',
    found: undefined,
  },
  {
    name: 'a cover is found over siblings in between',
    entries: [entry('10.0.0.0/8'), entry('10.1.0.0/16', 1), entry('10.1.1.0/24', 1), entry('10.2.0.0/16', 1)],
    address: '10.2.3.4',
    found: '10.0.0.0/8',
  },
];

for (const { name, entries, address, found } of rows) {
  test(`list: ${name}`, () => {
    const view = new PrefixListView(buildList(entries));
    assert.equal(view.lookup(parseIpAddress(address)!, nowMs)?.prefix, found);
  });
}

test('list: a prefix that is none is refused with what is wrong', () => {
  assert.throws(() => buildList([entry('192.0.2.1/24')]), {
    code: 'prefix-invalid',
    message: /write 192\.0\.2\.0\/24/,
  });
});
