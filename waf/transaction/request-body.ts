/** The request body of one transaction: raw, parsed, and what was wrong with it. */
import type { BodyLimits, ParsedBody } from '../body/body-processor.ts';
import { bodyProcessors } from '../body/catalog.ts';

export interface RequestBody {
  /** REQBODY_PROCESSOR; '' when none was chosen. Changed by `ctl:requestBodyProcessor`. */
  processor: string;
  /** REQUEST_BODY; null when the variable does not exist. */
  text: string | null;
  /** The inspected bytes as latin1. */
  raw: string;
  lengthBytes: number;
  parsed: ParsedBody;
  /** REQBODY_ERROR_MSG; '' when there is none. */
  error: string;
  isPartial: boolean;
}

const nothingParsed: ParsedBody = {
  args: [],
  files: [],
  partHeaders: [],
  error: '',
  flags: {},
  truncatedBy: '',
};

/** A body of which nothing is known but its processor. */
export function createRequestBody(processor: string): RequestBody {
  return {
    processor,
    text: null,
    raw: '',
    lengthBytes: 0,
    parsed: nothingParsed,
    error: '',
    isPartial: false,
  };
}

/** How a body is to be read. */
export interface BodyReading {
  readonly contentType: string;
  readonly limits: BodyLimits;
  readonly isPartial: boolean;
  /** `ctl:forceRequestBodyVariable`. */
  readonly forcesVariable: boolean;
}

/**
 * Fills `body` from its bytes.
 *
 * REQUEST_BODY exists for URLENCODED, RAW and XML bodies and where a rule forces it; forcing a body without a processor
 * has it read as URLENCODED. That is ModSecurity 2, which CRS expects; ModSecurity 3 always fills it. What was cut at a
 * bound is an error of the body, so that rules that refuse broken bodies refuse it too.
 *
 * Borrowed: `bytes` may be reused after the call.
 */
export function readRequestBody(body: RequestBody, bytes: Buffer, reading: BodyReading): void {
  body.raw = bytes.toString('latin1');
  body.lengthBytes = bytes.length;
  body.isPartial = reading.isPartial;
  if (body.processor === '' && reading.forcesVariable) body.processor = 'URLENCODED';
  const name = body.processor;
  if (name === 'URLENCODED' || name === 'RAW' || name === 'XML' || reading.forcesVariable)
    body.text = body.raw;
  const processor = bodyProcessors.get(name);
  if (processor === undefined) return;
  body.parsed = processor.parse(body.raw, reading.contentType, reading.limits, reading.isPartial);
  body.error = body.parsed.error;
  if (body.error === '' && body.parsed.truncatedBy !== '') {
    body.error = `${name}: more ${body.parsed.truncatedBy} than the limit`;
  }
}
