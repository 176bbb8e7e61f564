/**
 * A request's head, read strictly: what two implementations could understand differently is refused.
 *
 * The order of refusals is fixed: syntax at the first wrong byte, then, with the whole head at hand, version, target,
 * Host, framing, Connection, Expect. A head refused for one of the latter is readable all the same (`isReadable`), so
 * that the WAF can look at what was refused.
 *
 * Source: RFC 9110, RFC 9112; section numbers stand at each part.
 */
import { type AuthorityView, createAuthorityView, readAuthority } from './authority.ts';
import { ConnectionOption, type ConnectionView, readConnectionOptions } from './connection-options.ts';
import { FieldSectionReader } from './field-section-reader.ts';
import { type Fields, KnownField } from './fields.ts';
import { Framing, type FramingView, readFraming } from './framing.ts';
import { type Refusal, type RefusalStatus, refusalOf, showText } from './refusal.ts';
import { RequestLineReader } from './request-line-reader.ts';
import { readTarget, type TargetView } from './target.ts';

export { Framing } from './framing.ts';
export type { Refusal } from './refusal.ts';

/** Limits of one request head. */
export interface HeadLimits {
  /** From the first byte to the end of the empty line. One more is 431. */
  readonly headBytesMax: number;
  /** One more is 431. */
  readonly fieldsMax: number;
  /** One more is 414. */
  readonly targetBytesMax: number;
}

/**
 * What one request head says. Strings are latin1: one character per byte received.
 *
 * Owned: by the reader, which fills it again with the next request; its strings stay valid but keep the text of the
 * whole head alive. After a refusal in the middle of a head it holds what had been read by then.
 */
export class RequestHead {
  /** As received. Any token; upper and lower case differ. */
  method: string;
  /** As received. */
  target: string;
  /** Raw path without query; for an absolute target its path; `*` for `OPTIONS *`. */
  path: string;
  /** Raw, without `?`; empty when there is none. */
  query: string;
  hasQuery: boolean;
  /** As received, without CRLF. */
  requestLine: string;
  /** 11 or 10 in a head that was accepted; what was met in a refused one. */
  version: number;
  fields: Fields;
  framing: Framing;
  contentLength: number;
  /** Host as received but in lower case; that of the target if HTTP/1.0 sends no Host; empty when there is none. */
  authority: string;
  /** `authority` without port and final dot; IPv6 in brackets. */
  hostName: string;
  /** Whether the client expects to send another request on this connection. Source: RFC 9112 section 9.3. */
  keepAlive: boolean;
  /** Whether the client waits for `100 Continue` before its body, and there is one. */
  expectContinue: boolean;
  /**
   * Whether it asks to switch protocols: Connection and Upgrade say so, HTTP/1.1, no body. An offer of another HTTP
   * or of TLS is ignored as if it were not there: a tunnel of those would carry requests that nobody inspects.
   */
  upgrade: boolean;

  constructor(fields: Fields) {
    this.method = '';
    this.target = '';
    this.path = '';
    this.query = '';
    this.hasQuery = false;
    this.requestLine = '';
    this.version = 0;
    this.fields = fields;
    this.framing = Framing.none;
    this.contentLength = 0;
    this.authority = '';
    this.hostName = '';
    this.keepAlive = false;
    this.expectContinue = false;
    this.upgrade = false;
  }
}

const Place = { line: 0, fields: 1, done: 2, refused: 3 } as const;

