/**
 * The header fields of one message: offsets into the text of its head, no object per field.
 *
 *   text   GET / HTTP/1.1\r\nHost:  a.test \r\nAccept: x\r\n\r\n
 *                           ^   ^  ^     ^ ^
 *                   lineStart   |  |     | lineEnd
 *                         nameEnd  |     valueEnd
 *                                  valueStart
 *
 * One byte of the head is one character of `text` (latin1), so an offset means the same in both. Names that anybody
 * asks for have a number (`KnownField`): finding one is a load, not a search.
 */
import { HTAB, SP } from './byte-class.ts';

/** Numbers of the field names that are recognised while reading. `other` is any name that is not listed. */
export const KnownField = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  expect: 5,
  upgrade: 6,
  keepAlive: 7,
  te: 8,
  trailer: 9,
  proxyConnection: 10,
  forwarded: 11,
  xForwardedFor: 12,
  xForwardedProto: 13,
  xForwardedHost: 14,
  xRequestId: 15,
  cookie: 16,
  userAgent: 17,
  accept: 18,
  contentType: 19,
  date: 20,
  server: 21,
  location: 22,
  setCookie: 23,
  acceptEncoding: 24,
  acceptLanguage: 25,
  referer: 26,
  origin: 27,
  authorization: 28,
  contentEncoding: 29,
  cacheControl: 30,
  via: 31,
  xRealIp: 32,
  xForwardedPort: 33,
  ifNoneMatch: 34,
  ifModifiedSince: 35,
  range: 36,
  etag: 37,
  lastModified: 38,
  vary: 39,
  secFetchSite: 40,
  secFetchMode: 41,
  secFetchDest: 42,
  secFetchUser: 43,
  upgradeInsecureRequests: 44,
  secChUa: 45,
  secChUaMobile: 46,
  secChUaPlatform: 47,
  priority: 48,
  pragma: 49,
  dnt: 50,
  acceptCharset: 51,
  acceptRanges: 52,
  strictTransportSecurity: 53,
  xPoweredBy: 54,
  proxyAuthorization: 55,
  proxyAuthenticate: 56,
  wwwAuthenticate: 57,
  http2Settings: 58,
  xRequestedWith: 59,
  contentDisposition: 60,
  retryAfter: 61,
  /** `Content_Length`, `Transfer.Encoding` and the like, which some origins read as the real ones. Never a real name. */
  framingTwin: 62,
} as const;

/** Lower-case names by their `KnownField` number. Empty where the number stands for no single name. */
export const knownFieldNames: readonly string[] = (
  ' host connection content-length transfer-encoding expect upgrade keep-alive te trailer proxy-connection' +
  ' forwarded x-forwarded-for x-forwarded-proto x-forwarded-host x-request-id cookie user-agent accept content-type' +
  ' date server location set-cookie accept-encoding accept-language referer origin authorization content-encoding' +
  ' cache-control via x-real-ip x-forwarded-port if-none-match if-modified-since range etag last-modified vary' +
  ' sec-fetch-site sec-fetch-mode sec-fetch-dest sec-fetch-user upgrade-insecure-requests sec-ch-ua' +
  ' sec-ch-ua-mobile sec-ch-ua-platform priority pragma dnt accept-charset accept-ranges' +
  ' strict-transport-security x-powered-by proxy-authorization proxy-authenticate www-authenticate http2-settings' +
  ' x-requested-with content-disposition retry-after '
).split(' ');

const knownFieldCount = 63;
const nameBytesMax = 25;

/** Bytes of every known name, `nameBytesMax` apart, and their lengths: names are compared without making a string. */
const nameBytes: Uint8Array = new Uint8Array(knownFieldCount * nameBytesMax);
const nameLengths: Uint8Array = new Uint8Array(knownFieldCount);

/**
 * Perfect hash of the known names: slot -> number, 0 where there is none.
 *
 * The constants 42 and 56 were searched for so that no two known names share a slot; `fields.test.ts` would catch a
 * new name that does. A stranger's name may share one: every hit is compared byte by byte.
 */
const knownFieldSlots: Uint8Array = new Uint8Array(256);

