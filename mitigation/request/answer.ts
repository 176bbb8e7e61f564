/**
 * An answer of the node's own: page or problem document, with the incident id that `secbeat explain` takes.
 */
import { KnownField } from '@secbeat/http/h1/fields.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { answerFields, renderAnswer } from './pages/render-answer.ts';

/** A rendered answer: its fields, each with CRLF, and its body. */
export interface AnswerContent {
  readonly fields: string;
  readonly body: Buffer;
}

/** Renders `answer` for the client of `exchange`, and notes its size. */
export function composeAnswer(plane: Plane, exchange: Exchange, answer: Answer): AnswerContent {
  const accept = exchange.isHeadRead ? (exchange.head.fields.first(KnownField.accept) ?? '') : '';
  const page = renderAnswer(
    {
      kind:
        answer.verdict === 'throttle'
          ? 'limit'
          : answer.verdict === 'deny' && answer.status === 403
            ? 'deny'
            : 'error',
      status: answer.status,
      incidentId: exchange.id,
      accept,
      retryAfterSeconds: exchange.retryAfterSeconds,
      title: answer.title,
      publicMessage: answer.publicMessage,
    },
    exchange.policy.config.pages,
  );
  let fields = `Date: ${plane.httpDate()}\r\nContent-Type: ${page.contentType}\r\n${answerFields}`;
  if (exchange.retryAfterSeconds > 0) fields += `Retry-After: ${exchange.retryAfterSeconds}\r\n`;
  if (exchange.location !== '') fields += `Location: ${exchange.location}\r\n`;
  if (answer.status === 405) fields += 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
  exchange.responseBytes = exchange.isHeadRead && exchange.head.method === 'HEAD' ? 0 : page.body.length;
  return { fields, body: page.body };
}
