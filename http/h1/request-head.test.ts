import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownField } from './fields.ts';
import { type HeadLimits, RequestHeadReader } from './request-head.ts';

const limits: HeadLimits = { headBytesMax: 4_096, fieldsMax: 20, targetBytesMax: 1_024 };

function read(reader: RequestHeadReader, text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  return reader.read(bytes, 0, bytes.length);
}

test('request head: one reader reads one head after the other, and nothing of the former is left', () => {
  const reader = new RequestHeadReader(limits);
  const first =
    'POST /a?b HTTP/1.1\r\nHost: a.test:81\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: x\r\nX: 1\r\n\r\n';
  const second = 'GET / HTTP/1.0\r\n\r\n';
  assert.equal(read(reader, `${first}hello`), first.length);
  assert.equal(reader.head.contentLength, 5);
  const { path, fields } = reader.head;
  assert.equal(read(reader, second), second.length);
  assert.equal(path, '/a');
  assert.equal(reader.head.fields, fields);
  const { fields: _fields, ...rest } = reader.head;
  assert.deepEqual(rest, {
    method: 'GET',
    target: '/',
    path: '/',
    query: '',
    hasQuery: false,
    requestLine: 'GET / HTTP/1.0',
    version: 10,
    framing: 0,
    contentLength: 0,
    authority: '',
    hostName: '',
    keepAlive: false,
    expectContinue: false,
    upgrade: false,
  });
  assert.equal(fields.count, 0);
  assert.equal(fields.indexOf(KnownField.host), -1);
});

