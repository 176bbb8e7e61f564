import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent, encodeString } from './encode-event.ts';
import { injectionFinding, refusedEvent, servedEvent } from './event-samples.ts';

const hostile: readonly (readonly [what: string, text: string])[] = [
  ['empty', ''],
  ['quotes and backslashes', '"\\"\\\\"'],
  ['line ends', 'a\r\nb\nc\u2028d\u2029e'],
  ['NUL and other C0 controls', '\x00\x01\x08\x1b[31m\x1f'],
  ['DEL and C1 controls', '\x7f\x80\x9b31m\x9f'],
  ['all of latin1', Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')],
  ['beyond latin1', 'ž€\u{1f600}'],
  ['lone surrogates', '\ud800x\udfff'],
  ['a forged field', '","verdict":"pass","x":"'],
  ['markup', '</script><!--'],
];

for (const [what, text] of hostile) {
  test(`encodeString: ${what} come back from JSON.parse`, () => {
    const encoded = encodeString(text);
    assert.equal(JSON.parse(encoded), text);
    assert.match(encoded, /^[\x20-\x7e]*$/);
  });

  test(`encodeEvent: ${what} in every text field come back`, () => {
    const event = refusedEvent({
      id: text,
      peerAddress: text,
      clientAddress: text,
      listener: text,
      tls: text,
      protocol: text,
      method: text,
      host: text,
      path: text,
      requestId: text,
      userAgent: text,
      detail: text,
      route: text,
      upstream: text,
      upstreamPeer: text,
      waf: injectionFinding({
        matches: [
          {
            ruleId: 1,
            message: text,
            severity: text,
            tags: [text, text],
            phase: 1,
            place: text,
            variables: [{ name: text, value: text }],
          },
        ],
      }),
    });
    const line = encodeEvent(event);
    assert.deepEqual(JSON.parse(line), event);
    assert.match(line, /^[\x20-\x7e]+\n$/);
  });
}

test('encodeEvent: an event without WAF comes back', () => {
  const event = servedEvent();
  assert.deepEqual(JSON.parse(encodeEvent(event)), event);
});

test('encodeEvent: durations have microsecond resolution', () => {
  const line = encodeEvent(servedEvent({ durationMs: 0.123_456_789, upstreamMs: -1 }));
  assert.match(line, /"durationMs":0\.123,"upstreamMs":-1,/);
});

test('encodeEvent: numbers that JSON cannot say are null, as JSON.stringify writes them', () => {
  const line = encodeEvent(servedEvent({ durationMs: Number.NaN, requestBytes: Number.POSITIVE_INFINITY }));
  const event = JSON.parse(line) as Record<string, unknown>;
  assert.equal(event['durationMs'], null);
  assert.equal(event['requestBytes'], null);
});

test('encodeEvent: has the same fields in the same order as JSON.stringify', () => {
  const event = refusedEvent();
  assert.equal(encodeEvent(event), `${JSON.stringify(event)}\n`);
});
