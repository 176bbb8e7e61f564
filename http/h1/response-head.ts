/**
 * A response's head from an origin, read as strictly as a request's: an origin that is broken or taken over must not
 * be able to make us attach its bytes to somebody else's request.
 *
 * Every refusal asks for 502. Source: RFC 9112 sections 4, 6.3 and 9.3; RFC 9110 section 15.
 */
import { CR, isValueByte, LF, SP } from './byte-class.ts';
import { ConnectionOption, type ConnectionView, readConnectionOptions } from './connection-options.ts';
import { FieldSectionReader } from './field-section-reader.ts';
import { type Fields, KnownField } from './fields.ts';
import { Framing, type FramingView, readFraming } from './framing.ts';
import { type Refusal, refusalOf, showByte, showText } from './refusal.ts';
import { versionAt } from './request-line-reader.ts';

/** Limits of one response head. */
export interface ResponseHeadLimits {
  readonly headBytesMax: number;
  readonly fieldsMax: number;
}

/** What one response head says. Owned: by the reader, filled again with the next response. Strings are latin1. */
export class ResponseHead {
  /** 100 to 999. */
  status: number;
  /** As received; may be empty. */
  reason: string;
  /** 10 or 11. */
  version: number;
  fields: Fields;
  /** Of this message: `none` for HEAD, 1xx, 204, 304 and 101 whatever the fields say. */
  framing: Framing;
  /** As declared, also where there is no body (HEAD, 304); 0 when nothing is declared. */
  contentLength: number;
  /** Whether the origin keeps the connection for another request. Never with `Framing.close` or 101. */
  keepAlive: boolean;
  /** A response before the final one: 1xx but not 101. */
  isInformational: boolean;

  constructor(fields: Fields) {
    this.status = 0;
    this.reason = '';
    this.version = 0;
    this.fields = fields;
    this.framing = Framing.none;
    this.contentLength = 0;
    this.keepAlive = false;
    this.isInformational = false;
  }
}

const Place = { line: 0, fields: 1, done: 2, refused: 3 } as const;

// "HTTP/1.1 200" is 12 bytes; a space and a reason may follow.
const versionBytes = 8;
const statusEnd = 12;

/** Reads the response heads of one upstream connection. Owned: by that connection. */
export class ResponseHeadReader {
  readonly head: ResponseHead;
  readonly #headBytesMax: number;
  readonly #section: FieldSectionReader;
  readonly #framing: FramingView;
  readonly #connection: ConnectionView;
  #refusal: Refusal | undefined;
  #isToHead: boolean;
  #place: number;
  #at: number;
  #lineEnd: number;

  constructor(limits: ResponseHeadLimits) {
    this.#headBytesMax = limits.headBytesMax;
    this.#section = new FieldSectionReader(limits.fieldsMax, 502);
    this.#framing = { framing: Framing.none, contentLength: 0 };
    this.#connection = { options: 0 };
    this.#refusal = undefined;
    this.#isToHead = false;
    this.#place = Place.line;
    this.#at = 0;
    this.#lineEnd = 0;
    this.head = new ResponseHead(this.#section.fields);
  }

  /** Why the head was refused; undefined unless `read` returned -1. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Begins the next response, which answers a request with this method. Also after each informational response. */
  begin(requestMethod: string): void {
    const head = this.head;
    head.status = 0;
    head.reason = '';
    head.version = 0;
    head.framing = Framing.none;
    head.contentLength = 0;
    head.keepAlive = false;
    head.isInformational = false;
    head.fields.reset();
    this.#isToHead = requestMethod === 'HEAD';
    this.#refusal = undefined;
    this.#place = Place.line;
    this.#at = 0;
    this.#lineEnd = 0;
  }

  /**
   * Reads bytes[start, end). The same contract as `RequestHeadReader.read`, but a complete head is followed by
   * `begin`; without it the next call begins a response to the same method.
   *
   * Hot. Borrowed: bytes.
   */
  read(bytes: Buffer, start: number, end: number): number {
    if (this.#place >= Place.done) {
      if (this.#place === Place.refused) return -1;
      this.begin(this.#isToHead ? 'HEAD' : '');
    }
    const limit = start + this.#headBytesMax;
    const stop = Math.min(end, limit);
    if (this.#place === Place.line) {
      const lineBytes = this.#readStatusLine(bytes, start, stop);
      if (lineBytes < 0) return -1;
      if (lineBytes === 0) return end < limit ? 0 : this.#refuseSize();
      this.#section.begin(lineBytes);
      this.#place = Place.fields;
    }
    const headBytes = this.#section.read(bytes, start, stop);
    if (headBytes > 0) return this.#complete(bytes, start, headBytes);
    if (headBytes < 0) return this.#refuseWith(this.#section.refusal);
    return end < limit ? 0 : this.#refuseSize();
  }

  #refuseWith(refusal: Refusal | undefined): -1 {
    this.#refusal = refusal;
    this.#place = Place.refused;
    this.head.keepAlive = false;
    return -1;
  }

  #refuse(code: string, message: string): -1 {
    return this.#refuseWith(refusalOf(code, 502, message));
  }

  #refuseSize(): -1 {
    return this.#refuse('head-too-large', `a response head of more than ${this.#headBytesMax} bytes`);
  }