for (let id = 1; id < knownFieldCount; id += 1) {
  const name = knownFieldNames[id] ?? '';
  for (let at = 0; at < name.length; at += 1) nameBytes[id * nameBytesMax + at] = name.charCodeAt(at);
  nameLengths[id] = name.length;
  if (name !== '') {
    const bytes = nameBytes.subarray(id * nameBytesMax, (id + 1) * nameBytesMax);
    knownFieldSlots[slotOf(bytes, 0, name.length)] = id;
  }
}

function slotOf(bytes: Uint8Array, from: number, length: number): number {
  const first = bytes[from]! | 0x20;
  const middle = bytes[from + (length >> 1)]! | 0x20;
  const lastButOne = bytes[from + length - 2]! | 0x20;
  return (length + lastButOne * 42 + middle * 56 + first) & 255;
}

/**
 * Returns the `KnownField` number of the name in bytes[from, to), upper and lower case alike.
 *
 * Hot: once per field. `| 0x20` folds case and is exact here, because the bytes are token characters: among those only
 * an upper-case letter becomes a lower-case one. Borrowed: bytes.
 */
export function knownFieldOf(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length < 2 || length > nameBytesMax) return KnownField.other;
  const id = knownFieldSlots[slotOf(bytes, from, length)]!;
  if (id !== 0 && nameLengths[id] === length && isName(bytes, from, id, length, -1)) return id;
  if (length === 14 && isName(bytes, from, KnownField.contentLength, 14, 7)) return KnownField.framingTwin;
  if (length === 17 && isName(bytes, from, KnownField.transferEncoding, 17, 8)) return KnownField.framingTwin;
  return KnownField.other;
}

/** Compares with the name of `id`; the byte at `anyAt` may be whatever it wants (-1: none may). */
function isName(bytes: Uint8Array, from: number, id: number, length: number, anyAt: number): boolean {
  const base = id * nameBytesMax;
  for (let at = 0; at < length; at += 1) {
    if ((bytes[from + at]! | 0x20) !== nameBytes[base + at] && at !== anyAt) return false;
  }
  return true;
}

const hopByHop: Uint8Array = new Uint8Array(knownFieldCount);
for (const id of [
  KnownField.connection,
  KnownField.keepAlive,
  KnownField.proxyConnection,
  KnownField.te,
  KnownField.trailer,
  KnownField.transferEncoding,
  KnownField.upgrade,
]) {
  hopByHop[id] = 1;
}

const capacityAtFirst = 16;
const marksPerField = 5;
const nominated = 0x100;

/**
 * The fields of one head, in the order received.
 *
 * Owned: by the reader of the connection, which fills it again with the next message; strings taken from it stay valid
 * (and keep the whole head's text alive). Bounded: by the reader's `fieldsMax` and `headBytesMax`. An index that is
 * not below `count` is a programmer's error; what it reads belongs to an earlier message.
 */
export class Fields {
  /** Latin1 text of the whole head from its first byte, a leading CRLF included. Empty until the head is complete. */
  text: string;
  count: number;

  // Of each field lineStart, nameEnd, valueStart, valueEnd, and its number with the bit `nominated`; behind the last one
  // stands the start of the empty line. One array instead of several: a small typed array costs some 300 bytes by itself.
  #marks: Int32Array;
  // Of each known name the index of its first field, -1 without one; behind these, how many fields have it.
  readonly #known: Int16Array;

  constructor() {
    this.text = '';
    this.count = 0;
    this.#marks = new Int32Array((capacityAtFirst + 1) * marksPerField);
    this.#known = new Int16Array(2 * knownFieldCount).fill(-1, 0, knownFieldCount);
  }

