import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyReader, type BodySink } from './body.ts';
import { Framing } from './framing.ts';

interface Collector extends BodySink {
  text: string;
  runs: number;
}

function collector(): Collector {
  return {
    text: '',
    runs: 0,
    content(bytes, from, to) {
      assert.ok(to > from, 'an empty run');
      this.text += bytes.toString('latin1', from, to);
      this.runs += 1;
    },
  };
}

function read(reader: BodyReader, text: string, sink: BodySink): number {
  const bytes = Buffer.from(text, 'latin1');
  return reader.read(bytes, 0, bytes.length, sink);
}

test('body: without one it is done at once and takes nothing', () => {
  const reader = new BodyReader();
  const sink = collector();
  for (const framing of [Framing.none, Framing.length]) {
    reader.start(framing, 0);
    assert.equal(reader.isDone, true);
    assert.equal(read(reader, 'GET /', sink), 0);
  }
  assert.equal(sink.runs, 0);
});

test('body: Content-Length takes exactly its bytes, in runs as they arrive', () => {
  const reader = new BodyReader();
  const sink = collector();
  reader.start(Framing.length, 7);
  assert.equal(read(reader, 'abc', sink), 3);
  assert.equal(reader.isDone, false);
  assert.equal(read(reader, 'defgGET', sink), 4);
  assert.equal(reader.isDone, true);
  assert.equal(sink.text, 'abcdefg');
  assert.equal(sink.runs, 2);
  assert.equal(reader.contentBytes, 7);
  assert.equal(reader.end(), true);
});

test('body: it reads within [start, end) and nothing around it', () => {
  const reader = new BodyReader();
  const sink = collector();
  reader.start(Framing.chunked, 0);
  const bytes = Buffer.from('!!2\r\nab\r\n0\r\n\r\n!!');
  assert.equal(reader.read(bytes, 2, bytes.length - 2, sink), bytes.length - 2);
  assert.equal(reader.isDone, true);
  assert.equal(sink.text, 'ab');
});

test('body: until the connection closes', () => {
  const reader = new BodyReader();
  const sink = collector();
  reader.start(Framing.close, 0);
  assert.equal(read(reader, 'abc', sink), 3);
  assert.equal(reader.isDone, false);
  assert.equal(reader.end(), true);
  assert.equal(reader.isDone, true);
  assert.equal(reader.refusal, undefined);
});

const truncated: readonly (readonly [string, Framing, string])[] = [
  ['Content-Length', Framing.length, 'abc'],
  ['a chunk', Framing.chunked, '5\r\nabc'],
  ['a chunk size', Framing.chunked, '5'],
  ['the last chunk', Framing.chunked, '0\r\n'],
  ['the trailers', Framing.chunked, '0\r\nX: y\r\n'],
  ['before the first byte', Framing.chunked, ''],
];
for (const [where, framing, text] of truncated) {
  test(`body: a connection that closes in the middle (${where}) is a refusal`, () => {
    const reader = new BodyReader();
    reader.start(framing, 5);
    read(reader, text, collector());
    assert.equal(reader.end(), false);
    assert.equal(reader.refusal?.code, 'body-truncated');
    assert.equal(reader.isDone, false);
  });
}

test('body: a refused body takes nothing more, and start forgets it', () => {
  const reader = new BodyReader();
  const sink = collector();
  reader.start(Framing.chunked, 0);
  read(reader, '1\r\naX', sink);
  assert.equal(reader.refusal?.code, 'chunk-end');
  assert.equal(reader.isDone, false);
  assert.equal(read(reader, '\r\n0\r\n\r\n', sink), 0);
  assert.equal(reader.end(), false);
  assert.equal(reader.refusal?.code, 'chunk-end');
  reader.start(Framing.chunked, 0);
  assert.equal(reader.refusal, undefined);
  read(reader, '1\r\nb\r\n0\r\n\r\n', sink);
  assert.equal(reader.isDone, true);
  assert.equal(sink.text, 'ab');
});

test('body: limits of extensions count anew for each chunk and each body', () => {
  const reader = new BodyReader({
    extensionBytesMax: 4,
    extensionsBytesMax: 10,
    trailerBytesMax: 16,
    trailersMax: 1,
  });
  const rows: readonly (readonly [string, string])[] = [
    ['1;ab\r\nx\r\n1;abc\r\nx\r\n0\r\n\r\n', ''],
    ['1;abc\r\nx\r\n1;abc\r\nx\r\n0;a\r\n\r\n', ''],
    ['1;abc\r\nx\r\n1;abc\r\nx\r\n0;ab\r\n\r\n', 'chunk-extensions-too-long'],
    ['1;abcd\r\nx\r\n', 'chunk-extension-too-long'],
    ['0\r\nX: 12345678\r\n\r\n', ''],
    ['0\r\nX: 123456789\r\n\r\n', ''],
    ['0\r\nX: 1234567890\r\n\r\n', 'trailer-too-large'],
    ['0\r\n\r\n', ''],
    ['0\r\nX: 1\r\n\r\n', ''],
    ['0\r\nX: 1\r\nY: 2\r\n\r\n', 'trailer-fields-too-many'],
  ];
  for (const [text, code] of rows) {
    reader.start(Framing.chunked, 0);
    read(reader, text, collector());
    assert.equal(reader.refusal?.code ?? '', code, text);
    assert.equal(reader.isDone, code === '', text);
  }
});

test('body: trailers in pieces, then the next message', () => {
  const text = '0\r\nX-A: b\r\nX-C: d\r\n\r\nGET';
  for (let cut = 1; cut < text.length - 3; cut += 1) {
    const reader = new BodyReader();
    reader.start(Framing.chunked, 0);
    const sink = collector();
    assert.equal(read(reader, text.slice(0, cut), sink), cut);
    assert.equal(read(reader, text.slice(cut), sink), text.length - 3 - cut, `cut at ${cut}`);
    assert.equal(reader.isDone, true);
  }
});
