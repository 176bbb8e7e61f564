/**
 * `multipart/form-data`, read line by line and strictly.
 *
 *     (preamble)                  DATA_BEFORE
 *     --boundary                  <- delimiter, its line end is part of it
 *     Header: value               <- folding, invalid characters, missing disposition: flags and errors
 *     (empty line)
 *     data, up to the line end before the next delimiter
 *     --boundary--                <- final
 *     (epilogue)                  DATA_AFTER
 *
 * Reading goes on after an error with the most likely meaning, so that rules see as much as the application might. A field is
 * an argument; a file is listed without its content. A part whose file name is empty is both when it has content, because
 * applications differ. Two names for one file (`filename` and `filename*`) are two entries.
 *
 * Flags are ModSecurity's, without `MULTIPART_`. UNMATCHED_BOUNDARY is 1 for a line that begins with `--` and is no
 * delimiter, and 2 once a delimiter follows it: mail attachments and `---` in texts look so.
 *
 * Bounded: `limits.partsMax` parts, `limits.argumentsMax` fields, `PART_HEADERS_MAX` headers in a part.
 *
 * Source: RFC 2046 section 5.1, RFC 7578; ModSecurity 3, reference manual, MULTIPART_* variables.
 */

import type { BodyLimits, BodyProcessor, ParsedBody } from './body-processor.ts';
import { readBoundary } from './boundary.ts';
import { type Disposition, readDisposition } from './content-disposition.ts';
import { BodyFindings } from './parsed-body.ts';

const PART_HEADERS_MAX = 32;
const HEADER_BYTES_MAX = 4096;
const ERROR_PREFIX = 'Multipart parsing error: ';

/** The part that is being read. */
interface Part {
  /** Whole lines, unfolded. */
  readonly headers: string[];
  dataStart: number;
}

type Zone = 'preamble' | 'headers' | 'data' | 'epilogue';

/** Owns one pass over one body. */
class MultipartReader {
  readonly #body: string;
  readonly #limits: BodyLimits;
  readonly #findings: BodyFindings;
  readonly #delimiter: string;
  #zone: Zone = 'preamble';
  #part: Part = { headers: [], dataStart: 0 };
  #partCount = 0;
  #hasCrlf = false;

  constructor(body: string, boundary: string, limits: BodyLimits, findings: BodyFindings) {
    this.#body = body;
    this.#limits = limits;
    this.#findings = findings;
    this.#delimiter = `--${boundary}`;
  }

  read(isPartial: boolean): void {
    const body = this.#body;
    let start = 0;
    while (start < body.length) {
      const newline = body.indexOf('\n', start);
      const next = newline === -1 ? body.length : newline + 1;
      const hasCr = newline > start && body.charCodeAt(newline - 1) === 0x0d;
      const end = newline === -1 ? body.length : hasCr ? newline - 1 : newline;
      const isCut = newline === -1;
      if (!this.#line(start, end, next, isCut, isPartial)) return;
      if (this.#zone !== 'data' || this.#part.dataStart === next) this.#noteLineEnd(isCut, hasCr);
      start = next;
    }
    this.#finish(isPartial);
  }

  #fail(message: string): void {
    this.#findings.fail(ERROR_PREFIX + message);
  }

  #flag(name: string): void {
    this.#findings.flags[name] = 1;
  }

