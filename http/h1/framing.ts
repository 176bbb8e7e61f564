/**
 * How long a message's body is: the one question on which request smuggling lives.
 *
 * Whatever two readers could answer differently is refused. What remains is one Content-Length of plain digits, or
 * one Transfer-Encoding that is exactly `chunked`, never both.
 *
 * Source: RFC 9112 sections 6.1, 6.2, 6.3 and 11.2; RFC 9110 section 8.6.
 */
import { type Fields, KnownField } from './fields.ts';
import { type Refusal, type RefusalStatus, refusalOf, showText } from './refusal.ts';

/** How the end of a body is known. `close`: it ends with the connection (responses only). */
export const Framing = { none: 0, length: 1, chunked: 2, close: 3 } as const;

/** One of the values of `Framing`. */
export type Framing = (typeof Framing)[keyof typeof Framing];

/** What the framing fields of one head say. Owned: by the reader, filled again with the next message. */
export interface FramingView {
  /** `none` when neither field is there. Never `close`: that is the response reader's conclusion. */
  framing: Framing;
  contentLength: number;
}

/**
 * Reads Content-Length and Transfer-Encoding into `view`. Returns a refusal when they are not beyond doubt.
 *
 * @param version 10 or 11.
 * @param badStatus What a malformed message is answered with: 400 for a request, 502 for a response.
 */
export function readFraming(
  fields: Fields,
  version: number,
  badStatus: 400 | 502,
  view: FramingView,
): Refusal | undefined {
  view.framing = Framing.none;
  view.contentLength = 0;
  const lengths = fields.occurrences(KnownField.contentLength);
  const codings = fields.occurrences(KnownField.transferEncoding);
  if (codings > 0) return readTransferEncoding(fields, version, badStatus, view);
  if (lengths > 0) return readContentLength(fields, badStatus, view);
  return undefined;
}

function readTransferEncoding(
  fields: Fields,
  version: number,
  badStatus: 400 | 502,
  view: FramingView,
): Refusal | undefined {
  if (fields.occurrences(KnownField.contentLength) > 0) {
    return refusalOf(
      'content-length-with-transfer-encoding',
      badStatus,
      'Content-Length and Transfer-Encoding in one message; expected at most one of them',
    );
  }
  if (fields.occurrences(KnownField.transferEncoding) > 1) {
    return refusalOf(
      'transfer-encoding-duplicate',
      badStatus,
      `${fields.occurrences(KnownField.transferEncoding)} Transfer-Encoding fields; expected one`,
    );
  }
  const value = fields.value(fields.indexOf(KnownField.transferEncoding));
  if (version === 10) {
    return refusalOf(
      'transfer-encoding-http-1.0',
      badStatus,
      `Transfer-Encoding ${showText(value)} in an HTTP/1.0 message; expected HTTP/1.1 or Content-Length`,
    );
  }
  if (value.length !== 7 || value.toLowerCase() !== 'chunked') {
    const isUnsupported = isUnsupportedCoding(value);
    const status: RefusalStatus = isUnsupported && badStatus === 400 ? 501 : badStatus;
    return refusalOf(
      isUnsupported ? 'transfer-encoding-unsupported' : 'transfer-encoding-malformed',
      status,
      `Transfer-Encoding is ${showText(value)}; expected exactly "chunked"`,
    );
  }
  view.framing = Framing.chunked;
  return undefined;
}

/** Whether it is a well-formed list of other codings with `chunked` once and last, or one single other coding. */
function isUnsupportedCoding(value: string): boolean {
  const codings = value.toLowerCase().split(/[\t ]*,[\t ]*/, 8);
  for (const [i, coding] of codings.entries()) {
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(coding)) return false;
    if ((coding === 'chunked') !== (i === codings.length - 1 && codings.length > 1)) return false;
  }
  return true;
}

function readContentLength(fields: Fields, badStatus: 400 | 502, view: FramingView): Refusal | undefined {
  if (fields.occurrences(KnownField.contentLength) > 1) {
    return refusalOf(
      'content-length-duplicate',
      badStatus,
      `${fields.occurrences(KnownField.contentLength)} Content-Length fields; expected one`,
    );
  }
  const i = fields.indexOf(KnownField.contentLength);
  const from = fields.valueStart(i);
  const to = fields.valueEnd(i);
  const text = fields.text;
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return contentLengthRefusal('malformed', fields.value(i), badStatus);
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return contentLengthRefusal('overflow', fields.value(i), badStatus);
  }
  if (from === to) return contentLengthRefusal('empty', '', badStatus);
  if (to - from > 1 && text.charCodeAt(from) === 0x30) {
    return contentLengthRefusal('leading-zero', fields.value(i), badStatus);
  }
  view.framing = Framing.length;
  view.contentLength = length;
  return undefined;
}

function contentLengthRefusal(what: string, value: string, badStatus: 400 | 502): Refusal {
  const isList = what === 'malformed' && value.includes(',');
  return refusalOf(
    `content-length-${isList ? 'list' : what}`,
    badStatus,
    `Content-Length is ${showText(value)}; expected decimal digits without sign, list or leading zero, at most ` +
      `${Number.MAX_SAFE_INTEGER}`,
  );
}
