import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type IpAddress,
  ipAddressFromWords,
  maskAddress,
  type Prefix,
  parseIpAddress,
  parsePrefix,
} from './ip-address.ts';
import { buildPrefixList, type PrefixEntry, PrefixList } from './prefix-list.ts';
import { createSeededRandom, type Random } from './random.ts';

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  assert(typeof prefix !== 'string', String(prefix));
  return prefix;
}

function listOf(...entries: readonly (readonly [string, number])[]): PrefixList {
  return new PrefixList(buildPrefixList(entries.map(([text, value]) => ({ prefix: prefixOf(text), value }))));
}

const nested = listOf(
  ['10.0.0.0/8', 1],
  ['10.2.0.0/16', 2],
  ['10.2.3.0/24', 3],
  ['10.2.3.4/32', 4],
  ['10.2.3.5/32', 2],
  ['10.255.255.255/32', 5],
  ['192.0.2.0/24', 6],
  ['192.0.3.0/24', 6],
  ['255.255.255.255/32', 7],
  ['2001:db8::/32', 11],
  ['2001:db8:0:5::/64', 12],
  ['2001:db8::1/128', 13],
  ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128', 14],
  ['fe80::/10', 15],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128', 16],
);

for (const [address, value] of [
  ['9.255.255.255', -1],
  ['10.0.0.0', 1],
  ['10.1.255.255', 1],
  ['10.2.0.0', 2],
  ['10.2.2.255', 2],
  ['10.2.3.0', 3],
  ['10.2.3.3', 3],
  ['10.2.3.4', 4],
  ['10.2.3.5', 2],
  ['10.2.3.6', 3],
  ['10.2.3.255', 3],
  ['10.2.4.0', 2],
  ['10.2.255.255', 2],
  ['10.3.0.0', 1],
  ['10.255.255.254', 1],
  ['10.255.255.255', 5],
  ['11.0.0.0', -1],
  ['::ffff:10.2.3.4', 4],
  ['0.0.0.0', -1],
  ['192.0.1.255', -1],
  ['192.0.2.0', 6],
  ['192.0.3.255', 6],
  ['192.0.4.0', -1],
  ['255.255.255.254', -1],
  ['255.255.255.255', 7],
  ['::', -1],
  ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', -1],
  ['2001:db8::', 11],
  ['2001:db8::1', 13],
  ['2001:db8::2', 11],
  ['2001:db8:0:4:ffff:ffff:ffff:ffff', 11],
  ['2001:db8:0:5::', 12],
  ['2001:db8:0:5:ffff:ffff:ffff:ffff', 12],
  ['2001:db8:0:6::', 11],
  ['2001:db8:ffff:ffff:ffff:ffff:ffff:fffe', 11],
  ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 14],
  ['2001:db9::', -1],
  ['febf::1', 15],
  ['fec0::', -1],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 16],
] as const) {
  test(`prefix list: ${address} finds ${value}`, () => {
    assert.equal(nested.lookup(parseIpAddress(address)!), value);
  });
}

test('prefix list: an empty list contains nothing', () => {
  const empty = listOf();
  assert.equal(empty.size, 0);
  for (const address of ['0.0.0.0', '255.255.255.255', '::', '::1']) {
    assert.equal(empty.lookup(parseIpAddress(address)!), -1);
  }
});

test('prefix list: 0.0.0.0/0 contains all of IPv4 and nothing of IPv6, ::/0 the other way round', () => {
  const all4 = listOf(['0.0.0.0/0', 0]);
  const all6 = listOf(['::/0', 0]);
  for (const address of ['0.0.0.0', '127.0.0.1', '255.255.255.255', '::ffff:1.2.3.4']) {
    assert.equal(all4.lookup(parseIpAddress(address)!), 0);
    assert.equal(all6.lookup(parseIpAddress(address)!), -1);
  }
  for (const address of ['::', '::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']) {
    assert.equal(all4.lookup(parseIpAddress(address)!), -1);
    assert.equal(all6.lookup(parseIpAddress(address)!), 0);
  }
});

test('prefix list: a prefix given twice counts once, with its last value', () => {
  const list = listOf(['10.0.0.0/8', 1], ['2001:db8::/32', 3], ['10.0.0.0/8', 2], ['2001:db8::/32', 4]);
  assert.equal(list.size, 2);
  assert.equal(list.lookup(parseIpAddress('10.1.1.1')!), 2);
  assert.equal(list.lookup(parseIpAddress('2001:db8::1')!), 4);
});

