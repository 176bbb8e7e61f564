import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { formatPrefix, ipAddressFromWords, maskAddress, parseIpAddress, parsePrefix } from './ip-address.ts';
import { createSeededRandom } from './random.ts';

for (const [text, canonical] of [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['192.0.2.1', '192.0.2.1'],
  ['1.20.100.249', '1.20.100.249'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:DB8::ABCD', '2001:db8::abcd'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['1:0:0:4:5:6:0:0', '1::4:5:6:0:0'],
  ['0:0:3:4:5:0:0:0', '0:0:3:4:5::'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::1', 'fe80::1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::13.1.68.3', '::d01:4403'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:C000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '255.255.255.255'],
  ['::ffff:0:0', '0.0.0.0'],
  ['::fffe:1.2.3.4', '::fffe:102:304'],
  ['::ffff:0:1.2.3.4', '::ffff:0:102:304'],
] as const) {
  test(`ip address: ${text} is ${canonical}`, () => {
    const address = parseIpAddress(text);
    assert.equal(address?.text, canonical);
    assert.equal(address.version, isIP(canonical));
    assert.deepEqual(parseIpAddress(canonical), address);
  });
}

for (const [text, words] of [
  ['192.0.2.1', [4, 0, 0, 0xffff, 0xc0000201]],
  ['255.0.0.255', [4, 0, 0, 0xffff, 0xff0000ff]],
  ['::ffff:192.0.2.1', [4, 0, 0, 0xffff, 0xc0000201]],
  ['ff02::8000:1', [6, 0xff020000, 0, 0, 0x80000001]],
  ['1:2:3:4:5:6:7:8', [6, 0x10002, 0x30004, 0x50006, 0x70008]],
] as const) {
  test(`ip address: ${text} has the words ${words.slice(1).map((word) => word.toString(16))}`, () => {
    const { version, w0, w1, w2, w3 } = parseIpAddress(text)!;
    assert.deepEqual([version, w0, w1, w2, w3], words);
    assert.deepEqual(ipAddressFromWords(w0, w1, w2, w3), parseIpAddress(text));
    assert.deepEqual(ipAddressFromWords(w0 | 0, w1 | 0, w2 | 0, w3 | 0), parseIpAddress(text));
  });
}

for (const text of [
  '',
  ' ',
  '1',
  '1.2.3',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '1.2.3.4.',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.999',
  '1.2.3.01',
  '1.2.3.00',
  '01.2.3.4',
  '0x1.2.3.4',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.-4',
  '1.2.3.+4',
  '1.2.3.4\n',
  '1.2.3.4\0',
  '1.2.3.4/32',
  '1.2.3.4:80',
  '3232235777',
  '0xc0a80101',
  '１.2.3.4',
  'localhost',
  ':',
  ':::',
  '::1::',
  '1::2::3',
  ':1',
  '1:',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4::5:6:7:8',
  '1:2:3:4:5:6:7:',
  ':1:2:3:4:5:6:7',
  '12345::',
  '00001::',
  'g::',
  '::1.2.3',
  '::1.2.3.4.5',
  '::01.2.3.4',
  '::1.2.3.4:5',
  '1:2:3:4:5:6:7:1.2.3.4',
  '1:2:3:4:5:6:7:8:1.2.3.4',
  '1:2:3:4:5:1.2.3.4',
  '1:2:3:4:5:6::1.2.3.4',
  '::ffff:1.2.3.256',
  '::.1.2.3',
  '::a.2.3.4',
  '::1a.2.3.4',
  'fe80::1%eth0',
  'fe80::1%',
  '[::1]',
  '::1/128',
  '::1 ',
  '::ffff:0x7f.1',
  '1.2.3.4::',
  '0000:0000:0000:0000:0000:ffff:255.255.255.2555',
  `${'0'.repeat(100_000)}::1`,
  '9'.repeat(1_000_000),
]) {
  test(`ip address: ${JSON.stringify(text.slice(0, 60))} (${text.length} characters) is refused`, () => {
    assert.equal(parseIpAddress(text), undefined);
  });
}

test('ip address: takes what node:net takes and nothing else, over 40,000 mutations (seed 21)', () => {
  const random = createSeededRandom(21);
  const seeds = [
    '192.0.2.1',
    '2001:db8::1',
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:7:8',
    'fe80::',
    '::',
    '10.0.0.255',
  ];
  const alphabet = '0123456789abcdefF:.g';
  let taken = 0;
  for (let round = 0; round < 40_000; round++) {
    let text = seeds[random.uint32() % seeds.length]!;
    for (let edit = random.uint32() % 4; edit > 0; edit--) {
      const at = random.uint32() % (text.length + 1);
      const removed = random.uint32() % 2;
      const inserted = random.uint32() % 3 === 0 ? '' : alphabet[random.uint32() % alphabet.length]!;
      text = text.slice(0, at) + inserted + text.slice(at + removed);
    }
    const address = parseIpAddress(text);
    assert.equal(address !== undefined, isIP(text) !== 0, text);
    if (address !== undefined) taken++;
  }
  assert(taken > 5_000 && taken < 35_000, String(taken));
});

test('ip address: what is written is read back, over 20,000 sparse addresses (seed 22)', () => {
  const random = createSeededRandom(22);
  const word = (): number => {
    const pick = random.uint32() % 4;
    if (pick === 0) return 0;
    return pick === 1 ? (random.uint32() & 0xffff) >>> 0 : random.uint32();
  };
  for (let round = 0; round < 20_000; round++) {
    const address = ipAddressFromWords(word(), word(), word(), word());
    assert.deepEqual(parseIpAddress(address.text), address);
  }
});

for (const [text, bits, masked] of [
  ['192.0.2.255', 32, '192.0.2.255'],
  ['192.0.2.255', 31, '192.0.2.254'],
  ['192.0.2.255', 25, '192.0.2.128'],
  ['192.0.2.255', 24, '192.0.2.0'],
  ['255.255.255.255', 1, '128.0.0.0'],
  ['255.255.255.255', 0, '0.0.0.0'],
  ['255.255.255.255', -1, '0.0.0.0'],
  ['255.255.255.255', 33, '255.255.255.255'],
  ['::ffff:192.0.2.255', 24, '192.0.2.0'],
  ['2001:db8:1:2:3:4:5:6', 128, '2001:db8:1:2:3:4:5:6'],
  ['2001:db8:1:2:3:4:5:6', 129, '2001:db8:1:2:3:4:5:6'],
  ['2001:db8:1:2:3:4:5:7', 127, '2001:db8:1:2:3:4:5:6'],
  ['2001:db8:1:2:3:4:5:6', 96, '2001:db8:1:2:3:4::'],
  ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::'],
  ['2001:db8:1:ffff::', 63, '2001:db8:1:fffe::'],
  ['2001:db8:ff:2::', 41, '2001:db8:80::'],
  ['2001:db8::', 31, '2001:db8::'],
  ['2001:db9::', 31, '2001:db8::'],
  ['ffff::', 1, '8000::'],
  ['ffff::', 0, '::'],
] as const) {
  test(`ip address: the first ${bits} bits of ${text} are ${masked}`, () => {
    assert.deepEqual(maskAddress(parseIpAddress(text)!, bits), parseIpAddress(masked));
  });
}

test('ip address: masking that changes nothing returns the same object', () => {
  const network = parseIpAddress('2001:db8::')!;
  assert.equal(maskAddress(network, 64), network);
});

for (const [text, canonical, bits] of [
  ['192.0.2.0/24', '192.0.2.0/24', 24],
  ['0.0.0.0/0', '0.0.0.0/0', 0],
  ['192.0.2.1/32', '192.0.2.1/32', 32],
  ['192.0.2.1', '192.0.2.1/32', 32],
  ['::/0', '::/0', 0],
  ['::1', '::1/128', 128],
  ['2001:DB8:0::/32', '2001:db8::/32', 32],
  ['2001:db8::1/128', '2001:db8::1/128', 128],
  ['::ffff:192.0.2.0/120', '192.0.2.0/24', 24],
  ['::ffff:0:0/96', '0.0.0.0/0', 0],
  ['::ffff:192.0.2.1/128', '192.0.2.1/32', 32],
  ['::ffff:192.0.2.1', '192.0.2.1/32', 32],
] as const) {
  test(`prefix: ${text} is ${canonical}`, () => {
    const prefix = parsePrefix(text);
    assert(typeof prefix !== 'string', String(prefix));
    assert.deepEqual([prefix.text, prefix.bits], [canonical, bits]);
    assert.equal(formatPrefix(prefix.address, prefix.bits), canonical);
    assert.deepEqual(parsePrefix(canonical), prefix);
  });
}

const notNetwork = 'has bits set behind the prefix; write';

for (const [text, message] of [
  ['', '"": "" is not an IP address; expected for example 192.0.2.0/24 or 2001:db8::/32'],
  [
    'example.org/24',
    '"example.org/24": "example.org" is not an IP address; expected for example 192.0.2.0/24 or 2001:db8::/32',
  ],
  [
    '10.0.0/8',
    '"10.0.0/8": "10.0.0" is not an IP address; expected for example 192.0.2.0/24 or 2001:db8::/32',
  ],
  ['/24', '"/24": "" is not an IP address; expected for example 192.0.2.0/24 or 2001:db8::/32'],
  ['10.0.0.0/', '"10.0.0.0/": prefix length "" is not a number from 0 to 32'],
  ['10.0.0.0/33', '"10.0.0.0/33": prefix length "33" is not a number from 0 to 32'],
  ['10.0.0.0/08', '"10.0.0.0/08": prefix length "08" is not a number from 0 to 32'],
  ['10.0.0.0/-1', '"10.0.0.0/-1": prefix length "-1" is not a number from 0 to 32'],
  ['10.0.0.0/8/8', '"10.0.0.0/8/8": prefix length "8/8" is not a number from 0 to 32'],
  ['10.0.0.0/255.0.0.0', '"10.0.0.0/255.0.0.0": prefix length "255.0.0.0" is not a number from 0 to 32'],
  ['10.0.0.0/8 ', '"10.0.0.0/8 ": prefix length "8 " is not a number from 0 to 32'],
  ['::/129', '"::/129": prefix length "129" is not a number from 0 to 128'],
  ['::/1e1', '"::/1e1": prefix length "1e1" is not a number from 0 to 128'],
  [
    '192.0.2.1/24',
    `"192.0.2.1/24": ${notNetwork} 192.0.2.0/24 for the network or 192.0.2.1/32 for the one address`,
  ],
  ['1.0.0.0/0', `"1.0.0.0/0": ${notNetwork} 0.0.0.0/0 for the network or 1.0.0.0/32 for the one address`],
  [
    '2001:db8::1/64',
    `"2001:db8::1/64": ${notNetwork} 2001:db8::/64 for the network or 2001:db8::1/128 for the one address`,
  ],
  [
    '::ffff:192.0.2.1/120',
    `"::ffff:192.0.2.1/120": ${notNetwork} 192.0.2.0/24 for the network or 192.0.2.1/32 for the one address`,
  ],
  [
    '::ffff:0:0/95',
    '"::ffff:0:0/95": a prefix of an IPv4-mapped address needs at least 96 bits; write it as IPv4, for example 0.0.0.0/32',
  ],
] as const) {
  test(`prefix: ${JSON.stringify(text)} is refused with what to write`, () => {
    assert.equal(parsePrefix(text), message);
  });
}

test('prefix: a hostile text is cut in the message', () => {
  const message = parsePrefix(`${'x'.repeat(100_000)}/24`);
  assert(typeof message === 'string' && message.length < 300);
});