  /** Returns the offset behind the status line, 0 when more is needed, -1 when refused. */
  #readStatusLine(bytes: Buffer, start: number, end: number): number {
    let at = start + this.#at;
    for (; at < end && at < start + statusEnd; at += 1) {
      if (!isStatusLineByte(bytes[at]!, at - start)) return this.#refuseStatusLine(bytes, start, at + 1);
    }
    if (at === start + statusEnd && at < end && bytes[at] !== SP && bytes[at] !== CR) {
      return this.#refuseStatusLine(bytes, start, at + 1);
    }
    if (at >= start + statusEnd) while (at < end && isValueByte[bytes[at]!] === 1) at += 1;
    this.#at = at - start;
    if (at >= end) return 0;
    if (bytes[at] === LF)
      return this.#refuse('bare-lf', 'a line feed without carriage return; expected CRLF');
    if (bytes[at] !== CR) {
      return this.#refuse('status-line-malformed', `${showByte(bytes[at]!)} in the reason phrase`);
    }
    if (at + 1 >= end) return 0;
    if (bytes[at + 1] !== LF) {
      return this.#refuse('bare-cr', `a carriage return followed by ${showByte(bytes[at + 1]!)}`);
    }
    const head = this.head;
    head.version = versionAt(bytes, start, start + versionBytes);
    head.status =
      (bytes[start + 9]! - 0x30) * 100 + (bytes[start + 10]! - 0x30) * 10 + bytes[start + 11]! - 0x30;
    if (head.version !== 11 && head.version !== 10) {
      const shown = showText(bytes.toString('latin1', start, start + versionBytes));
      return this.#refuse('version-unsupported', `version ${shown}; expected HTTP/1.1 or HTTP/1.0`);
    }
    if (head.status < 100)
      return this.#refuse('status-unknown', `status ${head.status}; expected 100 to 999`);
    this.#lineEnd = this.#at;
    this.#at += 2;
    return this.#at;
  }

  #refuseStatusLine(bytes: Buffer, start: number, end: number): -1 {
    const shown = showText(bytes.toString('latin1', start, end));
    return this.#refuse(
      'status-line-malformed',
      `status line starts with ${shown}; expected "HTTP/1.1 200 ..."`,
    );
  }

  #complete(bytes: Buffer, start: number, headBytes: number): number {
    const head = this.head;
    const text = bytes.toString('latin1', start, start + headBytes);
    head.fields.text = text;
    head.reason = this.#lineEnd > statusEnd + 1 ? text.slice(statusEnd + 1, this.#lineEnd) : '';
    head.isInformational = head.status < 200 && head.status !== 101;
    const refusal = this.#judgeFraming() ?? this.#judgeConnection(bytes, start);
    if (refusal !== undefined) return this.#refuseWith(refusal);
    this.#place = Place.done;
    return headBytes;
  }

  #judgeFraming(): Refusal | undefined {
    const head = this.head;
    const view = this.#framing;
    const refusal = readFraming(head.fields, head.version, 502, view);
    if (refusal !== undefined) return refusal;
    head.contentLength = view.contentLength;
    const isWithoutContent = head.status < 200 || head.status === 204;
    if (isWithoutContent && (view.framing === Framing.chunked || view.contentLength > 0)) {
      // RFC 9110 sections 8.6 and 15.3.5, RFC 9112 section 6.1: never sent there, so the origin is confused.
      return refusalOf(
        'framing-without-content',
        502,
        `a body declared in a ${head.status} response; it has none`,
      );
    }
    if (isWithoutContent || head.status === 304 || this.#isToHead) head.framing = Framing.none;
    else head.framing = view.framing === Framing.none ? Framing.close : view.framing;
    return undefined;
  }

  #judgeConnection(bytes: Buffer, start: number): Refusal | undefined {
    const head = this.head;
    const refusal = readConnectionOptions(head.fields, bytes, start, 502, this.#connection);
    if (refusal !== undefined) return refusal;
    const options = this.#connection.options;
    head.keepAlive =
      (options & ConnectionOption.close) === 0 &&
      (head.version === 11 || (options & ConnectionOption.keepAlive) !== 0) &&
      head.framing !== Framing.close &&
      head.status !== 101;
    if (head.status === 101 && head.fields.indexOf(KnownField.upgrade) < 0) {
      return refusalOf('upgrade-missing', 502, 'a 101 response without Upgrade field');
    }
    return undefined;
  }
}

/** The shape `HTTP/d.d ddd`: whatever the digits are. */
function isStatusLineByte(byte: number, at: number): boolean {
  if (at === 5 || at === 7 || at > versionBytes) return byte >= 0x30 && byte <= 0x39;
  if (at === versionBytes) return byte === SP;
  return byte === 'HTTP/ . '.charCodeAt(at);
}
