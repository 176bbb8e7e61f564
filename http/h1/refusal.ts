/**
 * Why a reader refused a message: a value, because a malformed message is an everyday event and not an exception.
 */

/** Statuses that a refusal asks for. 502 is for messages from an origin, all others for messages from a client. */
export type RefusalStatus = 400 | 405 | 408 | 411 | 413 | 414 | 417 | 431 | 501 | 502 | 505;

/** One refused message. After it the connection is of no more use: where the next message starts is unknown. */
export interface Refusal {
  /** Stable, kebab-case: `content-length-duplicate`. */
  readonly code: string;
  readonly status: RefusalStatus;
  /** What was met and what was expected. Quotes at most 48 characters of the message, escaped. */
  readonly message: string;
}

const quotedCharactersMax = 48;

/** Makes a refusal. */
export function refusalOf(code: string, status: RefusalStatus, message: string): Refusal {
  return { code, status, message };
}

/** Shows one byte in a message: `'a' (0x61)` when it is printable, else `0x0a`. */
export function showByte(byte: number): string {
  const hex = `0x${byte.toString(16).padStart(2, '0')}`;
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}' (${hex})` : hex;
}

/** Shows hostile text in a message: quoted, escaped to printable ASCII and cut. */
export function showText(text: string): string {
  let shown = '"';
  const length = Math.min(text.length, quotedCharactersMax);
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x5c) shown += `\\${text[at]}`;
    else if (code >= 0x20 && code < 0x7f) shown += text[at];
    else shown += `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return text.length > length ? `${shown}"...` : `${shown}"`;
}