  /** Returns the `KnownField` number of field `i`. */
  id(i: number): number {
    return (this.#marks[i * marksPerField + 4] ?? KnownField.other) & 0xff;
  }

  /** Returns the name of field `i` as it was received. */
  name(i: number): string {
    return this.text.slice(this.lineStart(i), this.nameEnd(i));
  }

  /** Returns the name of field `i` in lower case; a shared string for known names. */
  lowerName(i: number): string {
    const known = knownFieldNames[this.id(i)];
    return known === undefined || known === '' ? this.name(i).toLowerCase() : known;
  }

  /** Returns the value of field `i` without the white space around it. One character per byte (latin1). */
  value(i: number): string {
    return this.text.slice(this.valueStart(i), this.valueEnd(i));
  }

  /** Offset of the first byte of the name. */
  lineStart(i: number): number {
    return this.#marks[i * marksPerField] ?? 0;
  }

  /** Offset of the colon. */
  nameEnd(i: number): number {
    return this.#marks[i * marksPerField + 1] ?? 0;
  }

  /** Offset of the first byte of the trimmed value. */
  valueStart(i: number): number {
    return this.#marks[i * marksPerField + 2] ?? 0;
  }

  /** Offset behind the last byte of the trimmed value. */
  valueEnd(i: number): number {
    return this.#marks[i * marksPerField + 3] ?? 0;
  }

  /** Offset of the CRLF that ends the line. */
  lineEnd(i: number): number {
    return this.lineStart(i + 1) - 2;
  }

  /** Whether the line is exactly `name: value`, one space, nothing behind the value: it can be copied as it is. */
  isCanonical(i: number): boolean {
    const at = i * marksPerField;
    const nameEnd = this.#marks[at + 1]!;
    return (
      this.#marks[at + 2] === nameEnd + 2 &&
      this.text.charCodeAt(nameEnd + 1) === SP &&
      this.#marks[at + 3] === this.#marks[at + marksPerField]! - 2
    );
  }

  /** Whether field `i` ends at this hop: a hop-by-hop name of HTTP/1.1, or one that Connection lists. */
  isHopByHop(i: number): boolean {
    const mark = this.#marks[i * marksPerField + 4] ?? 0;
    return mark >= nominated || hopByHop[mark] === 1;
  }

  /** Returns the index of the first field with this number, -1 when there is none. Not for `KnownField.other`. */
  indexOf(knownId: number): number {
    return this.#known[knownId] ?? -1;
  }

  /** Returns the value of the first field with this number. Not for `KnownField.other`. */
  first(knownId: number): string | undefined {
    const i = this.indexOf(knownId);
    return i < 0 ? undefined : this.value(i);
  }

  /** Returns how many fields have this number. */
  occurrences(knownId: number): number {
    return this.#known[knownFieldCount + knownId] ?? 0;
  }

  /** Empties it; the memory stays for the next message. */
  reset(): void {
    for (let i = 0; i < this.count; i += 1) {
      const id = this.id(i);
      this.#known[id] = -1;
      this.#known[knownFieldCount + id] = 0;
    }
    this.text = '';
    this.count = 0;
  }

  /**
   * Appends a field whose line is bytes[lineStart, lineEnd), its colon at `nameEnd`, in a head that begins at `start`.
   * For readers.
   *
   * Hot: allocates only when a head has more fields than any before it on this connection. Borrowed: bytes.
   */
  append(bytes: Uint8Array, start: number, lineStart: number, nameEnd: number, lineEnd: number): void {
    const i = this.count;
    const at = i * marksPerField;
    if (at + marksPerField === this.#marks.length) this.#grow();
    let valueStart = nameEnd + 1;
    let valueEnd = lineEnd;
    while (valueStart < valueEnd && isWhiteSpace(bytes[valueStart]!)) valueStart += 1;
    while (valueEnd > valueStart && isWhiteSpace(bytes[valueEnd - 1]!)) valueEnd -= 1;
    const id = knownFieldOf(bytes, lineStart, nameEnd);
    const marks = this.#marks;
    marks[at] = lineStart - start;
    marks[at + 1] = nameEnd - start;
    marks[at + 2] = valueStart - start;
    marks[at + 3] = valueEnd - start;
    marks[at + 4] = id;
    marks[at + marksPerField] = lineEnd + 2 - start;
    this.count = i + 1;
    const known = this.#known;
    const before = known[knownFieldCount + id]!;
    known[knownFieldCount + id] = before + 1;
    if (before === 0) known[id] = i;
  }

  /** Marks every field whose name is text[from, to) as listed by Connection. For readers, after `text` is set. */
  nominate(from: number, to: number): void {
    const name = this.text.slice(from, to).toLowerCase();
    for (let i = 0; i < this.count; i += 1) {
      if (this.nameEnd(i) - this.lineStart(i) === name.length && this.lowerName(i) === name) {
        this.#marks[i * marksPerField + 4]! |= nominated;
      }
    }
  }

  #grow(): void {
    const capacity = 2 * Math.trunc(this.#marks.length / marksPerField);
    const marks = new Int32Array((capacity + 1) * marksPerField);
    marks.set(this.#marks);
    this.#marks = marks;
  }
}

function isWhiteSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
