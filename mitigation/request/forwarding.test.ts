import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress, parsePrefix } from '@secbeat/base/ip-address.ts';
import { buildPrefixList, PrefixList } from '@secbeat/base/prefix-list.ts';
import { RequestHeadReader } from '@secbeat/http/h1/request-head.ts';
import { type DownstreamSide, Exchange } from '../exchange.ts';
import type { Policy } from '../policy.ts';
import { requestHeadText } from './forward.ts';
import { identify } from './identify.ts';

/** An exchange of `peer` with a head that a real reader read; only what the functions under test look at is there. */
function exchangeOf(peer: string, head: string, trusted: readonly string[]): Exchange {
  const reader = new RequestHeadReader({ headBytesMax: 32_768, fieldsMax: 100, targetBytesMax: 8_192 });
  const bytes = Buffer.from(head.replaceAll('\n', '\r\n'), 'latin1');
  assert.equal(reader.read(bytes, 0, bytes.length), bytes.length, reader.refusal?.message);
  const entries = trusted.map((text) => {
    const prefix = parsePrefix(text);
    assert.ok(typeof prefix !== 'string');
    return { prefix, value: 1 };
  });
  const policy = { trustedProxies: new PrefixList(buildPrefixList(entries)) } as Policy;
  const down = { peer: parseIpAddress(peer)!, isTls: false, localPort: 8080 } as DownstreamSide;
  const exchange = new Exchange(down, reader.head, policy, 'EXCHANGEID', 0, 0);
  identify(exchange);
  return exchange;
}

const chains: readonly (readonly [string, string, string, readonly string[], string])[] = [
  ['an untrusted peer is the client', '192.0.2.9', 'X-Forwarded-For: 198.51.100.1', [], '192.0.2.9'],
  [
    'a trusted peer names the client',
    '10.0.0.1',
    'X-Forwarded-For: 198.51.100.1',
    ['10.0.0.0/8'],
    '198.51.100.1',
  ],
  [
    'the right-most untrusted hop counts',
    '10.0.0.1',
    'X-Forwarded-For: 1.1.1.1, 198.51.100.1, 10.2.2.2',
    ['10.0.0.0/8'],
    '198.51.100.1',
  ],
  [
    'two fields are one list',
    '10.0.0.1',
    'X-Forwarded-For: 1.1.1.1\nX-Forwarded-For: 198.51.100.1',
    ['10.0.0.0/8'],
    '198.51.100.1',
  ],
  [
    'all hops trusted: the left-most',
    '10.0.0.1',
    'X-Forwarded-For: 10.3.3.3, 10.2.2.2',
    ['10.0.0.0/8'],
    '10.3.3.3',
  ],
  [
    'a hop that is no address ends the walk',
    '10.0.0.1',
    'X-Forwarded-For: 1.1.1.1, unknown, 10.2.2.2',
    ['10.0.0.0/8'],
    '10.2.2.2',
  ],
  ['nothing but rubbish leaves the peer', '10.0.0.1', 'X-Forwarded-For: ,,;', ['10.0.0.0/8'], '10.0.0.1'],
  ['ports are cut', '10.0.0.1', 'X-Forwarded-For: 198.51.100.1:4711', ['10.0.0.0/8'], '198.51.100.1'],
  [
    'IPv6 with brackets and port',
    '10.0.0.1',
    'X-Forwarded-For: [2001:db8::1]:4711',
    ['10.0.0.0/8'],
    '2001:db8::1',
  ],
  [
    'Forwarded serves when X-Forwarded-For is absent',
    '10.0.0.1',
    'Forwarded: for=1.1.1.1, for="[2001:db8::2]:80";proto=https',
    ['10.0.0.0/8'],
    '2001:db8::2',
  ],
  [
    'what a proxy quotes in Forwarded names nobody',
    '10.0.0.1',
    'Forwarded: host="a;for=6.6.6.6,for=7.7.7.7\\",for=8.8.8.8";for=198.51.100.1',
    ['10.0.0.0/8'],
    '198.51.100.1',
  ],
  [
    'a mapped IPv4 peer is IPv4',
    '::ffff:10.0.0.1',
    'X-Forwarded-For: 198.51.100.1',
    ['10.0.0.0/8'],
    '198.51.100.1',
  ],
];

for (const [name, peer, fields, trusted, expected] of chains) {
  test(`identify: ${name}`, () => {
    const exchange = exchangeOf(peer, `GET / HTTP/1.1\nHost: a.test\n${fields}\n\n`, trusted);
    assert.equal(exchange.client.text, expected);
    assert.equal(exchange.isProxied, expected !== exchange.down.peer.text);
  });
}

test('identify: X-Request-ID is kept from a trusted proxy, and made anew from anybody else', () => {
  const head = 'GET / HTTP/1.1\nHost: a.test\nX-Request-ID: abc-123\n\n';
  assert.equal(exchangeOf('10.0.0.1', head, ['10.0.0.0/8']).requestId, 'abc-123');
  assert.equal(exchangeOf('192.0.2.1', head, ['10.0.0.0/8']).requestId, 'EXCHANGEID');
});

test('identify: an X-Request-ID that could break a log line is not kept', () => {
  const head = 'GET / HTTP/1.1\nHost: a.test\nX-Request-ID: a b"\n\n';
  assert.equal(exchangeOf('10.0.0.1', head, ['10.0.0.0/8']).requestId, 'EXCHANGEID');
});

