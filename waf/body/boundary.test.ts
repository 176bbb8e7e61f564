import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParsedBody } from './body-processor.ts';
import { multipart } from './multipart.ts';

const plainType = 'multipart/form-data; boundary=XX';
const prefix = 'Multipart parsing error: ';
const one = '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--XX--\r\n';

function parse(body: string, contentType: string): ParsedBody {
  return multipart.parse(body, contentType, { argumentsMax: 10, depthMax: 10, partsMax: 5 }, false);
}

const types: readonly (readonly [contentType: string, flags: readonly string[], error: string])[] = [
  ['multipart/form-data; boundary=XX', [], ''],
  ['multipart/form-data;boundary=XX;charset=UTF-8', [], ''],
  ['multipart/form-data; charset=UTF-8; boundary=XX', [], ''],
  ['multipart/form-data; boundary="XX"', ['BOUNDARY_QUOTED', 'STRICT_ERROR'], ''],
  ['multipart/form-data; boundary =XX', ['BOUNDARY_WHITESPACE', 'STRICT_ERROR'], ''],
  ['multipart/form-data; boundary= XX', ['BOUNDARY_WHITESPACE', 'STRICT_ERROR'], ''],
  ['multipart/form-data; boundary=XX ', ['BOUNDARY_WHITESPACE', 'STRICT_ERROR'], ''],
  ['multipart/form-data boundary=XX', ['MISSING_SEMICOLON', 'SEMICOLON_MISSING', 'STRICT_ERROR'], ''],
  ['multipart/form-data, boundary=XX', ['MISSING_SEMICOLON', 'SEMICOLON_MISSING', 'STRICT_ERROR'], ''],
  ['multipart/form-data; bOundAry=XX', ['STRICT_ERROR'], 'Invalid boundary in C-T (case sensitivity)'],
  ['multipart/form-data; boundary=XX; boundary=YY', ['STRICT_ERROR'], 'Multiple boundary parameters in C-T'],
  ['multipart/form-data; boundary=XX, boundary=YY', ['STRICT_ERROR'], 'Multiple boundary parameters in C-T'],
  ['multipart/form-data; boundary=XX"', ['STRICT_ERROR'], 'Invalid boundary in C-T (quote)'],
];

for (const [contentType, flags, error] of types) {
  test(`multipart: the form is read with ${contentType}`, () => {
    const body = parse(one, contentType);
    if (error !== 'Invalid boundary in C-T (quote)') assert.deepEqual(body.args, [{ name: 'a', value: '1' }]);
    assert.deepEqual(
      Object.keys(body.flags)
        .filter((flag) => flag !== 'DATA_BEFORE' && flag !== 'UNMATCHED_BOUNDARY')
        .sort(),
      flags,
    );
    assert.equal(body.error, error === '' ? '' : `${prefix}Multipart: ${error}`);
  });
}

const unusable: readonly (readonly [contentType: string, error: string])[] = [
  ['multipart/form-data', 'Invalid boundary in C-T (missing)'],
  ['multipart/form-data; boundary123=XX', 'Invalid boundary in C-T (parameter name)'],
  ['multipart/form-data; boundary=', 'Invalid boundary in C-T (empty)'],
  ['multipart/form-data; boundary=""', 'Invalid boundary in C-T (empty)'],
  ['multipart/form-data; boundary="XX', 'Invalid boundary in C-T (quote)'],
  ['multipart/form-data; boundary="X"X"', 'Invalid boundary in C-T (characters)'],
  ['multipart/form-data; boundary=\0XX', 'Invalid boundary in C-T (nul byte)'],
];

for (const [contentType, error] of unusable) {
  test(`multipart: no boundary can be used in ${JSON.stringify(contentType)}`, () => {
    const body = parse(one, contentType);
    assert.deepEqual(body.args, []);
    assert.equal(body.error, `${prefix}Multipart: ${error}`);
    assert.equal(body.flags['STRICT_ERROR'], 1);
  });
}

test('multipart: a boundary of strange characters is used and refused', () => {
  const body = parse(one.replaceAll('XX', 'X!X'), 'multipart/form-data; boundary=X!X');
  assert.deepEqual(body.args, [{ name: 'a', value: '1' }]);
  assert.equal(body.error, `${prefix}Multipart: Invalid boundary in C-T (characters)`);
});

for (const [length, error] of [
  [1023, ''],
  [1024, ''],
  [1025, `${prefix}Multipart: Invalid boundary in C-T (length)`],
] as const) {
  test(`multipart: a Content-Type of ${length} bytes`, () => {
    assert.equal(parse(one, plainType.padEnd(length, ';x')).error, error);
  });
}
