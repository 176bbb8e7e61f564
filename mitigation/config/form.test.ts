import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkForm, type Form, normalisePathPrefix, parseTime } from './form.ts';

interface Row {
  readonly form: Form;
  readonly text: string;
  /** Undefined: it fits. */
  readonly error: RegExp | undefined;
}

const drain: Form = { kind: 'duration', minimum: '100ms', maximum: '1h' };
const head: Form = { kind: 'size', minimum: '1KiB', maximum: '1MiB' };
const ok = undefined;

const rows: readonly Row[] = [
  { form: drain, text: '99ms', error: /^"99ms" is too small; the minimum is 100ms$/ },
  { form: drain, text: '100ms', error: ok },
  { form: drain, text: '101ms', error: ok },
  { form: drain, text: '3599s', error: ok },
  { form: drain, text: '60m', error: ok },
  { form: drain, text: '3601s', error: /^"3601s" is too large; the maximum is 1h$/ },
  { form: drain, text: '10', error: /has no unit/ },
  { form: head, text: '1023', error: /too small; the minimum is 1KiB/ },
  { form: head, text: '1024', error: ok },
  { form: head, text: '1048576', error: ok },
  { form: head, text: '1048577', error: /too large; the maximum is 1MiB/ },

  { form: { kind: 'prefix' }, text: '203.0.113.0/24', error: ok },
  { form: { kind: 'prefix' }, text: '203.0.113.1', error: ok },
  { form: { kind: 'prefix' }, text: '203.0.113.1/24', error: /write 203\.0\.113\.0\/24/ },
  { form: { kind: 'prefix' }, text: 'shop', error: /is not an IP address/ },

  { form: { kind: 'upstream-reference' }, text: 'shop', error: ok },
  { form: { kind: 'upstream-reference' }, text: 'http://shop:80', error: ok },
  { form: { kind: 'upstream-reference' }, text: '3000', error: /is no origin/ },
  { form: { kind: 'upstream-reference' }, text: `s${'h'.repeat(62)}`, error: ok },
  { form: { kind: 'upstream-reference' }, text: `s${'h'.repeat(63)}`, error: /is no origin/ },

  { form: { kind: 'host-name' }, text: '*', error: ok },
  { form: { kind: 'host-name' }, text: 'Shop.Example.org', error: ok },
  { form: { kind: 'host-name' }, text: '*.example.org', error: ok },
  { form: { kind: 'host-name' }, text: '127.0.0.1', error: ok },
  { form: { kind: 'host-name' }, text: '[::1]', error: ok },
  { form: { kind: 'host-name' }, text: '::1', error: /stands in brackets, as in the Host field: "\[::1\]"/ },
  { form: { kind: 'host-name' }, text: '[::g]', error: /is no IPv6 address in brackets/ },
  { form: { kind: 'host-name' }, text: 'shop.example:443', error: /a host name has no port here/ },
  { form: { kind: 'host-name' }, text: 'shop.example.', error: /without the dot at its end/ },
  {
    form: { kind: 'host-name' },
    text: 'a*.example',
    error: /may only stand alone or as the whole first label/,
  },
  { form: { kind: 'host-name' }, text: '*.*.example', error: /may only stand alone/ },
  { form: { kind: 'host-name' }, text: 'm\u00fcnchen.example', error: /ASCII form \(xn--\.\.\.\)/ },
  { form: { kind: 'host-name' }, text: 'a..b', error: /is no host name/ },
  { form: { kind: 'host-name' }, text: '', error: /is no host name/ },
  { form: { kind: 'host-name' }, text: 'http://shop', error: /is no host name/ },

  { form: { kind: 'path-prefix' }, text: '/', error: ok },
  { form: { kind: 'path-prefix' }, text: '/api/v1/', error: ok },
  { form: { kind: 'path-prefix' }, text: '/.well-known', error: ok },
  { form: { kind: 'path-prefix' }, text: 'api', error: /a path starts with "\/"/ },
  { form: { kind: 'path-prefix' }, text: '/api/*', error: /has no "\?", "#" or "\*"/ },
  { form: { kind: 'path-prefix' }, text: '/a?b', error: /has no "\?"/ },
  { form: { kind: 'path-prefix' }, text: '/a%20b', error: /compared decoded/ },
  { form: { kind: 'path-prefix' }, text: '/a//b', error: /compared normalised/ },
  { form: { kind: 'path-prefix' }, text: '/a/../b', error: /compared normalised/ },
  { form: { kind: 'path-prefix' }, text: '/a/.', error: /compared normalised/ },
  { form: { kind: 'path-prefix' }, text: '/a\nb', error: /control character/ },
  { form: { kind: 'path-prefix' }, text: `/${'a'.repeat(1023)}`, error: ok },
  { form: { kind: 'path-prefix' }, text: `/${'a'.repeat(1024)}`, error: /longer than 1024/ },

  { form: { kind: 'file-path' }, text: 'tls/shop.pem', error: ok },
  { form: { kind: 'file-path' }, text: '', error: /is no path of a file/ },
  { form: { kind: 'file-path' }, text: 'a\u0000b', error: /is no path of a file/ },
  {
    form: { kind: 'file-path' },
    text: '-----BEGIN PRIVATE KEY-----\nMC4C',
    error: /give the path of its file/,
  },
];

describe('form', () => {
  for (const { form, text, error } of rows) {
    test(`${form.kind}: ${JSON.stringify(text.slice(0, 60))}`, () => {
      const met = checkForm(form, text);
      if (error === undefined) assert.equal(met, undefined);
      else assert.match(String(met), error);
    });
  }
});

describe('time', () => {
  const times: readonly (readonly [text: string, result: number | RegExp])[] = [
    ['2027-01-31T12:00:00Z', 1_801_396_800_000],
    ['2027-01-31T13:00:00.5+01:00', 1_801_396_800_500],
    ['2028-02-29T00:00:00Z', 1_835_395_200_000],
    ['2027-02-29T00:00:00Z', /does not exist/],
    ['2027-04-31T00:00:00Z', /does not exist/],
    ['2027-13-01T00:00:00Z', /does not exist/],
    ['2027-01-01T25:00:00Z', /does not exist/],
    ['2027-01-31', /is no time; expected a date and time with zone/],
    ['2027-01-31T12:00:00', /is no time/],
    ['tomorrow', /is no time/],
  ];
  for (const [text, result] of times) {
    test(text, () => {
      if (typeof result === 'number') assert.equal(parseTime(text), result);
      else assert.match(String(parseTime(text)), result);
    });
  }
});

test('path prefix: the slash at its end does not count', () => {
  assert.equal(normalisePathPrefix('/'), '/');
  assert.equal(normalisePathPrefix('/api/'), '/api');
});
