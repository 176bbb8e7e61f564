/**
 * `application/x-www-form-urlencoded`: bodies and query strings.
 *
 * Split at `&`, then at the first `=`; name and value are decoded once. An escape that is not valid stays as it is and sets
 * URLENCODED_ERROR. A pair without a name but with a value is kept, because an application may read it; nothing between two
 * `&` is nothing.
 *
 * Source: WHATWG URL, section 5.1.
 */

import { brokenEscapeAt, decodeUrl } from '../transformations/url.ts';
import type { BodyLimits, BodyProcessor, ParsedBody } from './body-processor.ts';
import { BodyFindings } from './parsed-body.ts';

/** Bytes of an escape that the cut of a partial body may have taken. */
const ESCAPE_REST_MAX = 2;

/**
 * Reads the arguments of a query string or body.
 *
 * Bounded: at most `limits.argumentsMax`; the rest is not read and `truncatedBy` says so.
 *
 * @param isPartial The text was cut: an escape that its end breaks is no error.
 */
export function parseArguments(text: string, limits: BodyLimits, isPartial = false): ParsedBody {
  const findings = new BodyFindings(limits.argumentsMax);
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    if (end > start) {
      const pair = text.slice(start, end);
      const equals = pair.indexOf('=');
      const name = equals === -1 ? pair : pair.slice(0, equals);
      const value = equals === -1 ? '' : pair.slice(equals + 1);
      if (!findings.addArgument(decodeUrl(name, false), decodeUrl(value, false))) break;
    }
    start = end + 1;
  }
  const broken = brokenEscapeAt(text);
  if (broken !== -1 && !(isPartial && broken >= text.length - ESCAPE_REST_MAX)) {
    findings.flags['URLENCODED_ERROR'] = 1;
  }
  return findings;
}

/** Reads form bodies. */
export const urlencoded: BodyProcessor = {
  name: 'URLENCODED',
  parse: (body, _contentType, limits, isPartial) => parseArguments(body, limits, isPartial),
};