  /** Line ends count in headers and delimiters only: what a file is made of is its own business. */
  #noteLineEnd(isCut: boolean, hasCr: boolean): void {
    if (isCut || this.#zone === 'preamble') return;
    if (hasCr) this.#hasCrlf = true;
    else this.#flag('LF_LINE');
    if (this.#hasCrlf && this.#findings.flags['LF_LINE'] === 1) this.#flag('CRLF_LF_LINES');
  }

  /** Takes the line from `start` to `end` (`next` is where the one after it begins). Returns false when reading is over. */
  #line(start: number, end: number, next: number, isCut: boolean, isPartial: boolean): boolean {
    if (this.#zone === 'epilogue') {
      this.#flag('DATA_AFTER');
      return true;
    }
    if (this.#body.startsWith('--', start)) {
      if (this.#body.startsWith(this.#delimiter, start)) {
        return this.#delimiterLine(start, end, next, isCut && isPartial);
      }
      const isCutDelimiter =
        isCut &&
        isPartial &&
        this.#delimiter.startsWith(this.#body.slice(start, start + this.#delimiter.length));
      if (!isCutDelimiter) this.#findings.flags['UNMATCHED_BOUNDARY'] = 1;
    }
    if (this.#zone === 'preamble') this.#flag('DATA_BEFORE');
    else if (this.#zone === 'headers') this.#headerLine(start, end, next, isCut && isPartial);
    return true;
  }

  #delimiterLine(start: number, end: number, next: number, isCut: boolean): boolean {
    if (this.#findings.flags['UNMATCHED_BOUNDARY'] === 1) this.#findings.flags['UNMATCHED_BOUNDARY'] = 2;
    if (!this.#endPart(start)) return false;
    const rest = this.#body.slice(start + this.#delimiter.length, end);
    const isFinal = rest.startsWith('--');
    const isExact = isFinal ? rest.length === 2 : rest === '';
    if (!isExact && !isCut) this.#fail('Multipart: Invalid boundary: it is followed by other bytes');
    if (isFinal) {
      this.#zone = 'epilogue';
      return true;
    }
    if (this.#partCount >= this.#limits.partsMax) {
      this.#findings.truncatedBy = 'parts';
      this.#flag('FILE_LIMIT_EXCEEDED');
      return false;
    }
    this.#partCount++;
    this.#zone = 'headers';
    this.#part = { headers: [], dataStart: next };
    return true;
  }

  #headerLine(start: number, end: number, next: number, isCut: boolean): void {
    if (start === end) {
      this.#zone = 'data';
      this.#part.dataStart = next;
      return;
    }
    const line = this.#body.slice(start, end);
    const { headers } = this.#part;
    if (line.length > HEADER_BYTES_MAX) this.#fail('Multipart: Part header too long');
    if (/^\s/.test(line)) {
      this.#flag('HEADER_FOLDING');
      if (!/^[ \t]+(?:[^\s]|$)/.test(line)) this.#flag('INVALID_HEADER_FOLDING');
      const last = headers.pop();
      if (last === undefined) this.#fail('Multipart: Invalid part header (folding error)');
      headers.push(`${last ?? ''} ${line.trim()}`);
      return;
    }
    if (headers.length >= PART_HEADERS_MAX) {
      this.#fail(`Multipart: A part has more than ${PART_HEADERS_MAX} headers`);
      return;
    }
    headers.push(line);
    const colon = line.indexOf(':');
    if (colon === 0) this.#fail('Multipart: Invalid part header (header name missing)');
    else if (colon === -1 && !isCut) this.#fail('Multipart: Invalid part header (colon missing)');
    else if (/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(line.slice(0, Math.max(colon, 0)))) {
      this.#fail('Multipart: Invalid part header (contains invalid character)');
    }
  }

  /** Ends the part that is open, if one is. `delimiter` is where the next delimiter begins. Returns false over a limit. */
  #endPart(delimiter: number): boolean {
    if (this.#zone === 'headers') {
      this.#flag('INVALID_PART');
      return this.#keepPart('');
    }
    if (this.#zone !== 'data') return true;
    let end = delimiter;
    if (end > this.#part.dataStart) {
      end--;
      if (end > this.#part.dataStart && this.#body.charCodeAt(end - 1) === 0x0d) end--;
    }
    return this.#keepPart(this.#body.slice(this.#part.dataStart, end));
  }

  #keepPart(data: string): boolean {
    const { headers } = this.#part;
    const disposition = this.#disposition();
    const { name, fileName, extendedFileName } = disposition;
    for (const header of headers) this.#findings.partHeaders.push({ name, value: header });
    if (fileName === undefined && extendedFileName === undefined)
      return this.#findings.addArgument(name, data);
    const size = data.length;
    this.#findings.files.push({ name, fileName: fileName ?? extendedFileName ?? '', size, headers });
    if (fileName !== undefined && extendedFileName !== undefined && extendedFileName !== fileName) {
      this.#findings.files.push({ name, fileName: extendedFileName, size: 0, headers: [] });
    }
    return fileName !== '' || size === 0 || this.#findings.addArgument(name, data);
  }

  #disposition(): Disposition {
    const found = this.#part.headers.filter((header) => /^content-disposition\s*:/i.test(header));
    const [header] = found;
    if (header === undefined) this.#fail('Multipart: Part missing Content-Disposition header');
    if (found.length > 1) this.#fail('Multipart: Part has two Content-Disposition headers');
    const disposition = readDisposition((header ?? '').slice((header ?? '').indexOf(':') + 1).trimStart());
    if (header !== undefined && disposition.error !== '') this.#fail(disposition.error);
    if (disposition.hasInvalidQuoting) this.#flag('INVALID_QUOTING');
    return disposition;
  }

  #finish(isPartial: boolean): void {
    if (this.#zone === 'epilogue') return;
    if (this.#partCount === 0) {
      if (!isPartial) this.#fail('Multipart: No boundaries found in payload');
      return;
    }
    if (!isPartial) {
      this.#fail('Multipart: Final boundary missing');
      if (this.#zone === 'headers') this.#flag('INVALID_PART');
    }
    this.#keepPart(this.#zone === 'data' ? this.#body.slice(this.#part.dataStart) : '');
  }
}

/** Flags that do not make STRICT_ERROR by themselves. */
const mildFlags: readonly string[] = ['UNMATCHED_BOUNDARY', 'CRLF_LF_LINES'];

function parse(body: string, contentType: string, limits: BodyLimits, isPartial: boolean): ParsedBody {
  const findings = new BodyFindings(limits.argumentsMax);
  const { boundary, error, flags } = readBoundary(contentType);
  if (error !== '') findings.fail(`${ERROR_PREFIX}Multipart: ${error}`);
  for (const flag of flags) findings.flags[flag] = 1;
  if (boundary !== '') new MultipartReader(body, boundary, limits, findings).read(isPartial);
  const isStrict =
    findings.error === '' && Object.keys(findings.flags).every((flag) => mildFlags.includes(flag));
  if (!isStrict) findings.flags['STRICT_ERROR'] = 1;
  return findings;
}

/** Reads multipart forms. */
export const multipart: BodyProcessor = { name: 'MULTIPART', parse };
