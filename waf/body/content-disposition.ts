/**
 * The Content-Disposition of one part of a form.
 *
 * Source: RFC 7578 section 4.2, RFC 6266, RFC 8187 (`filename*`); browsers and ModSecurity 3 for the escapes in quotes.
 */

/** What the header says. */
export interface Disposition {
  readonly name: string;
  /** Undefined when there is no file name: then the part is a field. */
  readonly fileName: string | undefined;
  /** The decoded `filename*`, or undefined. */
  readonly extendedFileName: string | undefined;
  /** True when `'` is used as if it could quote. */
  readonly hasInvalidQuoting: boolean;
  readonly error: string;
}

/** One parameter: blanks, name, `=`, and a quoted or a plain value. */
const parameterPattern =
  /\s*;\s*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^";\s]*)))?/y;

function unescapeQuoted(text: string): string {
  // A backslash before anything but a quote or a backslash is a Windows path, not an escape.
  return text.includes('\\') ? text.replace(/\\(["\\])/g, '$1') : text;
}

/** Decodes `charset'language'percent-escaped`, or returns undefined. */
function decodeExtended(text: string): string | undefined {
  const found =
    /^(?:utf-8|iso-8859-1|us-ascii)'[A-Za-z0-9-]*'((?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-Fa-f]{2})*)$/i.exec(
      text,
    );
  return found?.[1]?.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Reads the value of the header. */
export function readDisposition(header: string): Disposition {
  let name: string | undefined;
  let fileName: string | undefined;
  let extendedFileName: string | undefined;
  let hasInvalidQuoting = false;
  let error = '';
  const fail = (reason: string): void => {
    if (error === '') error = reason;
  };
  const invalid = 'Multipart: Invalid Content-Disposition header';
  let at = 'form-data'.length;
  if (!header.startsWith('form-data')) {
    fail(`${invalid} (no form-data)`);
    at = header.indexOf(';');
    if (at === -1) at = header.length;
  }
  const end = header.trimEnd().length;
  while (at < end) {
    parameterPattern.lastIndex = at;
    const found = parameterPattern.exec(header);
    if (found === null) {
      fail(`${invalid} (syntax at byte ${at})`);
      hasInvalidQuoting ||= header.includes("'", at);
      break;
    }
    at = parameterPattern.lastIndex;
    const [, parameter, quoted, plain] = found;
    if (parameter === undefined) continue;
    const value = quoted === undefined ? (plain ?? '') : unescapeQuoted(quoted);
    const isExtended = parameter.toLowerCase() === 'filename*';
    if (plain?.includes("'") === true && !isExtended) hasInvalidQuoting = true;
    switch (parameter.toLowerCase()) {
      case 'name':
        if (name !== undefined) fail(`${invalid} (two names)`);
        name ??= value;
        break;
      case 'filename':
        if (fileName !== undefined) fail(`${invalid} (two file names)`);
        fileName ??= value;
        break;
      case 'filename*':
        if (extendedFileName !== undefined) fail(`${invalid} (two file names)`);
        extendedFileName ??= decodeExtended(value) ?? value;
        if (quoted !== undefined || decodeExtended(value) === undefined) fail(`${invalid} (filename*)`);
        break;
      default:
    }
  }
  if (name === undefined) fail('Multipart: Content-Disposition header missing name field');
  return { name: name ?? '', fileName, extendedFileName, hasInvalidQuoting, error };
}