test('forward: other spellings of what we say about the client do not get through', () => {
  const fields =
    'X_Forwarded_For: 6.6.6.6\nX-Forwarded_Proto: https\nx.real.ip: 6.6.6.6\nX-Forwarded-Port: 1\nX-Forwarded-Fox: kept\n';
  const of = (trusted: readonly string[]): string =>
    requestHeadText(exchangeOf('10.0.0.1', `GET / HTTP/1.1\nHost: a.test\n${fields}\n`, trusted));
  assert.doesNotMatch(of([]), /6\.6\.6\.6|X-Forwarded_Proto|X-Forwarded-Port: 1\r/);
  assert.match(of([]), /\r\nX-Forwarded-Fox: kept\r\n/);
  assert.doesNotMatch(of(['10.0.0.0/8']), /6\.6\.6\.6|X-Forwarded_Proto/);
  assert.match(of(['10.0.0.0/8']), /\r\nX-Forwarded-Port: 1\r\n/);
});

test('forward: what a client says about itself is replaced', () => {
  const text = requestHeadText(
    exchangeOf(
      '192.0.2.1',
      'GET /a?b=c HTTP/1.1\nHost: Shop.Test:80\nX-Forwarded-For: 6.6.6.6\nX-Real-IP: 6.6.6.6\nForwarded: for=6.6.6.6\n' +
        'X-Forwarded-Proto: https\nX-Forwarded-Host: evil.test\nX-Request-ID: mine\nAccept:  x \nConnection: close, X-Drop\n' +
        'X-Drop: 1\nKeep-Alive: timeout=5\nTE: trailers\nUpgrade: foo\nCookie: a=b\n\n',
      [],
    ),
  );
  assert.equal(
    text,
    'GET /a?b=c HTTP/1.1\r\nHost: Shop.Test:80\r\nAccept: x\r\nCookie: a=b\r\n' +
      'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: Shop.Test:80\r\nX-Forwarded-Port: 8080\r\nX-Real-IP: 192.0.2.1\r\n' +
      'Forwarded: for=192.0.2.1;host="Shop.Test:80";proto=http\r\nX-Request-ID: EXCHANGEID\r\n\r\n',
  );
});

test('forward: what a trusted proxy says is continued', () => {
  const text = requestHeadText(
    exchangeOf(
      '10.0.0.1',
      'GET / HTTP/1.1\nHost: a.test\nX-Forwarded-For: 198.51.100.1\nForwarded: for=198.51.100.1\n' +
        'X-Forwarded-Proto: https\nX-Forwarded-Host: b.test\n\n',
      ['10.0.0.0/8'],
    ),
  );
  assert.match(text, /\r\nX-Forwarded-For: 198\.51\.100\.1, 10\.0\.0\.1\r\n/);
  assert.match(
    text,
    /\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\.test\r\nX-Forwarded-Port: 8080\r\nX-Real-IP: 198\.51\.100\.1\r\n/,
  );
  assert.match(text, /\r\nForwarded: for=198\.51\.100\.1, for=10\.0\.0\.1;host=a\.test;proto=http\r\n/);
});

const framings: readonly (readonly [string, string, string])[] = [
  [
    'a length is said once',
    'POST / HTTP/1.1\nHost: a.test\nContent-Length: 5\n\n',
    '\r\nContent-Length: 5\r\n\r\n',
  ],
  [
    'chunked is said once',
    'POST / HTTP/1.1\nHost: a.test\nTransfer-Encoding: chunked\n\n',
    '\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  [
    'an upgrade goes on',
    'GET / HTTP/1.1\nHost: a.test\nConnection: Upgrade\nUpgrade: websocket\n\n',
    '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
];

for (const [name, head, end] of framings) {
  test(`forward: ${name}`, () => {
    const text = requestHeadText(exchangeOf('192.0.2.1', head, []));
    assert.ok(text.endsWith(end), text);
    assert.equal(text.match(/content-length|transfer-encoding|upgrade:/gi)?.length, 1);
  });
}

test('forward: Host is as the client wrote it', () => {
  const text = requestHeadText(exchangeOf('192.0.2.1', 'GET http://A.test/x HTTP/1.1\nHost: A.test\n\n', []));
  assert.ok(text.startsWith('GET /x HTTP/1.1\r\nHost: A.test\r\n'), text);
});

for (const name of [
  'X_Forwarded_For',
  'x-forwarded_proto',
  'X.Real.IP',
  'X_FORWARDED_HOST',
  'X_Forwarded_Port',
  'X_Request_ID',
]) {
  test(`forward: ${name}, which CGI takes for a field of ours, does not go on`, () => {
    const text = requestHeadText(
      exchangeOf('192.0.2.1', `GET / HTTP/1.1\nHost: a.test\n${name}: 6.6.6.6\n\n`, []),
    );
    assert.ok(!text.includes('6.6.6.6'), text);
  });
}

test('forward: other fields with underscores go on', () => {
  const text = requestHeadText(
    exchangeOf('192.0.2.1', 'GET / HTTP/1.1\nHost: a.test\nX_Filename: a\nx_forwarded: b\n\n', []),
  );
  assert.ok(text.includes('\r\nX_Filename: a\r\nx_forwarded: b\r\n'), text);
});
