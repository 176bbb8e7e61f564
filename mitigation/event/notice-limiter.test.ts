import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoticeLimiter } from './notice-limiter.ts';

test('NoticeLimiter: the first is due, then one per minute with the number kept back', () => {
  const limiter = new NoticeLimiter();
  assert.equal(limiter.take(5), 0);
  assert.equal(limiter.take(5), -1);
  assert.equal(limiter.take(60_004), -1);
  assert.equal(limiter.take(60_005), 2);
  assert.equal(limiter.take(60_006), -1);
});
