/**
 * Where a body ends and what of it is content: Content-Length, chunked, or until the connection closes.
 *
 *   5;ext=1\r\n hello \r\n 0\r\n trailer: x\r\n \r\n
 *   |  |        |           |    |
 *   size |      content     |    trailers: checked as fields, then dropped
 *        extension: stripped last chunk
 *
 * The content goes on under our own framing, so no trick in sizes, extensions or trailers reaches the origin; what
 * could be read in two ways is refused nevertheless, because the sender means somebody.
 *
 * Source: RFC 9112 sections 7.1, 7.1.1, 7.1.2 and 6.3.
 */
import { CR, hexValue, isValueByte, LF } from './byte-class.ts';
import { FieldSectionReader } from './field-section-reader.ts';
import { Framing } from './framing.ts';
import { type Refusal, type RefusalStatus, refusalOf, showByte } from './refusal.ts';

/** Takes the content of a body, run by run. */
export interface BodySink {
  /** Takes bytes[from, to), never empty. Borrowed: bytes, for the duration of the call. */
  content(bytes: Buffer, from: number, to: number): void;
}

/** Limits of what surrounds the content of a chunked body. */
export interface BodyLimits {
  /** Extension of one chunk, from `;` to before CRLF. */
  readonly extensionBytesMax: number;
  /** Extensions of one body in all. */
  readonly extensionsBytesMax: number;
  /** Trailer section, the empty line included. */
  readonly trailerBytesMax: number;
  readonly trailersMax: number;
}

/** The limits that hold unless others are given. */
export const defaultBodyLimits: BodyLimits = {
  extensionBytesMax: 256,
  extensionsBytesMax: 16_384,
  trailerBytesMax: 8_192,
  trailersMax: 64,
};

/** Digits of a chunk size, leading zeros included. 16 can name 2^64 - 1; the value itself is capped at 2^53 - 1. */
export const chunkSizeDigitsMax = 16;

const SEMICOLON = 0x3b;

// Ordered so that the place behind the last is `done`.
const Place = {
  done: 0,
  length: 1,
  close: 2,
  sizeStart: 3,
  size: 4,
  extension: 5,
  sizeLf: 6,
  chunk: 7,
  chunkCr: 8,
  chunkLf: 9,
  trailer: 10,
  refused: 11,
} as const;

/**
 * Reads one body after another. Owned: by one direction of one connection; holds no content.
 *
 * Bounded: at most `trailerBytesMax` bytes of an unfinished trailer section are kept.
 */
export class BodyReader {
  readonly #limits: BodyLimits;
  #place: number;
  /** Content bytes that are still to come in this chunk, or in the whole body. */
  #rest: number;
  #digits: number;
  #extensionBytes: number;
  #extensionsBytes: number;
  #contentBytes: number;
  #refusal: Refusal | undefined;
  #trailers: FieldSectionReader | undefined;
  #trailerBytes: Buffer;
  #trailerLength: number;

  constructor(limits: BodyLimits = defaultBodyLimits) {
    this.#limits = limits;
    this.#place = Place.done;
    this.#rest = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#extensionsBytes = 0;
    this.#contentBytes = 0;
    this.#refusal = undefined;
    this.#trailers = undefined;
    this.#trailerBytes = emptyBytes;
    this.#trailerLength = 0;
  }

  /** Whether the body is complete; the byte behind it belongs to the next message. */
  get isDone(): boolean {
    return this.#place === Place.done;
  }

  /**
   * Why the body was refused. What was handed to the sink before was well-formed. The status is the one for a client's
   * body; when an origin's is refused the client's head is already sent, and cutting the response is the only answer.
   */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Bytes of content handed to the sink since `start`. */
  get contentBytes(): number {
    return this.#contentBytes;
  }

  /** Begins a body. `contentLength` counts with `Framing.length` only. */
  start(framing: Framing, contentLength: number): void {
    this.#rest = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#extensionsBytes = 0;
    this.#contentBytes = 0;
    this.#refusal = undefined;
    this.#trailerBytes = emptyBytes;
    this.#trailerLength = 0;
    if (framing === Framing.chunked) this.#place = Place.sizeStart;
    else if (framing === Framing.close) this.#place = Place.close;
    else if (framing === Framing.length && contentLength > 0) {
      this.#place = Place.length;
      this.#rest = contentLength;
    } else this.#place = Place.done;
  }

