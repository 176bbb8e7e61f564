import { describe, test } from 'node:test';

test('first', () => {});
describe('group', () => {
  test('second', () => {});
});
test('third', { skip: 'not on this machine' }, () => {});