test('request head: a refused reader stays so until it is reset', () => {
  const reader = new RequestHeadReader(limits);
  assert.equal(read(reader, 'GET / HTTP/1.1\r\n\r\n'), -1);
  assert.equal(reader.refusal?.code, 'host-missing');
  assert.equal(read(reader, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), -1);
  assert.equal(reader.refusal?.code, 'host-missing');
  reader.reset();
  assert.equal(reader.refusal, undefined);
  assert.equal(read(reader, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 27);
});

test('request head: an unfinished head is forgotten by reset, and no text is kept', () => {
  const reader = new RequestHeadReader(limits);
  assert.equal(read(reader, 'GET /secret HTTP/1.1\r\nHost: a\r\nX-A'), 0);
  reader.reset();
  assert.equal(read(reader, 'PUT /b HTTP/1.1\r\nHost: b\r\n\r\n'), 28);
  assert.equal(reader.head.method, 'PUT');
  assert.equal(reader.head.hostName, 'b');
  reader.reset();
  assert.equal(reader.head.fields.text, '');
  assert.equal(reader.head.requestLine, '');
  assert.equal(reader.head.target, '');
});

const early: readonly (readonly [
  why: string,
  text: string,
  code: string,
  method: string,
  target: string,
  line: string,
])[] = [
  [
    'in a field',
    'PUT /a?b=c HTTP/1.1\r\nHost: a\r\nX Y: z',
    'field-name-space',
    'PUT',
    '/a?b=c',
    'PUT /a?b=c HTTP/1.1',
  ],
  ['in the version', 'GET /a HTTP/1.1x\r\n', 'version-malformed', 'GET', '/a', 'GET /a HTTP/1.1x'],
  ['in the target', 'GET /a#b HTTP/1.1\r\n', 'target-fragment', 'GET', '/a', 'GET /a'],
  ['in the method', 'G@T /a HTTP/1.1\r\n', 'method-character', '', '', 'G'],
  ['behind an empty line', '\r\nGET /a\r\n', 'version-missing', 'GET', '/a', 'GET /a'],
];
for (const [why, text, code, method, target, line] of early) {
  test(`request head: refused ${why}, it shows what was read by then`, () => {
    const reader = new RequestHeadReader(limits);
    assert.equal(read(reader, text), -1);
    assert.equal(reader.refusal?.code, code);
    assert.equal(reader.isReadable, false);
    assert.equal(reader.head.method, method);
    assert.equal(reader.head.target, target);
    assert.equal(reader.head.requestLine, line);
    assert.equal(reader.head.fields.count, 0);
    assert.equal(reader.head.keepAlive, false);
  });
}

test('request head: refused with its end at hand, it can be inspected', () => {
  const reader = new RequestHeadReader(limits);
  assert.equal(read(reader, 'GET /a?b=c HTTP/4.0\r\nHost: a\r\nUser-Agent: nikto\r\n\r\n'), -1);
  assert.equal(reader.refusal?.status, 505);
  assert.equal(reader.isReadable, true);
  assert.equal(reader.head.path, '/a');
  assert.equal(reader.head.query, 'b=c');
  assert.equal(reader.head.version, 40);
  assert.equal(reader.head.fields.first(KnownField.userAgent), 'nikto');
});

test('request head: messages of refusals quote hostile text escaped and cut', () => {
  const reader = new RequestHeadReader(limits);
  read(reader, `GET / HTTP/1.1\r\nHost: "\\\x80${'a'.repeat(100)}/\r\n\r\n`);
  assert.equal(reader.refusal?.code, 'host-character');
  assert.match(
    reader.refusal?.message ?? '',
    /^Host is "\\"\\\\\\x80a{45}"\.\.\., which is not valid: it holds '"' \(0x22\)/,
  );
});

test('request head: a byte that was read is not looked at again before its line ends', () => {
  // Fed one byte at a time; everything but the last two bytes is spoiled, and whole only when a line feed arrives.
  // A reader that scans from the start of the line again would meet the spoiled bytes and refuse.
  const text = `GET /${'t'.repeat(900)}?q=${'q'.repeat(90)} HTTP/1.1\r\nHost: a\r\n${'n'.repeat(500)}: ${'v'.repeat(1_500)}\r\n\r\n`;
  const whole = Buffer.from(text, 'latin1');
  const spoiled = Buffer.alloc(whole.length);
  const reader = new RequestHeadReader(limits);
  for (let end = 1; end < whole.length; end += 1) {
    spoiled.fill(0);
    const visible = whole[end - 1] === 0x0a ? 0 : Math.max(0, end - 2);
    whole.copy(spoiled, visible, visible, end);
    assert.equal(reader.read(spoiled, 0, end), 0, `${end} bytes: ${reader.refusal?.message}`);
  }
  assert.equal(reader.read(whole, 0, whole.length), whole.length);
  assert.equal(reader.head.fields.value(1).length, 1_500);
});

function headOf(length: number): string {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n';
  return text.replace('X: ', `X: ${'x'.repeat(length - text.length)}`);
}

const limitRows: readonly (readonly [what: string, text: string, code: string])[] = [
  ['a head of 4,095 bytes', headOf(4_095), ''],
  ['a head of 4,096 bytes', headOf(4_096), ''],
  ['a head of 4,097 bytes', headOf(4_097), 'head-too-large'],
  ['19 fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(18)}\r\n`, ''],
  ['20 fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(19)}\r\n`, ''],
  ['21 fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(20)}\r\n`, 'fields-too-many'],
  ['a target of 1,023 bytes', `GET /${'t'.repeat(1_022)} HTTP/1.1\r\nHost: a\r\n\r\n`, ''],
  ['a target of 1,024 bytes', `GET /${'t'.repeat(1_023)} HTTP/1.1\r\nHost: a\r\n\r\n`, ''],
  ['a target of 1,025 bytes', `GET /${'t'.repeat(1_024)} HTTP/1.1\r\nHost: a\r\n\r\n`, 'target-too-long'],
  ['a method of 63 bytes', `${'M'.repeat(63)} / HTTP/1.1\r\nHost: a\r\n\r\n`, ''],
  ['a method of 64 bytes', `${'M'.repeat(64)} / HTTP/1.1\r\nHost: a\r\n\r\n`, ''],
  ['a method of 65 bytes', `${'M'.repeat(65)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 'method-too-long'],
];
for (const [what, text, code] of limitRows) {
  test(`request head: ${what} is ${code === '' ? 'accepted' : 'refused'}, whole and byte by byte`, () => {
    const bytes = Buffer.from(text, 'latin1');
    const reader = new RequestHeadReader(limits);
    const wanted = code === '' ? bytes.length : -1;
    assert.equal(reader.read(bytes, 0, bytes.length), wanted);
    assert.equal(reader.refusal?.code ?? '', code);
    reader.reset();
    let took = 0;
    for (let end = 1; took === 0 && end <= bytes.length; end += 1) took = reader.read(bytes, 0, end);
    assert.equal(took, wanted);
    assert.equal(reader.refusal?.code ?? '', code);
  });
}