  /**
   * Reads bytes[start, end) and hands each run of content to `sink`. Returns the offset behind the last byte taken:
   * `end` unless the body is done or refused.
   *
   * Hot: content is never copied or looked at. Borrowed: bytes.
   */
  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let at = start;
    while (at < end && this.#place !== Place.done && this.#place !== Place.refused) {
      switch (this.#place) {
        case Place.length:
        case Place.chunk:
        case Place.close:
          at = this.#readContent(bytes, at, end, sink);
          break;
        case Place.trailer:
          at = this.#readTrailers(bytes, at, end);
          break;
        default:
          at = this.#readChunkHead(bytes, at, end);
      }
    }
    return at;
  }

  /**
   * Tells that the sender closed. Returns whether the body is complete: always when it was to end so; otherwise only
   * when it was done before. An incomplete one is refused as `body-truncated`.
   */
  end(): boolean {
    if (this.#place === Place.close) this.#place = Place.done;
    if (this.#place !== Place.done && this.#place !== Place.refused) {
      this.#refuse('body-truncated', 400, 'the connection closed before the end of the body');
    }
    return this.#place === Place.done;
  }

  #readContent(bytes: Buffer, at: number, end: number, sink: BodySink): number {
    let to = end;
    if (this.#place !== Place.close) {
      if (end - at > this.#rest) to = at + this.#rest;
      this.#rest -= to - at;
      if (this.#rest === 0) this.#place = this.#place === Place.length ? Place.done : Place.chunkCr;
    }
    this.#contentBytes += to - at;
    sink.content(bytes, at, to);
    return to;
  }

  /** Reads on between two chunks: the end of one, the size and extension of the next. */
  #readChunkHead(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      switch (this.#place) {
        case Place.chunkCr:
          if (byte !== CR) return this.#refuseByte('chunk-end', byte, 'behind a chunk; expected CRLF', at);
          this.#place = Place.chunkLf;
          break;
        case Place.chunkLf:
          if (byte !== LF)
            return this.#refuseByte('bare-cr', byte, 'behind a carriage return; expected LF', at);
          this.#place = Place.sizeStart;
          break;
        case Place.sizeStart:
        case Place.size:
          if (!this.#readSizeByte(byte)) return at;
          break;
        case Place.extension:
          if (!this.#readExtensionByte(byte)) return at;
          break;
        default:
          if (byte !== LF)
            return this.#refuseByte('bare-cr', byte, 'behind a carriage return; expected LF', at);
          this.#place = this.#rest === 0 ? Place.trailer : Place.chunk;
          this.#digits = 0;
          this.#extensionBytes = 0;
          return at + 1;
      }
      at += 1;
    }
    return at;
  }

  #readSizeByte(byte: number): boolean {
    const digit = hexValue[byte]!;
    if (digit < 16) {
      this.#place = Place.size;
      this.#digits += 1;
      this.#rest = this.#rest * 16 + digit;
      if (this.#digits <= chunkSizeDigitsMax && this.#rest <= Number.MAX_SAFE_INTEGER) return true;
      const most = `at most ${chunkSizeDigitsMax} digits and 2^53 - 1`;
      return this.#refuse('chunk-size-overflow', 400, `a chunk size that is too large; expected ${most}`);
    }
    if (this.#place === Place.sizeStart) {
      this.#refuseByte('chunk-size', byte, 'where a chunk size must start; expected a hexadecimal digit', 0);
      return false;
    }
    if (byte === CR) {
      this.#place = Place.sizeLf;
      return true;
    }
    if (byte === SEMICOLON) {
      this.#place = Place.extension;
      return this.#readExtensionByte(byte);
    }
    if (byte === LF)
      return this.#refuse('bare-lf', 400, 'a line feed without carriage return behind a chunk size');
    this.#refuseByte('chunk-size', byte, 'in a chunk size; expected hexadecimal digits and CRLF', 0);
    return false;
  }

  #readExtensionByte(byte: number): boolean {
    if (byte === CR) {
      this.#place = Place.sizeLf;
      return true;
    }
    if (isValueByte[byte] !== 1) {
      if (byte === LF)
        return this.#refuse('bare-lf', 400, 'a line feed without carriage return behind a chunk size');
      this.#refuseByte('chunk-extension', byte, 'in a chunk extension; expected no control characters', 0);
      return false;
    }
    this.#extensionBytes += 1;
    this.#extensionsBytes += 1;
    if (this.#extensionBytes > this.#limits.extensionBytesMax) {
      const message = `a chunk extension of more than ${this.#limits.extensionBytesMax} bytes`;
      return this.#refuse('chunk-extension-too-long', 413, message);
    }
    if (this.#extensionsBytes > this.#limits.extensionsBytesMax) {
      const message = `more than ${this.#limits.extensionsBytesMax} bytes of chunk extensions in one body`;
      return this.#refuse('chunk-extensions-too-long', 413, message);
    }
    return true;
  }

  /**
   * Collects the trailer section, which may arrive in pieces, and reads it as fields.
   *
   * Nearly always it is the empty line alone and nothing is copied.
   */
  #readTrailers(bytes: Buffer, at: number, end: number): number {
    if (this.#trailerLength === 0) {
      if (bytes[at] === CR && at + 1 < end && bytes[at + 1] === LF) {
        this.#place = Place.done;
        return at + 2;
      }
      this.#trailerBytes = Buffer.allocUnsafe(this.#limits.trailerBytesMax);
      this.#trailers ??= new FieldSectionReader(this.#limits.trailersMax, 400);
      this.#trailers.begin(0);
    }
    const before = this.#trailerLength;
    const copied = bytes.copy(this.#trailerBytes, before, at, end);
    this.#trailerLength = before + copied;
    const took = this.#trailers?.read(this.#trailerBytes, 0, this.#trailerLength) ?? -1;
    if (took > 0) {
      this.#forgetTrailers(Place.done);
      return at + took - before;
    }
    if (took < 0) {
      const refusal = this.#trailers?.refusal;
      this.#forgetTrailers(Place.refused);
      const status = refusal?.status ?? 400;
      this.#refuse(`trailer-${refusal?.code ?? 'malformed'}`, status, `trailer ${refusal?.message ?? ''}`);
      return at;
    }
    if (this.#trailerLength === this.#limits.trailerBytesMax) {
      this.#forgetTrailers(Place.refused);
      this.#refuse('trailer-too-large', 431, `trailers of more than ${this.#limits.trailerBytesMax} bytes`);
      return at;
    }
    return at + copied;
  }

  #forgetTrailers(place: number): void {
    this.#place = place;
    this.#trailerBytes = emptyBytes;
    this.#trailerLength = 0;
    this.#trailers?.begin(0);
  }

  #refuse(code: string, status: RefusalStatus, message: string): false {
    this.#refusal = refusalOf(code, status, message);
    this.#place = Place.refused;
    return false;
  }

  #refuseByte(code: string, byte: number, where: string, at: number): number {
    this.#refuse(code, 400, `${showByte(byte)} ${where}`);
    return at;
  }
}

const emptyBytes = Buffer.alloc(0);
