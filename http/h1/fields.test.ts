import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldSectionReader } from './field-section-reader.ts';
import { type Fields, KnownField, knownFieldNames, knownFieldOf } from './fields.ts';

/** Reads field lines as the readers do and sets the text that they would set. */
function fieldsOf(lines: readonly string[]): Fields {
  const text = `${lines.join('\r\n')}\r\n\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  const reader = new FieldSectionReader(1_000, 400);
  reader.begin(0);
  assert.equal(reader.read(bytes, 0, bytes.length), bytes.length);
  reader.fields.text = text;
  return reader.fields;
}

function idOf(name: string): number {
  const bytes = Buffer.from(name, 'latin1');
  return knownFieldOf(bytes, 0, bytes.length);
}

test('known fields: each name is found in lower, upper and mixed case, and nothing behind it is read', () => {
  const ids = Object.values(KnownField).filter(
    (id) => id !== KnownField.other && id !== KnownField.framingTwin,
  );
  assert.equal(ids.length, 61);
  for (const id of ids) {
    const name = knownFieldNames[id] ?? '';
    assert.notEqual(name, '');
    assert.equal(idOf(name), id, name);
    assert.equal(idOf(name.toUpperCase()), id, name);
    for (const behind of [':', ' ', '\r', 'x']) {
      assert.equal(knownFieldOf(Buffer.from(`x${name}${behind}`), 1, name.length + 1), id, name);
    }
  }
});

test('known fields: numbers and names stand in the same order', () => {
  for (const [key, id] of Object.entries(KnownField)) {
    const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const isNameless = id === KnownField.other || id === KnownField.framingTwin;
    assert.equal(knownFieldNames[id], isNameless ? '' : name);
  }
});

test('known fields: a name that differs in any one character is another', () => {
  for (const name of knownFieldNames.filter((known) => known !== '')) {
    for (let at = 0; at < name.length; at += 1) {
      const other = `${name.slice(0, at)}~${name.slice(at + 1)}`;
      const isTwin = other === 'content~length' || other === 'transfer~encoding';
      assert.equal(idOf(other), isTwin ? KnownField.framingTwin : KnownField.other, other);
    }
    assert.equal(idOf(`${name}x`), KnownField.other, `${name}x`);
  }
});

test('known fields: names of no, one and very many bytes are others', () => {
  for (const length of [0, 1, 24, 25, 26, 5_000]) assert.equal(idOf('a'.repeat(length)), KnownField.other);
});

const twins: readonly (readonly [string, number])[] = [
  ['Content_Length', KnownField.framingTwin],
  ['content.length', KnownField.framingTwin],
  ['TRANSFER_ENCODING', KnownField.framingTwin],
  ['Transfer|Encoding', KnownField.framingTwin],
  ['Content__Length', KnownField.other],
  ['ContentLength', KnownField.other],
  ['Content_Lengt', KnownField.other],
  ['Content_Type', KnownField.other],
];
for (const [name, id] of twins) {
  test(`known fields: ${name} is ${id === KnownField.other ? 'another name' : 'a twin of a framing field'}`, () => {
    assert.equal(idOf(name), id);
  });
}

test('fields: names, values, offsets and numbers', () => {
  const fields = fieldsOf(['Host: a', 'x-Odd:  b\tc ', 'COOKIE: 1', 'Cookie: 2']);
  assert.equal(fields.count, 4);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => fields.id(i)),
    [1, 0, 16, 16],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => fields.name(i)),
    ['Host', 'x-Odd', 'COOKIE', 'Cookie'],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => fields.lowerName(i)),
    ['host', 'x-odd', 'cookie', 'cookie'],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => fields.value(i)),
    ['a', 'b\tc', '1', '2'],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => fields.lineStart(i)),
    [0, 9, 23, 34],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => fields.lineEnd(i)),
    [7, 21, 32, 43],
  );
  assert.equal(fields.text.slice(fields.lineStart(1), fields.lineEnd(1)), 'x-Odd:  b\tc ');
  assert.equal(fields.indexOf(KnownField.cookie), 2);
  assert.equal(fields.first(KnownField.cookie), '1');
  assert.equal(fields.occurrences(KnownField.cookie), 2);
  assert.equal(fields.indexOf(KnownField.date), -1);
  assert.equal(fields.first(KnownField.date), undefined);
  assert.equal(fields.occurrences(KnownField.date), 0);
});

const canonical: readonly (readonly [string, boolean])[] = [
  ['Name: value', true],
  ['name: v', true],
  ['Name: ', true],
  ['Name: a  b', true],
  ['Name:value', false],
  ['Name:', false],
  ['Name:  value', false],
  ['Name:\tvalue', false],
  ['Name: value ', false],
  ['Name: value\t', false],
  ['Name:  ', false],
];
for (const [line, is] of canonical) {
  test(`fields: ${JSON.stringify(line)} ${is ? 'can' : 'cannot'} be copied as it is`, () => {
    assert.equal(fieldsOf(['A: b', line, 'C: d']).isCanonical(1), is);
  });
}

test('fields: more than fit at first, and nothing of them is left in the next head', () => {
  const lines = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? `X-${i}: ${i}` : `Via: ${i}`));
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const reader = new FieldSectionReader(300, 400);
  const fields = reader.fields;
  reader.begin(0);
  assert.equal(reader.read(bytes, 0, bytes.length), bytes.length);
  fields.text = bytes.toString('latin1');
  assert.equal(fields.count, 300);
  assert.equal(fields.name(298), 'X-298');
  assert.equal(fields.value(299), '299');
  assert.equal(fields.indexOf(KnownField.via), 1);
  assert.equal(fields.occurrences(KnownField.via), 150);
  fields.nominate(fields.lineStart(298), fields.nameEnd(298));
  assert.equal(fields.isHopByHop(298), true);
  assert.equal(fields.id(298), KnownField.other);
  assert.equal(fields.isHopByHop(296), false);
  reader.begin(0);
  assert.equal(fields.text, '');
  assert.equal(fields.count, 0);
  assert.equal(fields.indexOf(KnownField.via), -1);
  assert.equal(fields.occurrences(KnownField.via), 0);
  assert.equal(reader.read(bytes, 0, bytes.length), bytes.length);
  assert.equal(fields.occurrences(KnownField.via), 150);
  assert.equal(fields.isHopByHop(298), false);
});
