import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatEndpoint, isDnsName, parseListenAddress, parsePeer, shorten } from './endpoint.ts';

describe('listen address: accepted', () => {
  const rows: readonly (readonly [text: string, host: string, port: number])[] = [
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:8443', '::1', 8443],
    ['[::]:65535', '::', 65_535],
    ['localhost:80', '127.0.0.1', 80],
  ];
  for (const [text, host, port] of rows) {
    test(text, () => assert.deepEqual(parseListenAddress(text), { host, port }));
  }
});

describe('listen address: refused', () => {
  const rows: readonly (readonly [text: string, error: RegExp])[] = [
    ['', /^"" is no HOST:PORT, for example 127\.0\.0\.1:8080 or \[::1\]:8080$/],
    ['127.0.0.1', /is no HOST:PORT/],
    ['8080', /is no HOST:PORT/],
    [':8080', /names no address; write 127\.0\.0\.1:8080 for this machine only, 0\.0\.0\.0:8080/],
    ['*:8080', /names no address/],
    ['::1:8443', /"::1:8443": an IPv6 address stands in brackets/],
    ['::1', /an IPv6 address stands in brackets/],
    ['[::1]', /is no HOST:PORT/],
    ['[::g]:80', /"::g" is no IPv6 address/],
    ['[fe80::1%eth0]:80', /"fe80::1%eth0" is no IPv6 address/],
    ['[127.0.0.1]:80', /"127\.0\.0\.1" is no IPv6 address/],
    ['127.0.0.1:65536', /port 65536 is above 65535/],
    ['127.0.0.1:-1', /is no HOST:PORT/],
    ['127.0.0.1:080808', /is no HOST:PORT/],
    ['shop.example:80', /"shop\.example" is no address of an interface/],
    ['256.0.0.1:80', /"256\.0\.0\.1" is no address of an interface/],
    ['x'.repeat(5000), /^"x{77}\.\.\." is no HOST:PORT/],
  ];
  for (const [text, error] of rows) {
    test(shorten(text), () => assert.match(String(parseListenAddress(text)), error));
  }
});

describe('peer: accepted', () => {
  const rows: readonly (readonly [text: string, host: string, port: number])[] = [
    ['http://127.0.0.1:3000', '127.0.0.1', 3000],
    ['http://127.0.0.1:3000/', '127.0.0.1', 3000],
    ['HTTP://Shop.Internal:81', 'shop.internal', 81],
    ['http://shop', 'shop', 80],
    ['http://[::1]', '::1', 80],
    ['http://[2001:db8::1]:8080', '2001:db8::1', 8080],
    ['127.0.0.1:3000', '127.0.0.1', 3000],
    ['localhost:1', 'localhost', 1],
    ['app_1:65535', 'app_1', 65_535],
  ];
  for (const [text, host, port] of rows) test(text, () => assert.deepEqual(parsePeer(text), { host, port }));
});

describe('peer: refused', () => {
  const rows: readonly (readonly [text: string, error: RegExp])[] = [
    ['', /is no origin; expected http:\/\/HOST:PORT/],
    ['shop', /is no origin/],
    ['http://', /is neither an address nor a host name/],
    ['https://127.0.0.1:3000', /origins are reached over plain http, not https/],
    ['unix:///run/app.sock', /plain http, not unix/],
    ['http://127.0.0.1:3000/app', /an origin has no path/],
    ['http://127.0.0.1:3000?x', /an origin has no path/],
    ['http://user:pass@127.0.0.1:3000', /a user name or password has no place here/],
    ['http://127.0.0.1:0', /an origin has a port from 1 to 65535/],
    ['http://127.0.0.1:65536', /port 65536 is above 65535/],
    ['http://127.0.0.1:', /is no HOST:PORT/],
    ['http://127.1:80', /"127\.1" is neither an address nor a host name/],
    ['http://0x7f000001:80', /"0x7f000001" is neither/],
    ['http://-shop:80', /"-shop" is neither/],
    ['http://sh op:80', /"sh op" is neither/],
    ['::1:3000', /an IPv6 address stands in brackets/],
    [`http://${'a'.repeat(64)}:80`, /is neither an address nor a host name/],
  ];
  for (const [text, error] of rows) test(shorten(text), () => assert.match(String(parsePeer(text)), error));
});

describe('host name: length', () => {
  const label = 'a'.repeat(63);
  const rows: readonly (readonly [title: string, name: string, isName: boolean])[] = [
    ['label of 63', label, true],
    ['label of 64', `${label}a`, false],
    ['name of 253', `${label}.${label}.${label}.${'a'.repeat(61)}`, true],
    ['name of 254', `${label}.${label}.${label}.${'a'.repeat(62)}`, false],
  ];
  for (const [title, name, isName] of rows) test(title, () => assert.equal(isDnsName(name), isName));
});

test('endpoint: written with brackets around IPv6', () => {
  assert.equal(formatEndpoint({ host: '::1', port: 1 }), '[::1]:1');
  assert.equal(formatEndpoint({ host: '127.0.0.1', port: 1 }), '127.0.0.1:1');
});