test('prefix list: several views read one buffer', () => {
  const buffer = buildPrefixList([{ prefix: prefixOf('10.0.0.0/8'), value: 9 }]);
  for (const view of [new PrefixList(buffer), new PrefixList(buffer)]) {
    assert.equal(view.lookup(parseIpAddress('10.0.0.1')!), 9);
  }
});

for (const [value, isTaken] of [
  [-1, false],
  [0, true],
  [2 ** 31 - 1, true],
  [2 ** 31, false],
  [0.5, false],
  [Number.NaN, false],
] as const) {
  test(`prefix list: the value ${value} is ${isTaken ? 'kept' : 'refused'}`, () => {
    if (isTaken) assert.equal(listOf(['10.0.0.0/8', value]).lookup(parseIpAddress('10.0.0.1')!), value);
    else
      assert.throws(() => listOf(['10.0.0.0/8', value]), /the value of 10.0.0.0\/8 is not an Int32 from 0/);
  });
}

test('prefix list: a buffer that is not a list is refused', () => {
  const list = buildPrefixList([{ prefix: prefixOf('10.0.0.0/8'), value: 1 }]);
  const cut = new SharedArrayBuffer(list.byteLength - 4);
  new Uint32Array(cut).set(new Uint32Array(list, 0, cut.byteLength / 4));
  const wrongLayout = new SharedArrayBuffer(list.byteLength);
  for (const buffer of [new SharedArrayBuffer(0), new SharedArrayBuffer(31), cut, wrongLayout]) {
    assert.throws(() => new PrefixList(buffer), /not the buffer of a PrefixList/);
  }
});

/** A random prefix; the few distinct words make prefixes nest and meet. */
function drawPrefix(random: Random, version: 4 | 6): Prefix {
  const address = drawAddress(random, version);
  const bits = random.uint32() % (version === 4 ? 33 : 129);
  const masked = maskAddress(address, bits);
  return { address: masked, bits, text: `${masked.text}/${bits}` };
}

function drawAddress(random: Random, version: 4 | 6): IpAddress {
  const word = (): number => {
    const few = [0, 0xffffffff, 0x0a000000, 0x0a000001, 0x0a01ff00, 0x80000000, 0x7fffffff];
    return random.uint32() % 3 === 0 ? random.uint32() : few[random.uint32() % few.length]!;
  };
  return version === 4
    ? ipAddressFromWords(0, 0, 0xffff, word())
    : ipAddressFromWords(word(), word(), word(), word());
}

/** The longest prefix that contains the address, by looking at each. */
function lookupSlowly(entries: readonly PrefixEntry[], address: IpAddress): number {
  let best: PrefixEntry | undefined;
  for (const entry of entries) {
    if (entry.prefix.address.version !== address.version) continue;
    if (maskAddress(address, entry.prefix.bits).text !== entry.prefix.address.text) continue;
    if (best === undefined || entry.prefix.bits >= best.prefix.bits) best = entry;
  }
  return best?.value ?? -1;
}

for (const count of [1, 2, 10, 100, 600]) {
  test(`prefix list: ${count} random prefixes of each family agree with a linear search (seed ${60 + count})`, () => {
    const random = createSeededRandom(60 + count);
    let found = 0;
    let missed = 0;
    for (let round = 0; round < 10; round++) {
      const entries: PrefixEntry[] = [];
      // Without the widest prefixes in every other round: they would hide the gaps.
      const bitsMin = round % 2 === 0 ? 0 : 4;
      while (entries.length < 2 * count) {
        const prefix = drawPrefix(random, entries.length % 2 === 0 ? 4 : 6);
        if (prefix.bits >= bitsMin) entries.push({ prefix, value: random.uint32() % 50 });
      }
      const list = new PrefixList(buildPrefixList(entries));
      assert.equal(list.size, new Set(entries.map(({ prefix }) => prefix.text)).size);
      for (let probe = 0; probe < 100; probe++) {
        const near = entries[random.uint32() % entries.length]!.prefix.address;
        const step = (random.uint32() % 3) - 1;
        const address =
          probe % 2 === 0
            ? drawAddress(random, probe % 4 === 0 ? 4 : 6)
            : ipAddressFromWords(near.w0, near.w1, near.w2, near.w3 + step);
        const expected = lookupSlowly(entries, address);
        assert.equal(list.lookup(address), expected, `round ${round}: ${address.text}`);
        if (expected < 0) missed++;
        else found++;
      }
    }
    assert(found > 100 && missed > 20, `found ${found}, missed ${missed}`);
  });
}
