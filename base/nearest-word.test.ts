import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from './nearest-word.ts';

const operators = [
  'contains',
  'containsWord',
  'beginsWith',
  'endsWith',
  'rx',
  'pm',
  'streq',
  'within',
  'eq',
  'ge',
  'gt',
];

for (const [word, expected] of [
  ['contians', 'contains'],
  ['contain', 'contains'],
  ['containss', 'contains'],
  ['kontains', 'contains'],
  ['CONTAINS', 'contains'],
  ['containsWrod', 'containsWord'],
  ['beginWith', 'beginsWith'],
  ['begins_with', 'beginsWith'],
  ['rxx', 'rx'],
  ['r', 'rx'],
  ['xr', 'rx'],
  ['streqq', 'streq'],
  ['wihtin', 'within'],
  ['contains', 'contains'],
  ['ge', 'ge'],
  ['gr', 'ge'],
  ['', undefined],
  ['zzz', undefined],
  ['detectSQLi', undefined],
  ['co', undefined],
] as const) {
  test(`nearest word: "${word}" was meant to be ${expected === undefined ? 'none of them' : `"${expected}"`}`, () => {
    assert.equal(nearestWord(word, operators), expected);
  });
}

for (const [edits, word, expected] of [
  [1, 'abcdefghX', 'abcdefghi'],
  [3, 'abcdefXXX', 'abcdefghi'],
  [4, 'abcdeXXXX', undefined],
] as const) {
  test(`nearest word: ${edits} edits in nine characters are ${expected === undefined ? 'too many' : 'near'}`, () => {
    assert.equal(nearestWord(word, ['abcdefghi']), expected);
  });
}

test('nearest word: the nearest of several wins, the first among equals', () => {
  assert.equal(
    nearestWord('requestsPerSecnd', ['requestsPerMinute', 'requestsPerSecond']),
    'requestsPerSecond',
  );
  assert.equal(nearestWord('bat', ['cat', 'hat']), 'cat');
});

for (const [length, expected] of [
  [63, true],
  [64, true],
  [65, false],
] as const) {
  test(`nearest word: a word of ${length} characters is ${expected ? '' : 'not '}compared`, () => {
    assert.equal(nearestWord('a'.repeat(length), ['a'.repeat(length - 1)]) !== undefined, expected);
  });
}

test('nearest word: no candidates, no word', () => {
  assert.equal(nearestWord('word', []), undefined);
});
