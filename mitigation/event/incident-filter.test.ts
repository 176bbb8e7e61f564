import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { encodeEvent } from './encode-event.ts';
import { injectionFinding, refusedEvent, servedEvent } from './event-samples.ts';
import { IncidentBudget, isFloodIncident, isIncident, mayHoldIncident } from './incident-filter.ts';

const forged =
  '"verdict":"pass","reason":"none","waf":null "verdict":"deny" "reason":"rate-limit" "matches":[]';

const rows: readonly (readonly [what: string, event: ExchangeEvent, expected: boolean])[] = [
  ['a served exchange', servedEvent(), false],
  [
    'a served exchange that the WAF inspected',
    servedEvent({ waf: injectionFinding({ matches: [] }) }),
    false,
  ],
  ['a served exchange in which a rule matched', servedEvent({ waf: injectionFinding() }), true],
  ['a refused exchange', refusedEvent(), true],
  ['a marked exchange', servedEvent({ verdict: 'log' }), true],
  ['a throttled exchange', servedEvent({ verdict: 'throttle', reason: 'rate-limit', status: 429 }), true],
  ['a redirect', servedEvent({ reason: 'redirect', status: 308 }), false],
  ['a client that went away', servedEvent({ reason: 'client-gone', status: 0 }), false],
  ['an origin that failed', servedEvent({ reason: 'upstream-fault', status: 502 }), true],
  ['a served exchange with a forged refusal in its path', servedEvent({ path: forged }), false],
  [
    'a refused exchange with a forged pass in its path',
    refusedEvent({ path: forged, userAgent: forged }),
    true,
  ],
];

for (const [what, event, expected] of rows) {
  test(`isIncident: ${what} is ${expected ? 'one' : 'none'}`, () => {
    assert.equal(isIncident(encodeEvent(event)), expected);
  });
}

test('isFloodIncident: refusals by limits are, refusals by the WAF are not, whatever the path says', () => {
  assert.equal(isFloodIncident(encodeEvent(refusedEvent({ path: forged }))), false);
  assert.equal(isFloodIncident(encodeEvent(refusedEvent({ reason: 'rate-limit' }))), true);
  assert.equal(isFloodIncident(encodeEvent(refusedEvent({ reason: 'denylist' }))), true);
  assert.equal(isFloodIncident(encodeEvent(refusedEvent({ reason: 'connection-limit' }))), true);
});

test('IncidentBudget: each kind has its own number of places per second', () => {
  const budget = new IncidentBudget({ perSecond: 3, floodPerSecond: 1 });
  const taken = (nowMs: number, isFlood: boolean, tries: number): number =>
    Array.from({ length: tries }, () => budget.take(nowMs, isFlood)).filter(Boolean).length;
  assert.equal(taken(1000, true, 5), 1);
  assert.equal(taken(1000, false, 2), 2);
  assert.equal(taken(1999, false, 2), 1);
  assert.equal(taken(1999, true, 1), 0);
  assert.equal(taken(2000, false, 4), 3);
  assert.equal(taken(2000, true, 2), 1);
});

for (const [what, event, expected] of [
  ['served', servedEvent(), false],
  ['refused', refusedEvent(), true],
  [
    'served, with a forged verdict in its path',
    servedEvent({ path: '","verdict":"pass","reason":"none' }),
    false,
  ],
  ['redirected', servedEvent({ reason: 'redirect' }), true],
] as const) {
  test(`mayHoldIncident: a batch in which one event is ${what}`, () => {
    const lines = encodeEvent(servedEvent()) + encodeEvent(event) + encodeEvent(servedEvent());
    assert.equal(mayHoldIncident(lines, 3), expected);
  });
}
