/**
 * What becomes of an exchange whose origin failed: another try, or which answer.
 */
import type { Answer, Exchange } from '../exchange.ts';
import { Stage } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import type { UpstreamFailure } from '../upstream/upstream-connection.ts';
import { answers } from './answers.ts';

/** Connections that one exchange may try, however many peers there are. */
const attemptsMax = 3;

/** Methods that may be sent twice. Source: RFC 9110 section 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/**
 * Tells whether the request can be sent again: it never reached the origin, or it is idempotent, nothing of an answer
 * came back, and the connection was a reused one, which the origin may have closed in the same moment.
 */
export function mayRetry(plane: Plane, exchange: Exchange, failure: UpstreamFailure): boolean {
  if (exchange.stage > Stage.forwarded || exchange.isBodyCommitted) return false;
  const upstream = plane.upstreams.get(exchange.route!.upstream);
  if (upstream === undefined) return false;
  if (failure === 'connect' || failure === 'connect-timeout') {
    return exchange.attempts < Math.min(attemptsMax, upstream.peerCount);
  }
  return (
    failure === 'closed' &&
    exchange.isUpstreamReused &&
    exchange.attempts < attemptsMax &&
    idempotent.has(exchange.head.method)
  );
}

/** Returns what the client is told. */
export function failureAnswer(failure: UpstreamFailure): Answer {
  switch (failure) {
    case 'connect':
    case 'connect-timeout':
      return answers.noUpstream;
    case 'queue-full':
    case 'queue-timeout':
      return answers.upstreamBusy;
    case 'closed':
    case 'malformed':
      return answers.upstreamFault;
    case 'fault':
      return answers.internalFault;
    case 'response-timeout':
    case 'idle-timeout':
      return answers.upstreamTimeout;
  }
}
