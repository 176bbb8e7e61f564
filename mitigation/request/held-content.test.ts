import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldContent } from './held-content.ts';

const rows: readonly (readonly [name: string, lengths: readonly number[], piecesMax: number])[] = [
  ['one small piece', [1], 1],
  ['one large piece', [70_000], 1],
  ['ten thousand pieces of one byte', Array.from({ length: 10_000 }, () => 1), 12],
  ['small ones around a large one', [3, 5, 4_096, 7, 9], 4],
  ['pieces just below the size that is kept', Array.from({ length: 20 }, () => 4_095), 12],
];

for (const [name, lengths, piecesMax] of rows) {
  test(`held content: ${name} come back in order, in at most ${piecesMax} pieces`, () => {
    const held = new HeldContent();
    const parts = lengths.map((length, i) => Buffer.alloc(length, i % 251));
    for (const part of parts) held.push(part);
    const whole = Buffer.concat(parts);
    assert.equal(held.bytes, whole.length);
    assert.ok(held.pieces().length <= piecesMax, `${held.pieces().length} pieces`);
    assert.deepEqual(Buffer.concat(held.pieces()), whole);
    assert.deepEqual(held.joined(), whole);
  });
}

test('held content: goes on after its pieces were looked at', () => {
  const held = new HeldContent();
  for (const text of ['a', 'b', 'c']) held.push(Buffer.from(text));
  assert.equal(held.joined().toString(), 'abc');
  for (const text of ['d', 'e']) held.push(Buffer.from(text));
  assert.equal(held.joined().toString(), 'abcde');
});
