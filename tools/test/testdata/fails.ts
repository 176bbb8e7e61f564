import assert from 'node:assert/strict';
import { test } from 'node:test';

console.log('what the file wrote');
test('passes', () => {});
test('parent', async (t) => {
  await t.test('child: two is one', () => {
    assert.equal(2, 1);
  });
});
