/**
 * The WAF's place in an exchange: opens the transaction, feeds it what was read, turns its word into an answer.
 *
 * An exception inside the engine never lets a request through: it is counted and the request is denied.
 */
import { asError } from '@secbeat/base/fault.ts';
import { Framing } from '@secbeat/http/h1/framing.ts';
import type { ResponseHead } from '@secbeat/http/h1/response-head.ts';
import type { Interruption, RequestView, TransactionPolicy } from '@secbeat/waf/engine.ts';
import { Counter, Latency } from '../admin/worker-metrics.ts';
import type { RouteConfig } from '../config/model.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { answers, interruptedAnswer } from './answers.ts';

/** Judges the head (phase 1). Null means: go on. */
export function inspectRequestHead(plane: Plane, exchange: Exchange): Answer | null {
  const route = exchange.route!;
  const ruleset = exchange.policy.ruleset;
  if (route.wafMode === 'off' || ruleset === null) return null;
  plane.metrics.add(Counter.wafTransaction, 1);
  exchange.inspection = 'full';
  return guarded(plane, exchange, () => {
    const transaction = ruleset.begin(viewOf(exchange), transactionPolicy(exchange, route));
    exchange.transaction = transaction;
    return transaction.inspectRequestHead();
  });
}

/** Tells whether the body must be held back for inspection. */
export function holdsBody(exchange: Exchange): boolean {
  const transaction = exchange.transaction;
  return transaction?.wantsRequestBody === true && exchange.head.framing !== Framing.none;
}

/** Judges the request with what is held of its body (phase 2), which also runs without a body. */
export function inspectRequestBody(plane: Plane, exchange: Exchange, isPartial: boolean): Answer | null {
  const transaction = exchange.transaction;
  if (transaction === null) return null;
  const cap = exchange.policy.config.waf.inspectionBytesMax;
  let body = exchange.held === null ? null : exchange.held.joined();
  if (body !== null && body.length > cap) body = body.subarray(0, cap);
  if (isPartial) {
    exchange.inspection = 'partial';
    plane.metrics.add(Counter.wafPartial, 1);
  }
  if (body !== null) plane.metrics.add(Counter.wafBytesInspected, body.length);
  return guarded(plane, exchange, () => transaction.inspectRequestBody(body, isPartial));
}

/** Judges the origin's head (phase 3). */
export function inspectResponseHead(plane: Plane, exchange: Exchange, head: ResponseHead): Answer | null {
  const transaction = exchange.transaction;
  if (transaction === null) return null;
  const view = {
    status: head.status,
    protocol: head.version === 10 ? 'HTTP/1.0' : 'HTTP/1.1',
    fields: head.fields,
  };
  return guarded(plane, exchange, () => transaction.inspectResponseHead(view));
}

function guarded(plane: Plane, exchange: Exchange, inspect: () => Interruption | null): Answer | null {
  const startedAtMs = plane.clock.monotonicMs();
  try {
    const interruption = inspect();
    return interruption === null ? null : interrupted(plane, exchange, interruption);
  } catch (thrown) {
    plane.metrics.add(Counter.wafFault, 1);
    plane.log.error(
      { err: asError(thrown), exchange: exchange.id },
      'the WAF engine failed; the request was denied',
    );
    exchange.transaction = null;
    exchange.detail = asError(thrown).message.slice(0, 200);
    return answers.wafFault;
  } finally {
    exchange.wafMs += plane.clock.monotonicMs() - startedAtMs;
  }
}

function interrupted(plane: Plane, exchange: Exchange, interruption: Interruption): Answer {
  plane.metrics.add(Counter.wafDenied, 1);
  exchange.detail = `rule-${interruption.ruleId}`;
  exchange.location = interruption.location;
  if (interruption.action === 'drop') return { ...answers.denied, verdict: 'drop', status: 0 };
  return interruptedAnswer(interruption.status);
}

/** Observes the time spent in the engine, once per transaction. */
export function observeInspection(plane: Plane, exchange: Exchange): void {
  if (exchange.wafMs > 0) plane.metrics.observe(Latency.waf, exchange.wafMs);
}

function transactionPolicy(exchange: Exchange, route: RouteConfig): TransactionPolicy {
  const { inboundThreshold, outboundThreshold } = exchange.policy.config.waf;
  return {
    mode: route.wafMode === 'on' ? 'on' : 'detection-only',
    excludedRuleIds: route.wafExcludedRuleIds,
    inboundThreshold,
    outboundThreshold,
  };
}

function viewOf(exchange: Exchange): RequestView {
  const { head, down } = exchange;
  return {
    method: head.method,
    target: head.target,
    path: head.path,
    query: head.query,
    requestLine: head.requestLine,
    protocol: head.version === 10 ? 'HTTP/1.0' : 'HTTP/1.1',
    fields: head.fields,
    clientAddress: exchange.client.text,
    clientPort: exchange.isProxied ? 0 : down.peerPort,
    serverAddress: down.localAddress,
    serverPort: down.localPort,
    hostName: head.hostName,
    id: exchange.id,
  };
}
