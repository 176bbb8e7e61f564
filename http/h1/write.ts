/**
 * The small pieces that every message we write is made of: status lines, chunk framing, the Date field.
 *
 * Source: RFC 9112 sections 4 and 7.1; RFC 9110 sections 5.6.7 (date) and 15 (reason phrases).
 */

const reasonPhrases: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  102: 'Processing',
  103: 'Early Hints',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  208: 'Already Reported',
  226: 'IM Used',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  305: 'Use Proxy',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  506: 'Variant Also Negotiates',
  507: 'Insufficient Storage',
  508: 'Loop Detected',
  511: 'Network Authentication Required',
};

const statusLines: readonly string[] = Array.from({ length: 1000 }, (_, status) =>
  status < 100 ? '' : `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ''}\r\n`,
);

/** Returns the registered reason phrase, empty for an unregistered status. */
export function reasonPhraseOf(status: number): string {
  return reasonPhrases[status] ?? '';
}

/**
 * Returns `HTTP/1.1 <status> <reason>` with CRLF. Hot: a shared string.
 *
 * @param status 100 to 999; anything else is a programmer's error.
 */
export function statusLineOf(status: number): string {
  const line = statusLines[status];
  if (line === undefined || line === '') throw new RangeError(`status ${status}; expected 100 to 999`);
  return line;
}

/** What `writeChunkHeader` writes at most: 14 digits (2^53 - 1) and CRLF. */
export const chunkHeaderBytesMax = 16;

/**
 * Writes the size of a chunk as hexadecimal digits and CRLF at `target[at]`. Returns the offset behind it.
 *
 * A size of 0 would be the end of the body, so it is a programmer's error. Borrowed: target, which must have
 * `chunkHeaderBytesMax` bytes behind `at`. Hot.
 */
export function writeChunkHeader(target: Uint8Array, at: number, size: number): number {
  if (!(size > 0 && size <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`chunk size ${size}; expected 1 or more`);
  let digits = 1;
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 16)) digits += 1;
  let rest = size;
  for (let digitAt = at + digits - 1; digitAt >= at; digitAt -= 1) {
    const digit = rest % 16;
    target[digitAt] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    rest = Math.floor(rest / 16);
  }
  target[at + digits] = 0x0d;
  target[at + digits + 1] = 0x0a;
  return at + digits + 2;
}

/** Returns the same header as text. */
export function chunkHeaderOf(size: number): string {
  if (!(size > 0 && size <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`chunk size ${size}; expected 1 or more`);
  return `${size.toString(16)}\r\n`;
}

/** What stands behind the content of each chunk. */
export const chunkEnd = '\r\n';

/** The end of a chunked body without trailers, behind the CRLF of the last chunk. */
export const lastChunk = '0\r\n\r\n';

/** Returns the Date field's value for now; made once per second. */
export type HttpDate = () => string;

/** Makes an `HttpDate` over a clock that returns Unix milliseconds. */
export function createHttpDate(nowMs: () => number): HttpDate {
  let second = Number.NaN;
  let text = '';
  return () => {
    const now = nowMs();
    const nowSecond = Math.floor(now / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      text = new Date(nowSecond * 1000).toUTCString();
    }
    return text;
  };
}
