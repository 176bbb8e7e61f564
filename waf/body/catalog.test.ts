import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyProcessors, chooseBodyProcessor } from './catalog.ts';
import { raw } from './raw.ts';

const rows: readonly (readonly [contentType: string, name: string | undefined])[] = [
  ['', undefined],
  ['text/plain', undefined],
  ['application/x-www-form-urlencoded', 'URLENCODED'],
  ['Application/X-WWW-Form-Urlencoded; charset=UTF-8', 'URLENCODED'],
  ['application/x-www-form-urlencodedx', undefined],
  ['multipart/form-data; boundary=x', 'MULTIPART'],
  ['multipart/form-data, boundary=x', 'MULTIPART'],
  ['multipart/mixed; boundary=x', undefined],
  ['application/json', 'JSON'],
  [' application/json;charset=utf-8', 'JSON'],
  ['application/vnd.api+json', 'JSON'],
  ['text/json', 'JSON'],
  ['application/jsonx', undefined],
  ['+json', undefined],
];

for (const [contentType, name] of rows) {
  test(`body processors: "${contentType}" is read as ${name ?? 'nothing'}`, () => {
    assert.equal(chooseBodyProcessor(contentType)?.name, name);
  });
}

test('body processors: the catalog has each by its name', () => {
  assert.deepEqual([...bodyProcessors.keys()], ['URLENCODED', 'MULTIPART', 'JSON', 'RAW']);
  for (const [name, processor] of bodyProcessors) assert.equal(processor.name, name);
});

test('raw: finds no arguments in anything', () => {
  const body = raw.parse('a=1', 'x/y', { argumentsMax: 1, depthMax: 1, partsMax: 1 }, false);
  assert.deepEqual([body.args, body.files, body.error, body.truncatedBy], [[], [], '', '']);
});
