/**
 * Reads field lines up to the empty line: the part that request heads, response heads and trailers share.
 *
 * It keeps its place between calls, so a head that arrives one byte at a time costs one pass. It refuses at the first
 * byte that is wrong, so what it answers does not depend on how the bytes were cut.
 *
 * Source: RFC 9112 sections 2.2, 5 and 5.2; RFC 9110 sections 5.1 and 5.5.
 */
import { COLON, CR, HTAB, isTokenByte, isValueByte, LF, SP } from './byte-class.ts';
import { Fields } from './fields.ts';
import { type Refusal, refusalOf, showByte } from './refusal.ts';

/** Owned: by one reader. Offsets are relative to the `start` that every call for one section must share. */
export class FieldSectionReader {
  readonly fields: Fields;
  refusal: Refusal | undefined;
  readonly #fieldsMax: number;
  readonly #badStatus: 400 | 502;
  // Where the next byte to look at stands, where its line starts, and the line's colon (-1 while inside the name).
  #at: number;
  #lineStart: number;
  #nameEnd: number;

  /** @param badStatus What a malformed field is answered with: 400 towards a client, 502 for an origin's. */
  constructor(fieldsMax: number, badStatus: 400 | 502) {
    this.fields = new Fields();
    this.refusal = undefined;
    this.#fieldsMax = fieldsMax;
    this.#badStatus = badStatus;
    this.#at = 0;
    this.#lineStart = 0;
    this.#nameEnd = -1;
  }

  /** Begins a section whose first line stands at offset `at`. */
  begin(at: number): void {
    this.fields.reset();
    this.refusal = undefined;
    this.#at = at;
    this.#lineStart = at;
    this.#nameEnd = -1;
  }

  /**
   * Reads on in bytes[start + place, end). Returns the offset behind the empty line, 0 when more is needed, -1 when
   * it is refused.
   *
   * Hot: about 1 ns per byte; the two inner loops are the parser. Borrowed: bytes.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start + this.#at;
    let lineStart = start + this.#lineStart;
    let colon = this.#nameEnd < 0 ? -1 : start + this.#nameEnd;
    for (;;) {
      if (colon < 0) {
        at = endOfToken(bytes, at, end);
        if (at >= end) break;
        const byte = bytes[at]!;
        if (byte !== COLON || at === lineStart) {
          if (byte !== CR || at !== lineStart) return this.#refuseName(byte, at === lineStart);
          if (at + 1 >= end) break;
          if (bytes[at + 1] !== LF) return this.#refuseLineEnd(bytes[at + 1]!);
          this.#at = at + 2 - start;
          return this.#at;
        }
        if (this.fields.count >= this.#fieldsMax) return this.#refuseCount();
        colon = at;
        at += 1;
      }
      at = endOfValue(bytes, at, end);
      if (at >= end) break;
      if (bytes[at] !== CR) return this.#refuseValue(bytes[at]!);
      if (at + 1 >= end) break;
      if (bytes[at + 1] !== LF) return this.#refuseLineEnd(bytes[at + 1]!);
      this.fields.append(bytes, start, lineStart, colon, at);
      at += 2;
      lineStart = at;
      colon = -1;
    }
    this.#at = at - start;
    this.#lineStart = lineStart - start;
    this.#nameEnd = colon < 0 ? -1 : colon - start;
    return 0;
  }

  #refuse(code: string, message: string): -1 {
    this.refusal = refusalOf(code, this.#badStatus, `field ${this.fields.count + 1}: ${message}`);
    return -1;
  }

  #refuseCount(): -1 {
    const status = this.#badStatus === 400 ? 431 : 502;
    this.refusal = refusalOf('fields-too-many', status, `more than ${this.#fieldsMax} fields`);
    return -1;
  }

  #refuseName(byte: number, isLineStart: boolean): -1 {
    if (byte === LF) return this.#refuse('bare-lf', 'a line feed without carriage return; expected CRLF');
    if (byte === CR)
      return this.#refuse('field-no-colon', 'the line ends without a colon; expected "name: value"');
    if (byte === COLON) return this.#refuse('field-name-empty', 'a colon without a name before it');
    if (byte === SP || byte === HTAB) {
      if (!isLineStart) {
        return this.#refuse('field-name-space', 'white space before the colon; expected none');
      }
      return this.fields.count === 0
        ? this.#refuse('field-leading-space', 'white space before the first field; expected a name')
        : this.#refuse('field-folded', 'a line that starts with white space (obs-fold); expected a name');
    }
    return this.#refuse('field-name-character', `${showByte(byte)} in a name; expected token characters`);
  }

  #refuseValue(byte: number): -1 {
    if (byte === LF) return this.#refuse('bare-lf', 'a line feed without carriage return; expected CRLF');
    return this.#refuse(
      'field-value-control',
      `${showByte(byte)} in a value; expected no control characters`,
    );
  }

  #refuseLineEnd(byte: number): -1 {
    return this.#refuse('bare-cr', `a carriage return followed by ${showByte(byte)}; expected a line feed`);
  }
}

/** Returns the offset of the first byte in bytes[from, end) that is no token character, or `end`. Hot: 1 ns per byte. */
function endOfToken(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isTokenByte[bytes[at]!] === 1) at += 1;
  return at;
}

/** Returns the offset of the first byte in bytes[from, end) that no value may hold, or `end`. Hot: 1 ns per byte. */
function endOfValue(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isValueByte[bytes[at]!] === 1) at += 1;
  return at;
}
