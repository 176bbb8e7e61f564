/**
 * Reads `METHOD SP target SP HTTP/x.y CRLF`, after at most one empty line.
 *
 * Keeps its place between calls and refuses at the first wrong byte, like `FieldSectionReader`. What a version means
 * is decided when the whole head is there, so that even a head of a strange version can be inspected before its
 * refusal; only what is no version at all is refused here.
 *
 * Source: RFC 9112 sections 2.2 (one empty line is ignored) and 3.
 */
import { CR, HTAB, isTargetByte, isTokenByte, LF, SP } from './byte-class.ts';
import { type Refusal, type RefusalStatus, refusalOf, showByte, showText } from './refusal.ts';

/** A longer method is refused with 501: none that anybody implements is half as long. */
export const methodBytesMax = 64;

const versionBytesMax = 16;
const QUESTION = 0x3f;
const HASH = 0x23;

const Place = { start: 0, method: 1, target: 2, version: 3 } as const;

/** Owned: by one reader. Offsets are relative to the `start` that every call for one head must share. */
export class RequestLineReader {
  refusal: Refusal | undefined;
  /** Start of the line: 2 behind an empty line, else 0. */
  lineStart: number;
  /** Ends of method and target, -1 while not yet reached; the line's end, without CRLF. */
  methodEnd: number;
  targetEnd: number;
  lineEnd: number;
  /** First `?` of the target, -1 when there is none. */
  queryAt: number;
  /** 10 for HTTP/1.0, 11 for HTTP/1.1, and so on. */
  version: number;
  readonly #targetBytesMax: number;
  #place: number;
  #at: number;

  constructor(targetBytesMax: number) {
    this.refusal = undefined;
    this.lineStart = 0;
    this.methodEnd = -1;
    this.targetEnd = -1;
    this.lineEnd = -1;
    this.queryAt = -1;
    this.version = 0;
    this.#targetBytesMax = targetBytesMax;
    this.#place = Place.start;
    this.#at = 0;
  }

  begin(): void {
    this.refusal = undefined;
    this.lineStart = 0;
    this.methodEnd = -1;
    this.targetEnd = -1;
    this.lineEnd = -1;
    this.queryAt = -1;
    this.version = 0;
    this.#place = Place.start;
    this.#at = 0;
  }

  /** Offset of the next byte that it will look at: where a refusal happened. */
  get at(): number {
    return this.#at;
  }

