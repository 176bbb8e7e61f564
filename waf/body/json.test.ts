import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedPath } from '../operators/shared-vectors.ts';
import type { BodyLimits, ParsedBody } from './body-processor.ts';
import { json } from './json.ts';

const limits: BodyLimits = { argumentsMax: 1000, depthMax: 500, partsMax: 10 };

function parse(body: string, changed: Partial<BodyLimits> = {}, isPartial = false): ParsedBody {
  return json.parse(body, 'application/json', { ...limits, ...changed }, isPartial);
}

function pairsOf(body: ParsedBody): readonly (readonly [string, string])[] {
  return body.args.map(({ name, value }) => [name, value]);
}

test('JSON: JSONTestSuite, all that must be accepted and all that must be refused', () => {
  const folder = sharedPath('vectors/jsontestsuite/test_parsing');
  const wrong: string[] = [];
  let accepted = 0;
  let refused = 0;
  for (const file of readdirSync(folder)) {
    const body = parse(readFileSync(join(folder, file), 'latin1'));
    if (file.startsWith('y_')) {
      accepted++;
      if (body.error !== '') wrong.push(`${file}: ${body.error}`);
    } else if (file.startsWith('n_')) {
      refused++;
      if (body.error === '') wrong.push(`${file} was accepted`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(accepted >= 95 && refused >= 187, `${accepted} and ${refused} files found`);
});

const rows: readonly (readonly [body: string, args: readonly (readonly [string, string])[]])[] = [
  ['{}', []],
  ['[]', []],
  ['"x"', [['json', 'x']]],
  [
    '{"a":{"b":[1,{"c":null}]}}',
    [
      ['json.a.b.array_0', '1'],
      ['json.a.b.array_1.c', ''],
    ],
  ],
  [
    '[true,-0.5e+10,[ ]]',
    [
      ['json.array_0', 'true'],
      ['json.array_1', '-0.5e+10'],
      ['json.array_2', ''],
    ],
  ],
  [
    '{"a":1,"a":2}',
    [
      ['json.a', '1'],
      ['json.a', '2'],
    ],
  ],
  ['{"<x>":{}}', [['json.<x>', '']]],
  ['{"":""}', [['json.', '']]],
  ['\xef\xbb\xbf{"a":"b"}', [['json.a', 'b']]],
  ['{"a":"\\u003cscript\\u003E\\/\\n\\t\\"\\\\"}', [['json.a', '<script>/\n\t"\\']]],
  ['{"\\u0061":"\\u00e9\\u20ac\\ud83d\\ude00"}', [['json.a', '\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80']]],
  [
    '["\\ud83d","\\ude00","\\ud83dx"]',
    [
      ['json.array_0', '\xed\xa0\xbd'],
      ['json.array_1', '\xed\xb8\x80'],
      ['json.array_2', '\xed\xa0\xbdx'],
    ],
  ],
  ['["\xc3\xa9"]', [['json.array_0', '\xc3\xa9']]],
];

for (const [body, args] of rows) {
  test(`JSON: ${JSON.stringify(body)}`, () => {
    const parsed = parse(body);
    assert.equal(parsed.error, '');
    assert.deepEqual(pairsOf(parsed), args);
    assert.equal(parse(body, {}, true).error, '');
  });
}

const malformed: readonly (readonly [body: string, error: string, args: number])[] = [
  ['', 'JSON: ends at offset 0, expected a value', 0],
  ['{"a":1', 'JSON: ends at offset 6, expected "," or "}"', 1],
  ['{"a":1]', 'JSON: byte 0x5d at offset 6, expected "," or "}"', 1],
  ['[1,]', 'JSON: byte 0x5d at offset 3, expected a value', 1],
  ['{"a":1,}', 'JSON: byte 0x7d at offset 7, expected a key in quotes', 1],
  ['{a:1}', 'JSON: byte 0x61 at offset 1, expected a key in quotes', 0],
  ['{"a" 1}', 'JSON: byte 0x31 at offset 5, expected a colon', 0],
  ["['x']", 'JSON: byte 0x27 at offset 1, expected a value', 0],
  ['["\\x41"]', 'JSON: byte 0x5c at offset 2, expected a valid character of a string', 1],
  ['["a\nb"]', 'JSON: byte 0x0a at offset 3, expected a valid character of a string', 1],
  ['["\\u12', 'JSON: ends at offset 6, expected the rest of a string', 1],
  ['["\\u12zz"]', 'JSON: byte 0x5c at offset 2, expected a valid character of a string', 1],
  ['[01]', 'JSON: byte 0x31 at offset 2, expected "," or "]"', 1],
  ['[-]', 'JSON: byte 0x5d at offset 2, expected a digit', 0],
  ['[1.]', 'JSON: byte 0x5d at offset 3, expected a digit', 0],
  ['[tru]', 'JSON: byte 0x74 at offset 1, expected a value', 0],
  ['{} {}', 'JSON: byte 0x7b at offset 3, expected the end', 0],
];

for (const [body, error, args] of malformed) {
  test(`JSON: ${JSON.stringify(body)} is refused and what came before it is kept`, () => {
    const parsed = parse(body);
    assert.equal(parsed.error, error);
    assert.equal(parsed.args.length, args);
  });
}

const cuts: readonly (readonly [body: string, args: readonly (readonly [string, string])[]])[] = [
  ['', []],
  [
    '{"a":1,"b":"<scr',
    [
      ['json.a', '1'],
      ['json.b', '<scr'],
    ],
  ],
  [
    '{"a":1,"<scr',
    [
      ['json.a', '1'],
      ['json.<scr', ''],
    ],
  ],
  ['{"a":"x\\u00', [['json.a', 'x']]],
  ['{"a":"x\\', [['json.a', 'x']]],
  ['[tr', []],
  ['[1.', []],
  ['[[[', []],
];

for (const [body, args] of cuts) {
  test(`JSON: a body cut to ${JSON.stringify(body)} is no error`, () => {
    const parsed = parse(body, {}, true);
    assert.equal(parsed.error, '');
    assert.deepEqual(pairsOf(parsed), args);
  });
}

for (const [depth, error] of [
  [2, ''],
  [3, ''],
  [4, 'JSON: offset 3 is nested deeper than 3'],
  [100_000, 'JSON: offset 3 is nested deeper than 3'],
] as const) {
  test(`JSON: ${depth} levels with room for 3`, () => {
    const parsed = parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`, { depthMax: 3 });
    assert.equal(parsed.error, error);
    assert.equal(parsed.truncatedBy, error === '' ? '' : 'depth');
  });
}

test('JSON: 100,000 levels cost no stack', () => {
  const parsed = parse(`${'[{"a":'.repeat(50_000)}1`, { argumentsMax: 1_000_000, depthMax: 1_000_000 }, true);
  assert.equal(parsed.error, '');
  assert.equal(parsed.args.at(-1)?.value, '1');
});

for (const [count, truncatedBy] of [
  [9, ''],
  [10, ''],
  [11, 'arguments'],
  [100_000, 'arguments'],
] as const) {
  test(`JSON: ${count} values with room for 10`, () => {
    const parsed = parse(`[${Array.from({ length: count }, () => '1').join()}]`, { argumentsMax: 10 });
    assert.equal(parsed.args.length, Math.min(count, 10));
    assert.equal(parsed.truncatedBy, truncatedBy);
    assert.equal(parsed.error, '');
  });
}

for (const [length, names] of [
  [506, [511]],
  [507, [512]],
  [508, [513, 512]],
] as const) {
  test(`JSON: a key of ${length} bytes above leaves is ${names.length === 1 ? 'part of their names' : 'shown whole once'}`, () => {
    const parsed = parse(`{"${'k'.repeat(length)}":[1]}`);
    assert.equal(parsed.error, '');
    assert.deepEqual(
      parsed.args.map(({ name }) => name.replace('.array_0', '').length),
      names,
    );
  });
}
