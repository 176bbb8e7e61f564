/**
 * The text of an HTTP/1.1 response head: the origin's end-to-end fields behind our own framing.
 *
 * Hot: `responseHeadText` runs once per exchange. Runs of fields that go through unchanged are copied in one slice of the
 * head's text, so that a head of ten fields costs a handful of concatenations.
 */
import type { Fields } from '@secbeat/http/h1/fields.ts';
import { KnownField } from '@secbeat/http/h1/fields.ts';
import { Framing } from '@secbeat/http/h1/framing.ts';
import type { ResponseHead } from '@secbeat/http/h1/response-head.ts';
import { statusLineOf } from '@secbeat/http/h1/write.ts';
import { appendFields, fieldTable } from '../request/end-to-end.ts';

/** Fields of a response that are written anew. */
const skipped: Uint8Array = fieldTable([KnownField.contentLength]);

/**
 * Returns the head, from status line to the empty line.
 *
 * @param version   The client's version, 10 or 11: decides what "keep-alive" must be said aloud.
 * @param isChunked Whether the body will be written in chunks.
 */
export function responseHeadText(
  head: ResponseHead,
  version: number,
  isChunked: boolean,
  keepsAlive: boolean,
): string {
  const fields = head.fields;
  let text = statusLine(head.status, head.reason);
  text = appendFields(text, fields, skipped);
  if (isChunked) text += 'Transfer-Encoding: chunked\r\n';
  else text += lengthLine(head, fields);
  return text + connectionLines(version, keepsAlive);
}

/** Returns the head of an answer of our own. `fields` end in CRLF each; `version` is the client's. */
export function answerHead(
  status: number,
  fields: string,
  bodyBytes: number,
  version: number,
  keepsAlive: boolean,
): string {
  const length = status === 304 || status === 204 ? '' : `Content-Length: ${bodyBytes}\r\n`;
  return `${statusLineOf(status)}${fields}${length}${connectionLines(version, keepsAlive)}`;
}

/** Returns the head that turns the connection into a tunnel, with the origin's fields. */
export function tunnelHeadText(head: ResponseHead): string {
  const upgrade = head.fields.first(KnownField.upgrade) ?? '';
  const text = appendFields(statusLine(101, head.reason), head.fields, skipped);
  return `${text}Upgrade: ${upgrade}\r\nConnection: Upgrade\r\n\r\n`;
}

function statusLine(status: number, reason: string): string {
  if (reason === '' || (status === 200 && reason === 'OK')) return statusLineOf(status);
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** A length is repeated where it stood: for a body that follows, and for HEAD and 304, where it describes one that does not. */
function lengthLine(head: ResponseHead, fields: Fields): string {
  if (head.framing === Framing.length) return `Content-Length: ${head.contentLength}\r\n`;
  if (head.framing !== Framing.none) return '';
  const length = fields.first(KnownField.contentLength);
  if (length === undefined || head.status === 204 || head.status < 200) return '';
  return `Content-Length: ${length}\r\n`;
}

function connectionLines(version: number, keepsAlive: boolean): string {
  if (!keepsAlive) return 'Connection: close\r\n\r\n';
  return version === 10 ? 'Connection: keep-alive\r\n\r\n' : '\r\n';
}
