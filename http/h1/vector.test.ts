import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type HttpVector, loadVectors, parseVectors } from './vector.ts';
import { runVector, type VectorRun } from './vector-run.ts';

const vectors = loadVectors(join(import.meta.dirname, 'testdata'));

/** Vectors below this size are also cut at every single position. */
const splitBytesMax = 2_048;

function check(vector: HttpVector, run: VectorRun, how: string): void {
  const where = `${vector.place}, ${how}`;
  const met = run.refusal === undefined ? '' : ` ${run.refusal.status} ${run.refusal.code}`;
  const wanted = vector.code === '' ? '' : ` ${vector.status} ${vector.code}`;
  assert.equal(`${run.outcome}${met}`, `${vector.outcome}${wanted}`, where);
  for (const { key, value } of vector.view) assert.equal(run.view.get(key), value, `${where}: ${key}`);
}

test('vectors: at least 130 are there, and their names differ', () => {
  assert.ok(vectors.length >= 130, `${vectors.length} vectors`);
  assert.equal(new Set(vectors.map(({ name, kind }) => `${kind} ${name}`)).size, vectors.length);
});

for (const vector of vectors) {
  test(`${vector.kind} ${vector.name}`, () => {
    const length = vector.bytes.length;
    check(vector, runVector(vector, []), 'whole');
    check(
      vector,
      runVector(
        vector,
        Array.from({ length }, (_, i) => i),
      ),
      'byte by byte',
    );
    if (length >= splitBytesMax) return;
    for (let cut = 1; cut < length; cut += 1) check(vector, runVector(vector, [cut]), `cut at ${cut}`);
  });
}

test('parser of vectors: names the place of what it does not understand', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['## a\n```http\nGET\n', /x\.md:2: a block that is not closed/],
    ['## a\n```http\nGET\n```\n## b\n', /x\.md:2: a message without an ```expected block/],
    ['## a\n```http\nGET\n```\n', /x\.md:2: a message without an ```expected block/],
    ['## a\n```expected\naccept\n```\n', /x\.md:2: an ```expected block without a message/],
    ['```http\nGET\n```\n```expected\naccept\n```\n', /x\.md:4: a vector without a "## " heading/],
    ['## a\n```js\nGET\n```\n```expected\naccept\n```\n', /x\.md:2: block "js"; expected "http"/],
    ['## a\n```http\nGET\n```\n```expected\nrefuse\n```\n', /x\.md:6: outcome "refuse"; expected/],
    ['## a\n```http\nG\\qT\n```\n```expected\naccept\n```\n', /x\.md:3: "\\q"; expected printable ASCII/],
    [
      '## a\n```http\nGET\n```\n```expected\naccept\nmethod\n```\n',
      /x\.md:7: line "method"; expected "key value"/,
    ],
  ];
  for (const [text, message] of cases) assert.throws(() => parseVectors(text, 'x.md'), { message });
});

test('parser of vectors: resolves escapes and ignores the line breaks of the file', () => {
  const text =
    '# g\n## v\n```http\nA\\r\\n\nB\\x00\\t\\\\\\{3*z}\\{2*\\xff}\n```\n```expected\nrefuse 400 x\n```\n';
  const [vector] = parseVectors(text, 'x.md');
  assert.equal(vector?.bytes.toString('latin1'), 'A\r\nB\0\t\\zzz\xff\xff');
  assert.equal(vector?.name, 'g: v');
  assert.equal(vector?.place, 'x.md:2');
});
