import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent } from './decode-event.ts';
import { encodeEvent } from './encode-event.ts';
import { injectionFinding, refusedEvent, servedEvent } from './event-samples.ts';

for (const event of [
  servedEvent(),
  refusedEvent(),
  refusedEvent({ waf: injectionFinding({ matches: [] }) }),
]) {
  test(`decodeEvent: reads back what was written (${event.verdict}, waf ${event.waf?.matches.length ?? 'none'})`, () => {
    assert.deepEqual(decodeEvent(encodeEvent(event)), event);
  });
}

const whole = refusedEvent();

test('decodeEvent: a line cut at any place is no event', () => {
  const line = encodeEvent(whole).trimEnd();
  let cuts = 0;
  for (let length = 0; length < line.length; length += 1) {
    assert.equal(decodeEvent(line.slice(0, length)), undefined);
    cuts += 1;
  }
  assert.ok(cuts > 500);
});

const rows: readonly (readonly [what: string, value: unknown])[] = [
  ['null', null],
  ['a number', 7],
  ['an array', []],
  ['another kind', { ...whole, kind: 'packet' }],
  ['an unknown verdict', { ...whole, verdict: 'allow' }],
  ['a verdict from the prototype', { ...whole, verdict: 'constructor' }],
  ['an unknown reason', { ...whole, reason: 'because' }],
  ['a reason from the prototype', { ...whole, reason: 'toString' }],
  ['a number where text belongs', { ...whole, path: 1 }],
  ['text where a number belongs', { ...whole, status: '403' }],
  ['null where a number belongs', { ...whole, durationMs: null }],
  ['no waf field', { ...whole, waf: undefined }],
  ['waf as an array', { ...whole, waf: [] }],
  ['an unknown inspection', { ...whole, waf: { ...injectionFinding(), inspection: 'half' } }],
  ['an unknown mode', { ...whole, waf: { ...injectionFinding(), mode: 'maybe' } }],
  ['a score that is text', { ...whole, waf: { ...injectionFinding(), inboundScore: '5' } }],
  ['matches that are no array', { ...whole, waf: { ...injectionFinding(), matches: { length: 1 } } }],
  ['a match that is null', { ...whole, waf: { ...injectionFinding(), matches: [null] } }],
  ['a match without variables', { ...whole, waf: { ...injectionFinding(), matches: [{ ruleId: 1 }] } }],
];

for (const [what, value] of rows) {
  test(`decodeEvent: refuses ${what}`, () => {
    assert.equal(decodeEvent(JSON.stringify(value)), undefined);
  });
}

test('decodeEvent: refuses a line over 1 MiB without parsing it', () => {
  const line = JSON.stringify(servedEvent({ path: '' }));
  const pad = 1_048_576 - line.length;
  assert.notEqual(decodeEvent(JSON.stringify(servedEvent({ path: 'p'.repeat(pad) }))), undefined);
  assert.equal(decodeEvent(JSON.stringify(servedEvent({ path: 'p'.repeat(pad + 1) }))), undefined);
});
