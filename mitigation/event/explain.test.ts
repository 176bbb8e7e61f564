import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeEvent, ExchangeReason } from '@secbeat/contracts/event.ts';
import { parse } from 'yaml';
import { injectionFinding, refusedEvent, servedEvent } from './event-samples.ts';
import { renderExplanation } from './explain.ts';
import { rulesToExclude } from './explain-advice.ts';

test('renderExplanation: a refused injection', () => {
  const event = refusedEvent({ route: '* /api', waf: injectionFinding({ inboundScore: 9 }) });
  assert.equal(
    renderExplanation(event),
    `Incident 01JH6Z3K9W2QF5T8V7XN  2026-01-02T03:04:05.678Z

REFUSED (answered 403): the WAF found "SQL injection: tautology" (rule 101120) (and 1 more rule).

Evidence
  rule 101120  SQL injection: tautology
    at sql-injection.conf:31, phase 2, critical
    ARGS:q = ' OR 9=9--
  rule 199110  Inbound anomaly score reached its threshold
    at scoring.conf:12, phase 2, critical
    TX:inbound_anomaly_score = 9
  inbound score 9, threshold 5: reached
  inspected: all of it; WAF mode: on

Exchange
  client      198.51.100.7, port 40123
  request     GET /search (HTTP/1.1)
  host        shop.example
  user agent  Mozilla/5.0 (X11; Linux x86_64)
  listener    127.0.0.1:8443, TLSv1.3
  route       * /api
  upstream    shop (not contacted)
  request id  01JH6Z3K9W2QF5T8V7XN
  bytes       512 in, 5120 out, in 3.25 ms

What next
  If this is an attack: nothing.
  If the request is legitimate, switch rule 101120 off for this route (/api) only. In the configuration file:

    hosts:
      - names: ["*"]
        routes:
          - path: "/api"
            waf: { excludeRules: [101120] }

  (merge it into the entry of this host if there is one), then run: secbeat reload
`,
  );
});

/** The first sentence of an explanation. */
function sentence(event: ExchangeEvent): string {
  return renderExplanation(event).split('\n')[2]!;
}

const sentences: readonly (readonly [what: string, event: ExchangeEvent, expected: string])[] = [
  ['a plain success', servedEvent(), 'SERVED (answered 200): nothing was found against it.'],
  [
    'a rule below the threshold',
    servedEvent({ waf: injectionFinding({ interruptedBy: 0, inboundScore: 3 }) }),
    'SERVED (answered 200): the WAF found "SQL injection: tautology" (rule 101120) (and 1 more rule), which was not enough to refuse it.',
  ],
  [
    'detection only',
    servedEvent({ verdict: 'log', waf: injectionFinding({ mode: 'detection-only' }) }),
    'SERVED, MARKED (answered 200): the WAF found "SQL injection: tautology" (rule 101120) (and 1 more rule); it would have been refused, but the WAF is detection-only on this route.',
  ],
  [
    'a rule without a record',
    refusedEvent({ waf: injectionFinding({ matches: [], interruptedBy: 42 }) }),
    'REFUSED (answered 403): rule 42 of the WAF interrupted it.',
  ],
  [
    'a limit',
    servedEvent({ verdict: 'throttle', reason: 'rate-limit', status: 429 }),
    'THROTTLED (answered 429): the client sent more requests than its limit allows.',
  ],
  [
    'a client that went away',
    servedEvent({ reason: 'client-gone', status: 0 }),
    'SERVED (no answer was sent): the client went away before the answer was complete.',
  ],
];

for (const [what, event, expected] of sentences) {
  test(`renderExplanation: says in one sentence why: ${what}`, () => {
    assert.equal(sentence(event), expected);
  });
}

