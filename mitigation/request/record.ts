/**
 * The end of an exchange: its one event, its counters, its latencies.
 */
import { asError } from '@secbeat/base/fault.ts';
import type { ExchangeEvent, WafFinding } from '@secbeat/contracts/event.ts';
import { KnownField } from '@secbeat/http/h1/fields.ts';
import type { Transaction, TransactionReport } from '@secbeat/waf/engine.ts';
import {
  Counter,
  counterForReason,
  counterForStatus,
  counterForVerdict,
  Latency,
} from '../admin/worker-metrics.ts';
import { maskMatches } from '../event/mask.ts';
import { type Exchange, Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { observeInspection } from './inspect.ts';

const pathCharactersMax = 2048;

/** Ends `exchange`. Does nothing the second time: an exchange has exactly one event. */
export function endExchange(plane: Plane, exchange: Exchange): void {
  if (exchange.stage === Stage.ended) return;
  exchange.stage = Stage.ended;
  exchange.held = null;
  const durationMs = plane.clock.monotonicMs() - exchange.startedAtMs;
  const waf = wafFinding(plane, exchange);
  const metrics = plane.metrics;
  metrics.add(counterForVerdict[exchange.verdict], 1);
  metrics.add(counterForReason[exchange.reason], 1);
  metrics.add(counterForStatus(exchange.status), 1);
  metrics.observe(Latency.exchange, durationMs);
  if (exchange.upstreamMs >= 0) metrics.observe(Latency.upstream, exchange.upstreamMs);
  observeInspection(plane, exchange);
  plane.events.record(eventOf(exchange, durationMs, waf));
}

function eventOf(exchange: Exchange, durationMs: number, waf: WafFinding | null): ExchangeEvent {
  const { down, head, isHeadRead } = exchange;
  return {
    kind: 'exchange',
    id: exchange.id,
    timeMs: exchange.startedAtWallMs,
    peerAddress: down.peer.text,
    peerPort: down.peerPort,
    clientAddress: exchange.client.text,
    listener: down.listenerName,
    tls: down.tlsVersion,
    protocol: !isHeadRead ? '' : head.version === 10 ? 'HTTP/1.0' : 'HTTP/1.1',
    method: isHeadRead ? head.method : '',
    host: isHeadRead ? head.authority : '',
    path: isHeadRead ? eventPath(exchange) : '',
    requestId: exchange.requestId,
    userAgent: isHeadRead ? (head.fields.first(KnownField.userAgent) ?? '') : '',
    verdict: exchange.verdict,
    reason: exchange.reason,
    detail: exchange.detail,
    status: exchange.status,
    route: exchange.route === null ? '' : exchange.route.name,
    upstream: exchange.route === null ? '' : exchange.route.upstream,
    upstreamPeer: exchange.upstreamPeer,
    upstreamStatus: exchange.upstreamStatus,
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
    durationMs,
    upstreamMs: exchange.upstreamMs,
    waf,
  };
}

function eventPath(exchange: Exchange): string {
  const { head, policy } = exchange;
  const path = policy.config.events.includeQuery && head.hasQuery ? `${head.path}?${head.query}` : head.path;
  return path.length <= pathCharactersMax ? path : path.slice(0, pathCharactersMax);
}

/** An engine that fails now can change nothing but the record: it is counted, and the exchange ends all the same. */
function reportOf(plane: Plane, exchange: Exchange, transaction: Transaction): TransactionReport | null {
  try {
    return transaction.finish();
  } catch (thrown) {
    plane.metrics.add(Counter.wafFault, 1);
    plane.log.error({ err: asError(thrown), exchange: exchange.id }, 'the WAF engine failed at the end');
    return null;
  }
}

/** Closes the transaction (phase 5) and returns what it found; null when nothing was inspected. */
function wafFinding(plane: Plane, exchange: Exchange): WafFinding | null {
  const transaction = exchange.transaction;
  if (transaction === null) return null;
  exchange.transaction = null;
  const { config } = exchange.policy;
  const report = reportOf(plane, exchange, transaction);
  if (report === null) return null;
  const mode = exchange.route?.wafMode ?? 'off';
  if (mode === 'detection-only' && report.interruptedBy !== 0) {
    plane.metrics.add(Counter.wafDetected, 1);
    if (exchange.verdict === 'pass') exchange.verdict = 'log';
  }
  return {
    inspection: exchange.inspection,
    mode,
    inboundScore: report.inboundScore,
    outboundScore: report.outboundScore,
    inboundThreshold: config.waf.inboundThreshold,
    outboundThreshold: config.waf.outboundThreshold,
    interruptedBy: report.interruptedBy,
    matches: report.matches.length === 0 ? [] : maskMatches(report.matches, config.events.includeValues),
  };
}