  /** Returns the offset behind the CRLF, 0 when more is needed, -1 when refused. Hot. Borrowed: bytes. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (this.#place === Place.start && !this.#readStart(bytes, start, end)) return this.#outcome();
    if (this.#place === Place.method && !this.#readMethod(bytes, start, end)) return this.#outcome();
    if (this.#place === Place.target && !this.#readTarget(bytes, start, end)) return this.#outcome();
    return this.#readVersion(bytes, start, end);
  }

  #outcome(): number {
    return this.refusal === undefined ? 0 : -1;
  }

  #refuse(status: RefusalStatus, code: string, message: string): false {
    this.refusal = refusalOf(code, status, message);
    return false;
  }

  #refuseBareCr(byte: number): false {
    return this.#refuse(
      400,
      'bare-cr',
      `a carriage return followed by ${showByte(byte)}; expected a line feed`,
    );
  }

  #readStart(bytes: Uint8Array, start: number, end: number): boolean {
    if (start >= end) return false;
    if (bytes[start] === CR) {
      if (start + 1 >= end) return false;
      if (bytes[start + 1] !== LF) return this.#refuseBareCr(bytes[start + 1]!);
      this.lineStart = 2;
      this.#at = 2;
    }
    this.#place = Place.method;
    return true;
  }

  #readMethod(bytes: Uint8Array, start: number, end: number): boolean {
    const from = start + this.lineStart;
    const limit = Math.min(end, from + methodBytesMax + 1);
    let at = start + this.#at;
    while (at < limit && isTokenByte[bytes[at]!] === 1) at += 1;
    this.#at = at - start;
    if (at - from > methodBytesMax) {
      return this.#refuse(501, 'method-too-long', `a method of more than ${methodBytesMax} bytes`);
    }
    if (at >= end) return false;
    const byte = bytes[at]!;
    if (byte !== SP || at === from) return this.#refuseMethod(byte, at === from);
    this.methodEnd = at - start;
    this.#at += 1;
    this.#place = Place.target;
    return true;
  }

  #refuseMethod(byte: number, isFirst: boolean): false {
    if (byte === LF) {
      return this.#refuse(400, 'bare-lf', 'a line feed without carriage return; expected CRLF');
    }
    if (isFirst && byte === CR) {
      return this.#refuse(
        400,
        'empty-line-repeated',
        'a second empty line; expected at most one before a request',
      );
    }
    if (isFirst && byte === 0x16 && this.lineStart === 0) {
      return this.#refuse(400, 'tls-on-plain-port', 'a TLS record on a plain HTTP port; expected http://');
    }
    if (byte === CR) return this.#refuse(400, 'target-missing', 'the request line ends behind the method');
    if (byte === SP || byte === HTAB) {
      const message = `${showByte(byte)} ${isFirst ? 'before' : 'behind'} the method; expected "METHOD SP target"`;
      return this.#refuse(400, 'request-line-space', message);
    }
    return this.#refuse(
      400,
      'method-character',
      `${showByte(byte)} in the method; expected token characters`,
    );
  }

  #readTarget(bytes: Uint8Array, start: number, end: number): boolean {
    const from = start + this.methodEnd + 1;
    const limit = Math.min(end, from + this.#targetBytesMax + 1);
    let at = start + this.#at;
    for (;;) {
      while (at < limit && isTargetByte[bytes[at]!] === 1) at += 1;
      if (at >= limit || bytes[at] !== QUESTION) break;
      if (this.queryAt < 0) this.queryAt = at - start;
      at += 1;
    }
    this.#at = at - start;
    if (at - from > this.#targetBytesMax) {
      return this.#refuse(414, 'target-too-long', `a target of more than ${this.#targetBytesMax} bytes`);
    }
    if (at >= end) return false;
    const byte = bytes[at]!;
    if (byte !== SP || at === from) return this.#refuseTarget(byte, at === from);
    this.targetEnd = at - start;
    this.#at += 1;
    this.#place = Place.version;
    return true;
  }

  #refuseTarget(byte: number, isFirst: boolean): false {
    if (byte === LF) {
      return this.#refuse(400, 'bare-lf', 'a line feed without carriage return; expected CRLF');
    }
    if (byte === CR) {
      return isFirst
        ? this.#refuse(400, 'target-missing', 'the request line ends behind the method')
        : this.#refuse(
            400,
            'version-missing',
            'the request line ends behind the target (HTTP/0.9); expected HTTP/1.1',
          );
    }
    if (byte === SP || byte === HTAB) {
      return this.#refuse(
        400,
        'request-line-space',
        `${showByte(byte)} at the target; expected single spaces`,
      );
    }
    if (byte === HASH)
      return this.#refuse(400, 'target-fragment', '"#" in the target; a fragment is never sent');
    return this.#refuse(
      400,
      'target-control',
      `${showByte(byte)} in the target; expected no control characters`,
    );
  }

  #readVersion(bytes: Uint8Array, start: number, end: number): number {
    const from = start + this.targetEnd + 1;
    const limit = Math.min(end, from + versionBytesMax + 1);
    let at = start + this.#at;
    while (at < limit && bytes[at]! > SP && bytes[at]! < 0x7f) at += 1;
    this.#at = at - start;
    if (at >= end && at - from <= versionBytesMax) return 0;
    const byte = bytes[at]!;
    if (byte !== CR) {
      this.#refuseVersionByte(byte, at - from);
      return -1;
    }
    if (at + 1 >= end) return 0;
    if (bytes[at + 1] !== LF) {
      this.#refuseBareCr(bytes[at + 1]!);
      return -1;
    }
    this.version = versionAt(bytes, from, at);
    if (this.version < 0) {
      const text = String.fromCharCode(...bytes.subarray(from, at));
      this.#refuse(400, 'version-malformed', `version ${showText(text)}; expected HTTP/1.1 or HTTP/1.0`);
      return -1;
    }
    this.lineEnd = this.#at;
    this.#at += 2;
    return this.#at;
  }

  #refuseVersionByte(byte: number, length: number): void {
    if (length > versionBytesMax) {
      this.#refuse(
        400,
        'version-malformed',
        `a version of more than ${versionBytesMax} bytes; expected HTTP/1.1`,
      );
    } else if (byte === LF) {
      this.#refuse(400, 'bare-lf', 'a line feed without carriage return; expected CRLF');
    } else if (byte === SP || byte === HTAB) {
      this.#refuse(400, 'request-line-space', `${showByte(byte)} at the version; expected single spaces`);
    } else {
      this.#refuse(400, 'version-malformed', `${showByte(byte)} in the version; expected HTTP/1.1`);
    }
  }
}

/** Returns major * 10 + minor of `HTTP/x.y` in bytes[from, to), -1 when it is anything else. */
export function versionAt(bytes: Uint8Array, from: number, to: number): number {
  if (
    to - from !== 8 ||
    bytes[from] !== 0x48 ||
    bytes[from + 1] !== 0x54 ||
    bytes[from + 2] !== 0x54 ||
    bytes[from + 3] !== 0x50 ||
    bytes[from + 4] !== 0x2f ||
    bytes[from + 6] !== 0x2e
  ) {
    return -1;
  }
  const major = bytes[from + 5]! - 0x30;
  const minor = bytes[from + 7]! - 0x30;
  return major < 0 || major > 9 || minor < 0 || minor > 9 ? -1 : major * 10 + minor;
}