const advice: Readonly<Record<ExchangeReason, RegExp>> = {
  none: /Nothing: it was served/,
  waf: /excludeRules/,
  'waf-fault': /The WAF itself failed/,
  denylist: /secbeat denylist remove PREFIX/,
  'rate-limit': /secbeat allowlist add 198\.51\.100\.7[\s\S]*requestsPerSecond/,
  'connection-limit': /connectionsPerClientMax/,
  'malformed-request': /No setting accepts it/,
  'head-too-large': /limits\.headMax/,
  'body-too-large': /requestBodyMax/,
  'no-route': /host "shop\.example"/,
  redirect: /redirectToHttps/,
  'no-upstream': /upstream "shop"/,
  'upstream-fault': /upstream "shop"/i,
  'upstream-timeout': /responseTimeout/,
  'client-timeout': /deadlines\.requestHead/,
  'client-gone': /closed the connection/,
  shutdown: /deadlines\.drain/,
  'internal-fault': /please report/,
};

for (const [reason, expected] of Object.entries(advice) as [ExchangeReason, RegExp][]) {
  test(`renderExplanation: says what next for ${reason}`, () => {
    const waf = reason === 'waf' ? injectionFinding() : null;
    const text = renderExplanation(servedEvent({ reason, waf }));
    assert.match(text.slice(text.indexOf('What next')), expected);
  });
}

function snippetOf(event: ExchangeEvent): unknown {
  const text = renderExplanation(event);
  return parse(text.slice(text.indexOf('    hosts:'), text.indexOf('  (merge it')));
}

test('renderExplanation: the snippet for a whole host is YAML that excludes the rules there', () => {
  assert.deepEqual(snippetOf(refusedEvent({ route: '*.shop.example /' })), {
    hosts: [{ names: ['*.shop.example'], waf: { excludeRules: [101_120] } }],
  });
});

test('renderExplanation: the snippet for a route with odd characters is YAML that names it', () => {
  assert.deepEqual(snippetOf(refusedEvent({ route: 'a.example /x: "y" #z' })), {
    hosts: [{ names: ['a.example'], routes: [{ path: '/x: "y" #z', waf: { excludeRules: [101_120] } }] }],
  });
});

test('rulesToExclude: the rules that looked at the request, each once, at most 16', () => {
  const finding = injectionFinding();
  const [first, second] = finding.matches;
  const many = Array.from({ length: 20 }, (_, n) => ({ ...first!, ruleId: n + 1 }));
  const rules = (matches: typeof many): readonly number[] =>
    rulesToExclude(refusedEvent({ waf: { ...finding, matches } }));
  assert.deepEqual(rules([first!, first!, second!]), [101_120]);
  assert.deepEqual(rules([second!]), [199_110]);
  assert.deepEqual(rules([]), [199_110]);
  assert.equal(rules(many).length, 16);
  assert.deepEqual(rulesToExclude(refusedEvent({ waf: null })), []);
});

test('renderExplanation: nothing that a client sent reaches the terminal as a command', () => {
  const evil = '\x1b]0;owned\x07\r\n\x9b31mINCIDENT';
  const finding = injectionFinding();
  const event = refusedEvent({
    path: evil,
    host: evil,
    userAgent: evil,
    detail: evil,
    requestId: evil,
    route: `${evil} /${evil}`,
    waf: {
      ...finding,
      matches: [{ ...finding.matches[0]!, message: evil, variables: [{ name: evil, value: evil }] }],
    },
  });
  const text = renderExplanation(event);
  assert.equal(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text), false);
  assert.equal(text.split('\n').filter((line) => line.startsWith('INCIDENT')).length, 0);
});

test('renderExplanation: what is not known is said to be unknown', () => {
  const text = renderExplanation(
    servedEvent({
      method: '',
      host: '',
      userAgent: '',
      route: '',
      upstream: '',
      upstreamPeer: '',
      tls: '',
      timeMs: 1e300,
      reason: 'malformed-request',
      detail: 'content-length-duplicate',
    }),
  );
  assert.match(text, /request {5}\(no request line was read\)/);
  assert.match(text, /host {8}\(not known\)/);
  assert.match(text, /upstream {4}\(none\)/);
  assert.match(text, /Evidence\n {2}content-length-duplicate\n/);
});

test('renderExplanation: names the proxy that a client came through', () => {
  const text = renderExplanation(servedEvent({ peerAddress: '10.0.0.1' }));
  assert.match(text, /client {6}198\.51\.100\.7, through proxy 10\.0\.0\.1:40123/);
});
