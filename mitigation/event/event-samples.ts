/** Events for tests: a plain exchange and a refused one, with any field replaced. */
import type { ExchangeEvent, WafFinding } from '@secbeat/contracts/event.ts';

/** Returns a served exchange with `fields` instead of its own. */
export function servedEvent(fields: Partial<ExchangeEvent> = {}): ExchangeEvent {
  return {
    kind: 'exchange',
    id: '01JH6Z3K9W2QF5T8V7XN',
    timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    peerAddress: '198.51.100.7',
    peerPort: 40_123,
    clientAddress: '198.51.100.7',
    listener: '127.0.0.1:8443',
    tls: 'TLSv1.3',
    protocol: 'HTTP/1.1',
    method: 'GET',
    host: 'shop.example',
    path: '/search',
    requestId: '01JH6Z3K9W2QF5T8V7XN',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    verdict: 'pass',
    reason: 'none',
    detail: '',
    status: 200,
    route: '* /',
    upstream: 'shop',
    upstreamPeer: '127.0.0.1:3000',
    upstreamStatus: 200,
    requestBytes: 512,
    responseBytes: 5120,
    durationMs: 3.25,
    upstreamMs: 2.125,
    waf: null,
    ...fields,
  };
}

/** Returns what the WAF found in a refused exchange, with `fields` instead of its own. */
export function injectionFinding(fields: Partial<WafFinding> = {}): WafFinding {
  return {
    inspection: 'full',
    mode: 'on',
    inboundScore: 5,
    outboundScore: 0,
    inboundThreshold: 5,
    outboundThreshold: 4,
    interruptedBy: 199_110,
    matches: [
      {
        ruleId: 101_120,
        message: 'SQL injection: tautology',
        severity: 'CRITICAL',
        tags: ['attack-sqli'],
        phase: 2,
        place: 'sql-injection.conf:31',
        variables: [{ name: 'ARGS:q', value: "' OR 9=9--" }],
      },
      {
        ruleId: 199_110,
        message: 'Inbound anomaly score reached its threshold',
        severity: 'CRITICAL',
        tags: [],
        phase: 2,
        place: 'scoring.conf:12',
        variables: [{ name: 'TX:inbound_anomaly_score', value: '9' }],
      },
    ],
    ...fields,
  };
}

/** Returns a refused exchange with `fields` instead of its own. */
export function refusedEvent(fields: Partial<ExchangeEvent> = {}): ExchangeEvent {
  return servedEvent({
    verdict: 'deny',
    reason: 'waf',
    status: 403,
    upstreamPeer: '',
    upstreamStatus: 0,
    upstreamMs: -1,
    waf: injectionFinding(),
    ...fields,
  });
}