/** One protocol of a list, `name` or `name/version`. Source: RFC 9110 section 7.8. */
const protocol = /^[\t ]*[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?[\t ]*$/;

/** Protocols that are HTTP or TLS again. Source: RFC 9113 section 3.1 (h2c, obsolete), RFC 2817 (TLS). */
const ignoredProtocol = /(?:^|[\t ,])(?:h2|h3|http|tls)/i;

/** Reads request heads, one after another. Owned: by one connection; holds no bytes, and no text after `reset`. */
export class RequestHeadReader {
  readonly head: RequestHead;
  readonly #headBytesMax: number;
  readonly #line: RequestLineReader;
  readonly #section: FieldSectionReader;
  readonly #authority: AuthorityView;
  readonly #target: TargetView;
  readonly #framing: FramingView;
  readonly #connection: ConnectionView;
  #refusal: Refusal | undefined;
  #isReadable: boolean;
  #place: number;

  constructor(limits: HeadLimits) {
    this.#headBytesMax = limits.headBytesMax;
    this.#line = new RequestLineReader(limits.targetBytesMax);
    this.#section = new FieldSectionReader(limits.fieldsMax, 400);
    this.#authority = createAuthorityView();
    this.#target = { path: '', query: '', hasQuery: false, authority: '', hostName: '' };
    this.#framing = { framing: Framing.none, contentLength: 0 };
    this.#connection = { options: 0 };
    this.#refusal = undefined;
    this.#isReadable = false;
    this.#place = Place.line;
    this.head = new RequestHead(this.#section.fields);
  }

  /** Why the head was refused; undefined unless `read` returned -1. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Whether the head was read to its end: always when accepted, sometimes when refused. */
  get isReadable(): boolean {
    return this.#isReadable;
  }

  /**
   * Reads bytes[start, end). Returns how many bytes the head took (> 0) when it is complete; 0 when more is needed:
   * call again with the same first byte of the head at `start` and more bytes behind it (in another buffer if you
   * like); -1 when it is refused, and then always until `reset`.
   *
   * Hot: about 1.5 us for a browser's head of 9 fields, names recognised (`request-head.bench.ts`). A head that
   * arrives in pieces is not scanned again. Borrowed: bytes.
   * After a complete head the next call begins the next head, as if `reset` had been called.
   */
  read(bytes: Buffer, start: number, end: number): number {
    if (this.#place >= Place.done) {
      if (this.#place === Place.refused) return -1;
      this.reset();
    }
    const limit = start + this.#headBytesMax;
    const stop = Math.min(end, limit);
    if (this.#place === Place.line) {
      const lineBytes = this.#line.read(bytes, start, stop);
      if (lineBytes < 0) return this.#refuseEarly(this.#line.refusal, bytes, start);
      if (lineBytes === 0) return end < limit ? 0 : this.#refuseSize(bytes, start);
      this.#section.begin(lineBytes);
      this.#place = Place.fields;
    }
    const headBytes = this.#section.read(bytes, start, stop);
    if (headBytes > 0) return this.#complete(bytes, start, headBytes);
    if (headBytes < 0) return this.#refuseEarly(this.#section.refusal, bytes, start);
    return end < limit ? 0 : this.#refuseSize(bytes, start);
  }

  /** Forgets the head, or what was read of it, and begins the next one. */
  reset(): void {
    const head = this.head;
    head.method = '';
    head.target = '';
    head.path = '';
    head.query = '';
    head.hasQuery = false;
    head.requestLine = '';
    head.version = 0;
    head.framing = Framing.none;
    head.contentLength = 0;
    head.authority = '';
    head.hostName = '';
    head.keepAlive = false;
    head.expectContinue = false;
    head.upgrade = false;
    head.fields.reset();
    const target = this.#target;
    target.path = '';
    target.query = '';
    target.authority = '';
    target.hostName = '';
    this.#line.begin();
    this.#refusal = undefined;
    this.#isReadable = false;
    this.#place = Place.line;
  }

  #refuse(refusal: Refusal | undefined): -1 {
    this.#refusal = refusal;
    this.#place = Place.refused;
    this.head.keepAlive = false;
    return -1;
  }

  #refuseSize(bytes: Buffer, start: number): -1 {
    const refusal = refusalOf(
      'head-too-large',
      431,
      `a request head of more than ${this.#headBytesMax} bytes`,
    );
    return this.#refuseEarly(refusal, bytes, start);
  }

  /** Refuses in the middle of a head; keeps what the request line said, for the record. */
  #refuseEarly(refusal: Refusal | undefined, bytes: Buffer, start: number): -1 {
    const line = this.#line;
    const lineEnd = line.lineEnd < 0 ? line.at : line.lineEnd;
    const text = bytes.toString('latin1', start, start + lineEnd);
    this.head.fields.reset();
    this.#fillLine(bytes, start, text, lineEnd);
    const target = this.head.target;
    const queryAt = target.indexOf('?');
    this.head.hasQuery = queryAt >= 0;
    this.head.path = queryAt < 0 ? target : target.slice(0, queryAt);
    this.head.query = queryAt < 0 ? '' : target.slice(queryAt + 1);
    return this.#refuse(refusal);
  }

  #fillLine(bytes: Buffer, start: number, text: string, lineEnd: number): void {
    const line = this.#line;
    const head = this.head;
    const { lineStart, methodEnd, targetEnd } = line;
    head.requestLine = text.slice(lineStart, lineEnd);
    head.version = line.version;
    if (methodEnd < 0) return;
    const length = methodEnd - lineStart;
    // The two commonest methods are shared strings, so that nobody who keeps one keeps a whole head with it.
    const at = start + lineStart;
    if (length === 3 && bytes[at] === 0x47 && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x54)
      head.method = 'GET';
    else if (length === 4 && text.startsWith('POST', lineStart)) head.method = 'POST';
    else head.method = text.slice(lineStart, methodEnd);
    head.target = text.slice(methodEnd + 1, targetEnd < 0 ? lineEnd : targetEnd);
  }

  #complete(bytes: Buffer, start: number, headBytes: number): number {
    const text = bytes.toString('latin1', start, start + headBytes);
    this.head.fields.text = text;
    this.#fillLine(bytes, start, text, this.#line.lineEnd);
    this.#isReadable = true;
    const refusal =
      this.#judgeTarget() ??
      this.#judgeHost(bytes, start) ??
      this.#judgeFraming() ??
      this.#judgeConnection(bytes, start) ??
      this.#judgeExpect();
    if (refusal !== undefined) return this.#refuse(refusal);
    this.#place = Place.done;
    return headBytes;
  }

  #judgeTarget(): Refusal | undefined {
    const head = this.head;
    const line = this.#line;
    const view = this.#target;
    const queryAt = line.queryAt < 0 ? -1 : line.queryAt - line.methodEnd - 1;
    const refusal = readTarget(head.method, head.target, queryAt, this.#authority, view);
    head.path = view.path;
    head.query = view.query;
    head.hasQuery = view.hasQuery;
    return judgeVersion(head) ?? refusal;
  }

  /** Source: RFC 9112 section 3.2, RFC 9110 section 7.2. */
  #judgeHost(bytes: Buffer, start: number): Refusal | undefined {
    const head = this.head;
    const fields = head.fields;
    const view = this.#authority;
    const hosts = fields.occurrences(KnownField.host);
    if (hosts > 1) return badRequest('host-duplicate', `${hosts} Host fields; expected one`);
    const i = fields.indexOf(KnownField.host);
    const targetAuthority = this.#target.authority;
    if (i < 0) {
      if (head.version !== 10) return badRequest('host-missing', 'no Host field; HTTP/1.1 requires one');
      head.authority = targetAuthority;
      head.hostName = this.#target.hostName;
      return undefined;
    }
    const from = fields.valueStart(i);
    const to = fields.valueEnd(i);
    if (readAuthority(bytes, start + from, start + to, view)) {
      const authority = fields.text.slice(from, to);
      head.authority = view.hasUpperCase ? authority.toLowerCase() : authority;
      head.hostName =
        view.nameLength === to - from ? head.authority : head.authority.slice(0, view.nameLength);
    } else if (from !== to || head.version !== 10) {
      const message = `Host is ${showText(fields.value(i))}, which is not valid: ${view.faultMessage}`;
      return badRequest(`host-${view.faultCode}`, message);
    }
    if (targetAuthority !== '' && targetAuthority !== head.authority) {
      const met = `the target names ${showText(targetAuthority)} and Host ${showText(head.authority)}`;
      return badRequest('host-differs', `${met}; expected the same`);
    }
    return undefined;
  }

  #judgeFraming(): Refusal | undefined {
    const head = this.head;
    if (head.fields.occurrences(KnownField.framingTwin) > 0) {
      const name = showText(head.fields.name(head.fields.indexOf(KnownField.framingTwin)));
      return badRequest('framing-twin', `field ${name}, which some servers read as a framing field`);
    }
    const refusal = readFraming(head.fields, head.version, 400, this.#framing);
    if (refusal !== undefined) return refusal;
    head.framing = this.#framing.framing;
    head.contentLength = this.#framing.contentLength;
    return undefined;
  }

  #judgeConnection(bytes: Buffer, start: number): Refusal | undefined {
    const head = this.head;
    const refusal = readConnectionOptions(head.fields, bytes, start, 400, this.#connection);
    if (refusal !== undefined) return refusal;
    const options = this.#connection.options;
    head.keepAlive =
      (options & ConnectionOption.close) === 0 &&
      (head.version === 11 || (options & ConnectionOption.keepAlive) !== 0);
    head.upgrade =
      (options & ConnectionOption.upgrade) !== 0 &&
      head.version === 11 &&
      hasNoBody(head) &&
      this.#offersProtocol();
    return undefined;
  }

  #offersProtocol(): boolean {
    const fields = this.head.fields;
    if (fields.occurrences(KnownField.upgrade) !== 1) return false;
    const value = fields.first(KnownField.upgrade) ?? '';
    return !ignoredProtocol.test(value) && value.split(',').every((offer) => protocol.test(offer));
  }

  /** Source: RFC 9110 section 10.1.1: 100-continue in HTTP/1.0 is ignored; any other expectation may be 417. */
  #judgeExpect(): Refusal | undefined {
    const head = this.head;
    const fields = head.fields;
    const expectations = fields.occurrences(KnownField.expect);
    if (expectations === 0) return undefined;
    const value = fields.first(KnownField.expect) ?? '';
    if (expectations > 1 || value.toLowerCase() !== '100-continue') {
      const met = expectations > 1 ? `${expectations} Expect fields` : `Expect is ${showText(value)}`;
      return refusalOf('expect-unknown', 417, `${met}; expected "100-continue" once`);
    }
    head.expectContinue = head.version === 11 && !hasNoBody(head);
    return undefined;
  }
}

function hasNoBody(head: RequestHead): boolean {
  return head.framing === Framing.none || (head.framing === Framing.length && head.contentLength === 0);
}

function badRequest(code: string, message: string): Refusal {
  return refusalOf(code, 400, message);
}

/** Source: RFC 9112 section 2.3; RFC 9110 sections 2.5 and 15.6.6; RFC 9113 section 3.4 (preface). */
function judgeVersion(head: RequestHead): Refusal | undefined {
  const version = head.version;
  if (version === 11 || version === 10) return undefined;
  if (head.method === 'PRI' && head.target === '*' && version === 20) {
    return refusalOf('http2-preface', 505, 'an HTTP/2 preface; expected HTTP/1.1 here');
  }
  const status: RefusalStatus = version < 10 ? 400 : 505;
  const shown = `HTTP/${Math.trunc(version / 10)}.${version % 10}`;
  return refusalOf('version-unsupported', status, `version ${shown}; expected HTTP/1.1 or HTTP/1.0`);
}
