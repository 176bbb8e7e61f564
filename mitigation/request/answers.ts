/**
 * The answers that are the node's own: what the client is told, and how the exchange counts.
 *
 * Source of the statuses: DESIGN section 3. 403 WAF or denylist, 429 limit, 502 and 503 no healthy origin, 504 timeout.
 */
import type { ExchangeReason } from '@secbeat/contracts/event.ts';
import type { Verdict } from '@secbeat/contracts/verdict.ts';
import type { Refusal } from '@secbeat/http/h1/refusal.ts';
import { reasonPhraseOf } from '@secbeat/http/h1/write.ts';
import type { Answer } from '../exchange.ts';

function answer(
  status: number,
  verdict: Verdict,
  reason: ExchangeReason,
  title: string,
  publicMessage: string,
): Answer {
  return Object.freeze({ status, verdict, reason, title, publicMessage });
}

const unavailable = 'The application behind this address does not answer at the moment.';

type AnswerName =
  | 'denied'
  | 'wafFault'
  | 'denylisted'
  | 'limited'
  | 'bodyTooLarge'
  | 'noRoute'
  | 'redirected'
  | 'noUpstream'
  | 'upstreamBusy'
  | 'upstreamFault'
  | 'upstreamTimeout'
  | 'clientTimeout'
  | 'internalFault';

/** The fixed answers. */
export const answers: Readonly<Record<AnswerName, Answer>> = {
  denied: answer(
    403,
    'deny',
    'waf',
    'Request refused',
    'This request looks like an attack and was not passed on.',
  ),
  wafFault: answer(
    403,
    'deny',
    'waf-fault',
    'Request refused',
    'This request could not be inspected and was not passed on.',
  ),
  denylisted: answer(
    403,
    'deny',
    'denylist',
    'Access refused',
    'Requests from your address are refused at present.',
  ),
  limited: answer(
    429,
    'throttle',
    'rate-limit',
    'Too many requests',
    'Your address has sent too many requests. Please slow down.',
  ),
  bodyTooLarge: answer(
    413,
    'deny',
    'body-too-large',
    'Content too large',
    'The content of this request is larger than is accepted here.',
  ),
  noRoute: answer(404, 'deny', 'no-route', 'Not found', 'No application is served under this name and path.'),
  redirected: answer(308, 'pass', 'redirect', 'Moved', 'This site is served over HTTPS.'),
  noUpstream: answer(502, 'pass', 'no-upstream', 'Application unreachable', unavailable),
  upstreamBusy: answer(503, 'pass', 'no-upstream', 'Application busy', unavailable),
  upstreamFault: answer(502, 'pass', 'upstream-fault', 'Application failed', unavailable),
  upstreamTimeout: answer(504, 'pass', 'upstream-timeout', 'Application timed out', unavailable),
  clientTimeout: answer(
    408,
    'deny',
    'client-timeout',
    'Request timed out',
    'The request did not arrive in time.',
  ),
  internalFault: answer(
    500,
    'deny',
    'internal-fault',
    'Internal error',
    'This request could not be handled.',
  ),
};

/** The answer to a message that the reader refused. */
export function malformedAnswer(refusal: Refusal): Answer {
  const isLarge = refusal.status === 431 || refusal.status === 414;
  const reason = refusal.status === 413 ? 'body-too-large' : isLarge ? 'head-too-large' : 'malformed-request';
  return answer(refusal.status, 'deny', reason, reasonPhraseOf(refusal.status), refusal.message);
}

/** The answer to a rule that interrupted with a status of its own. */
export function interruptedAnswer(status: number): Answer {
  return status === 403
    ? answers.denied
    : answer(status, 'deny', 'waf', answers.denied.title, answers.denied.publicMessage);
}
