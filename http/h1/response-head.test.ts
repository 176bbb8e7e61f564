import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownField } from './fields.ts';
import { Framing } from './framing.ts';
import { ResponseHeadReader } from './response-head.ts';

const limits = { headBytesMax: 256, fieldsMax: 3 };

function read(reader: ResponseHeadReader, text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  return reader.read(bytes, 0, bytes.length);
}

test('response head: informational responses before the final one, to one request', () => {
  const reader = new ResponseHeadReader(limits);
  reader.begin('HEAD');
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n';
  const final = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
  assert.equal(read(reader, hints + final), hints.length);
  assert.equal(reader.head.isInformational, true);
  assert.equal(read(reader, final), final.length);
  assert.equal(reader.head.isInformational, false);
  assert.equal(reader.head.framing, Framing.none);
  assert.equal(reader.head.contentLength, 10);
  assert.equal(reader.head.fields.indexOf(KnownField.contentLength), 0);
  assert.equal(reader.head.fields.count, 1);
});

test('response head: begin forgets a refusal and what was read', () => {
  const reader = new ResponseHeadReader(limits);
  reader.begin('GET');
  assert.equal(read(reader, 'HTTP/1.1 20x'), -1);
  assert.equal(reader.refusal?.status, 502);
  assert.match(
    reader.refusal?.message ?? '',
    /status line starts with "HTTP\/1\.1 20x"; expected "HTTP\/1\.1 200/,
  );
  assert.equal(read(reader, 'HTTP/1.1 200 OK\r\n\r\n'), -1);
  reader.begin('GET');
  assert.equal(reader.refusal, undefined);
  assert.equal(read(reader, 'HTTP/1.1 200 OK\r\nX: y'), 0);
  reader.begin('GET');
  assert.equal(read(reader, 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'), 41);
  assert.equal(reader.head.status, 302);
  assert.equal(reader.head.reason, 'Found');
});

function headOf(length: number): string {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \r\n\r\n';
  return text.replace('X: ', `X: ${'x'.repeat(length - text.length)}`);
}

const rows: readonly (readonly [what: string, text: string, code: string])[] = [
  ['a head of 255 bytes', headOf(255), ''],
  ['a head of 256 bytes', headOf(256), ''],
  ['a head of 257 bytes', headOf(257), 'head-too-large'],
  ['2 fields', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(2)}\r\n`, ''],
  ['3 fields', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(3)}\r\n`, ''],
  ['4 fields', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(4)}\r\n`, 'fields-too-many'],
  ['an endless reason phrase', `HTTP/1.1 200 ${'r'.repeat(300)}`, 'head-too-large'],
];
for (const [what, text, code] of rows) {
  test(`response head: ${what} is ${code === '' ? 'accepted' : 'refused'}, whole and byte by byte`, () => {
    const bytes = Buffer.from(text, 'latin1');
    const reader = new ResponseHeadReader(limits);
    const wanted = code === '' ? bytes.length : -1;
    reader.begin('GET');
    assert.equal(reader.read(bytes, 0, bytes.length), wanted);
    assert.equal(reader.refusal?.code ?? '', code);
    reader.begin('GET');
    let took = 0;
    for (let end = 1; took === 0 && end <= bytes.length; end += 1) took = reader.read(bytes, 0, end);
    assert.equal(took, wanted);
    assert.equal(reader.refusal?.code ?? '', code);
  });
}
