/**
 * An answer of the node's own: page or problem document, with the incident id that `secbeat explain` takes.
 */
import { KnownField } from '@secbeat/http/h1/fields.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Plane } from '../plane.ts';
import { answerFields, renderAnswer } from './pages/render-answer.ts';

/** Of statuses that have none, whatever a rule asks for: what stood behind them would be read as the next response. */
const noBody: Buffer = Buffer.alloc(0);

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
  if (exchange.location !== '') fields += `Location: ${fieldSafe(exchange.location)}\r\n`;
  if (answer.status === 405) fields += 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
  const body = answer.status === 204 || answer.status === 205 || answer.status === 304 ? noBody : page.body;
  exchange.responseBytes = exchange.isHeadRead && exchange.head.method === 'HEAD' ? 0 : body.length;
  return { fields, body };
}

/**
 * Percent-encodes what a URI cannot hold.
 *
 * Security: a rule's redirect may quote decoded text of the client, which must not become fields of the response.
 */
function fieldSafe(location: string): string {
  return location.replace(/[^\x21-\x7e]/gu, (character) => {
    const bytes = Buffer.from(character, character <= '\xff' ? 'latin1' : 'utf8');
    return bytes.toString('hex').replace(/../g, '%$&').toUpperCase();
  });
}
