/**
 * The boundary parameter of a multipart Content-Type, read strictly: what two readers could understand differently is an error
 * or a flag.
 *
 * Source: RFC 2046 section 5.1.1; ModSecurity 3 for the names of the flags.
 */

const CONTENT_TYPE_BYTES_MAX = 1024;

/** What the header says. `boundary` is '' when none can be used; flags are names without `MULTIPART_`. */
export interface Boundary {
  readonly boundary: string;
  readonly error: string;
  readonly flags: readonly string[];
}

/** Reads the boundary of a Content-Type value. An error does not always mean that there is none. */
export function readBoundary(contentType: string): Boundary {
  const flags: string[] = [];
  const refuse = (reason: string): Boundary => ({
    boundary: '',
    error: `Invalid boundary in C-T (${reason})`,
    flags,
  });
  if (contentType.length > CONTENT_TYPE_BYTES_MAX) return refuse('length');
  if (contentType.includes('\0')) return refuse('nul byte');
  const names = [...contentType.matchAll(/[;,\s](boundary)(\s*=)/gi)];
  const [first] = names;
  if (first === undefined) return refuse(/boundary/i.test(contentType) ? 'parameter name' : 'missing');
  const typeEnd = /^\s*multipart\/[^;,\s]+/i.exec(contentType)?.[0].length ?? 0;
  if (!/^\s*;/.test(contentType.slice(typeEnd))) flags.push('MISSING_SEMICOLON', 'SEMICOLON_MISSING');
  const rest = contentType.slice(first.index + first[0].length);
  if (/^\s/.test(first[2] ?? '') || /^\s/.test(rest)) flags.push('BOUNDARY_WHITESPACE');
  const { value, error } = readValue(rest.trimStart(), flags);
  if (value === '')
    return { boundary: '', error: error === '' ? 'Invalid boundary in C-T (empty)' : error, flags };
  if (names.length > 1) return { boundary: value, error: 'Multiple boundary parameters in C-T', flags };
  if (first[1] !== 'boundary') {
    return { boundary: value, error: 'Invalid boundary in C-T (case sensitivity)', flags };
  }
  return { boundary: value, error, flags };
}

function readValue(text: string, flags: string[]): { value: string; error: string } {
  const isQuoted = text.startsWith('"');
  if (isQuoted) flags.push('BOUNDARY_QUOTED');
  const found = isQuoted ? /^"([^"]*)"\s*(?:$|[;,])/.exec(text) : /^[^;,]*/.exec(text);
  if (found === null) {
    const isOpen = text.indexOf('"', 1) === -1;
    return { value: '', error: `Invalid boundary in C-T (${isOpen ? 'quote' : 'characters'})` };
  }
  const written = isQuoted ? (found[1] ?? '') : found[0];
  const value = isQuoted ? written : written.trimEnd();
  if (value !== written) flags.push('BOUNDARY_WHITESPACE');
  if (!isQuoted && value.includes('"')) return { value, error: 'Invalid boundary in C-T (quote)' };
  // RFC 2046 "bchars"; a blank may stand anywhere but last.
  const isValid = /^[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]$/.test(value);
  return { value, error: isValid || value === '' ? '' : 'Invalid boundary in C-T (characters)' };
}
