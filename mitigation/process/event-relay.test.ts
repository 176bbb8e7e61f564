import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../log.ts';
import { EventRelay } from './event-relay.ts';
import type { RelayedEvents } from './node-calls.ts';

function batch(lines: string, count = 1): RelayedEvents {
  return { lines, count, isRecorded: false };
}

test('event relay: passes on at once when there is an owner', () => {
  const adopted: string[] = [];
  new EventRelay(silentLog, 100).pass(batch('a'), ({ lines }) => adopted.push(lines));
  assert.deepEqual(adopted, ['a']);
});

test('event relay: holds while there is none, and hands over in order, once', () => {
  const relay = new EventRelay(silentLog, 100);
  relay.pass(batch('a'), undefined);
  relay.pass(batch('b'), undefined);
  const adopted: string[] = [];
  relay.flush(({ lines }) => adopted.push(lines));
  relay.flush(({ lines }) => adopted.push(lines));
  assert.deepEqual(adopted, ['a', 'b']);
  assert.equal(relay.dropped, 0);
});

test('event relay: holds what it may and counts what is more', () => {
  const relay = new EventRelay(silentLog, 100);
  const half = 'x'.repeat(50);
  relay.pass(batch(half, 10), undefined);
  relay.pass(batch(half, 10), undefined);
  assert.equal(relay.dropped, 0);
  relay.pass(batch('x', 3), undefined);
  assert.equal(relay.dropped, 3);
  relay.flush(() => undefined);
  relay.pass(batch('x', 3), undefined);
  assert.equal(relay.dropped, 3);
});
