/**
 * The life of a request, on one screen.
 *
 *      identify -> listed? -> over limit? -> redirect? -> route -> size -> inspect head
 *               -> (hold body -> inspect body) -> forward -> inspect response -> relay -> record
 *
 * Whatever happens, an exchange leaves here exactly once: through `finish`, `refuse`, `breakOff` or `gone`, each of which
 * ends in `endExchange`. Everything is synchronous; waiting is done by the two sides, which call back.
 */
import { Framing } from '@secbeat/http/h1/framing.ts';
import { Counter } from '../admin/worker-metrics.ts';
import { type Answer, type DownstreamEvents, type Exchange, Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import type { UpstreamEvents } from '../upstream/upstream-connection.ts';
import { composeAnswer } from './answer.ts';
import { answers, malformedAnswer } from './answers.ts';
import { failureAnswer, mayRetry } from './failure.ts';
import { requestHeadText } from './forward.ts';
import { HeldContent } from './held-content.ts';
import { identify } from './identify.ts';
import { holdsBody, inspectRequestBody, inspectRequestHead, inspectResponseHead } from './inspect.ts';
import { refuseListed, refuseOverLimit } from './limit.ts';
import { endExchange } from './record.ts';
import { redirectToHttps, refuseLargeBody, routeExchange } from './route-exchange.ts';

/** Content held back for an origin that is not connected yet or reads slowly; beyond it the client is not read. */
const unsentBytesMax = 64 * 1024;

/** Both halves of a request's life: what the client's side reports, and what the origin's side reports. */
export interface Lifecycle {
  readonly downstream: DownstreamEvents;
  readonly upstream: UpstreamEvents;
}

/** Creates the life that all exchanges of one worker lead. */
export function createLifecycle(plane: Plane): Lifecycle {
  // The request

  function requestHead(exchange: Exchange): void {
    exchange.isHeadRead = true;
    identify(exchange);
    const answer =
      refuseListed(plane, exchange) ??
      refuseOverLimit(plane, exchange) ??
      redirectToHttps(exchange) ??
      routeExchange(exchange) ??
      refuseLargeBody(exchange) ??
      inspectRequestHead(plane, exchange);
    if (answer !== null) return refuse(exchange, answer);
    if (exchange.head.framing === Framing.none) return;
    if (exchange.head.expectContinue) exchange.down.sendContinue();
    exchange.isHolding = holdsBody(exchange);
    if (!exchange.isHolding) judgeBody(exchange, false);
  }

  function requestContent(exchange: Exchange, bytes: Buffer): void {
    exchange.contentBytes += bytes.length;
    const answer = refuseLargeBody(exchange);
    if (answer !== null) return refuse(exchange, answer);
    if (!exchange.isHolding && exchange.upstream !== null) {
      exchange.isBodyCommitted = true;
      if (!exchange.upstream.writeContent(bytes)) exchange.down.pauseReading();
      return;
    }
    exchange.held ??= new HeldContent();
    exchange.held.push(bytes);
    exchange.heldBytes += bytes.length;
    if (!exchange.isHolding) {
      if (exchange.heldBytes > unsentBytesMax) exchange.down.pauseReading();
    } else if (exchange.heldBytes > exchange.policy.config.waf.inspectionBytesMax) judgeOversized(exchange);
  }

  function requestEnd(exchange: Exchange): void {
    exchange.isRequestComplete = true;
    if (exchange.isHolding || exchange.head.framing === Framing.none) judgeBody(exchange, false);
    else exchange.upstream?.endRequest();
  }

  function judgeOversized(exchange: Exchange): void {
    // A route that only watches refuses nothing, so what does not fit goes on there as well.
    const isRefused = exchange.policy.config.waf.overCap === 'deny' && exchange.route?.wafMode === 'on';
    if (!isRefused) return judgeBody(exchange, true);
    plane.metrics.add(Counter.wafOverCapDenied, 1);
    exchange.detail = 'inspection-cap';
    refuse(exchange, answers.bodyTooLarge);
  }

  function judgeBody(exchange: Exchange, isPartial: boolean): void {
    exchange.isHolding = false;
    const answer = inspectRequestBody(plane, exchange, isPartial);
    if (answer === null) forward(exchange);
    else refuse(exchange, answer);
  }

  // The origin

  function forward(exchange: Exchange): void {
    exchange.stage = Stage.connecting;
    exchange.attempts += 1;
    const upstream = plane.upstreams.get(exchange.route!.upstream);
    if (upstream === undefined) refuse(exchange, answers.noUpstream);
    else upstream.acquire(exchange);
  }

  const upstream: UpstreamEvents = {
    ready(exchange, connection) {
      exchange.stage = Stage.forwarded;
      exchange.upstream = connection;
      exchange.upstreamPeer = connection.peerName;
      exchange.isUpstreamReused = connection.isReused;
      exchange.forwardedAtMs = plane.clock.monotonicMs();
      connection.writeHead(
        requestHeadText(exchange),
        exchange.head.method,
        exchange.head.framing === Framing.chunked,
      );
      if (exchange.held !== null) {
        for (const bytes of exchange.held.pieces()) connection.writeContent(bytes);
      }
      if (exchange.isRequestComplete) return connection.endRequest();
      exchange.isBodyCommitted = exchange.heldBytes > 0;
      exchange.held = null;
      exchange.down.resumeReading();
    },

    responseHead(exchange, head) {
      exchange.upstreamMs = plane.clock.monotonicMs() - exchange.forwardedAtMs;
      exchange.upstreamStatus = head.status;
      exchange.held = null;
      const answer = inspectResponseHead(plane, exchange, head);
      if (answer !== null) return refuse(exchange, answer);
      exchange.stage = Stage.relaying;
      exchange.status = head.status;
      exchange.down.startResponse(exchange, head);
    },

    responseContent(exchange, bytes, from, to) {
      exchange.responseBytes += to - from;
      exchange.down.writeContent(bytes, from, to);
    },

    responseBatch(exchange) {
      if (!exchange.down.flush()) exchange.upstream?.pause();
    },

    responseEnd: finish,

    failed(exchange, failure, detail) {
      exchange.upstream = null;
      if (exchange.stage === Stage.tunnel) return endTunnel(exchange);
      if (mayRetry(plane, exchange, failure)) return forward(exchange);
      exchange.detail = detail;
      const answer = failureAnswer(failure);
      if (exchange.stage === Stage.relaying) breakOff(exchange, answer);
      else refuse(exchange, answer);
    },

    drained(exchange) {
      exchange.down.resumeReading();
    },

    switched(exchange, head) {
      exchange.stage = Stage.tunnel;
      exchange.status = 101;
      exchange.upstreamStatus = 101;
      exchange.upstreamMs = plane.clock.monotonicMs() - exchange.forwardedAtMs;
      plane.metrics.add(Counter.tunnelOpened, 1);
      exchange.down.startTunnel(exchange, head);
    },

    tunnelData(exchange, bytes) {
      exchange.responseBytes += bytes.length;
      if (!exchange.down.writeTunnel(bytes)) exchange.upstream?.pause();
    },

    tunnelEnd(exchange) {
      exchange.down.endTunnel();
    },
  };

  // The ends

  /** The response is complete. */
  function finish(exchange: Exchange): void {
    exchange.upstream = null;
    endExchange(plane, exchange);
    exchange.down.endResponse(exchange);
  }

  /** An answer of ours instead of the origin's, while none has begun. */
  function refuse(exchange: Exchange, answer: Answer): void {
    if (exchange.stage >= Stage.relaying) return breakOff(exchange, answer);
    exchange.upstream?.abandon();
    exchange.upstream = null;
    exchange.verdict = answer.verdict;
    exchange.reason = answer.reason;
    exchange.status = answer.status;
    if (answer.status === 0) return breakOff(exchange, answer);
    const { fields, body } = composeAnswer(plane, exchange, answer);
    endExchange(plane, exchange);
    exchange.down.sendAnswer(exchange, answer.status, fields, body);
  }

  /** The response has begun and cannot be completed: the client must not take it for whole. */
  function breakOff(exchange: Exchange, answer: Answer): void {
    exchange.upstream?.abandon();
    exchange.upstream = null;
    exchange.verdict = answer.verdict;
    exchange.reason = answer.reason;
    if (exchange.stage === Stage.tunnel) plane.metrics.add(Counter.tunnelClosed, 1);
    endExchange(plane, exchange);
    exchange.down.abort();
  }

  function endTunnel(exchange: Exchange): void {
    plane.metrics.add(Counter.tunnelClosed, 1);
    endExchange(plane, exchange);
    exchange.down.finishTunnel();
  }

  function gone(exchange: Exchange): void {
    const isTunnel = exchange.stage === Stage.tunnel;
    exchange.upstream?.abandon();
    exchange.upstream = null;
    if (isTunnel) plane.metrics.add(Counter.tunnelClosed, 1);
    else if (exchange.reason === 'none') exchange.reason = 'client-gone';
    endExchange(plane, exchange);
  }

  const downstream: DownstreamEvents = {
    requestHead,
    requestContent,
    requestEnd,
    gone,
    requestRefused(exchange, refusal) {
      exchange.detail = refusal.code;
      refuse(exchange, malformedAnswer(refusal));
    },
    late(exchange) {
      exchange.detail = exchange.isRequestComplete ? 'response-not-read' : 'request-incomplete';
      refuse(exchange, answers.clientTimeout);
    },
    failed(exchange) {
      refuse(exchange, answers.internalFault);
    },
    drained(exchange) {
      exchange.upstream?.resume();
    },
    tunnelData(exchange, bytes) {
      exchange.requestBytes += bytes.length;
      if (exchange.upstream?.writeTunnel(bytes) === false) exchange.down.pauseReading();
    },
    tunnelEnd(exchange) {
      exchange.upstream?.endTunnel();
    },
  };

  return { downstream, upstream };
}
