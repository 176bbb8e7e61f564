/**
 * The Connection field: which options it lists, and which other fields it ends at this hop.
 *
 * A client may list any field there, so it could make a proxy drop the fields that frame the message or name its host
 * and leave the origin with another message than the one that was judged. Listing those is refused.
 *
 * Source: RFC 9110 section 7.6.1; RFC 9112 section 9.3.
 */
import { HTAB, isTokenByte, SP } from './byte-class.ts';
import { type Fields, KnownField, knownFieldNames, knownFieldOf } from './fields.ts';
import { type Refusal, refusalOf, showText } from './refusal.ts';

/** Bits of `ConnectionView.options`. */
export const ConnectionOption = { close: 1, keepAlive: 2, upgrade: 4 } as const;

/** Owned: by the reader, filled again with the next message. */
export interface ConnectionView {
  options: number;
}

/** More options than this in one head are refused: each costs one look at every field. */
export const connectionOptionsMax = 32;

const COMMA = 0x2c;

/**
 * Reads all Connection fields into `view` and marks the fields that they list.
 *
 * Hot. Borrowed: bytes, in which the head stands at `start`; `fields.text` is its text.
 */
export function readConnectionOptions(
  fields: Fields,
  bytes: Buffer,
  start: number,
  badStatus: 400 | 502,
  view: ConnectionView,
): Refusal | undefined {
  view.options = 0;
  const occurrences = fields.occurrences(KnownField.connection);
  if (occurrences === 0) return undefined;
  let listed = 0;
  for (let i = fields.indexOf(KnownField.connection); i < fields.count; i += 1) {
    if (fields.id(i) !== KnownField.connection) continue;
    const end = start + fields.valueEnd(i);
    let at = start + fields.valueStart(i);
    while (at < end) {
      const from = at;
      while (at < end && isTokenByte[bytes[at]!] === 1) at += 1;
      if (at > from) {
        listed += 1;
        if (listed > connectionOptionsMax) {
          return refusalOf(
            'connection-options-too-many',
            badStatus,
            `Connection lists more than ${connectionOptionsMax} options`,
          );
        }
        const refusal = readOption(fields, bytes, start, from, at, badStatus, view);
        if (refusal !== undefined) return refusal;
      }
      while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at += 1;
      if (at < end) {
        if (bytes[at] !== COMMA) return malformed(fields.value(i), badStatus);
        at += 1;
        while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at += 1;
      }
    }
  }
  return undefined;
}

/** Reads the option bytes[from, to). */
function readOption(
  fields: Fields,
  bytes: Buffer,
  start: number,
  from: number,
  to: number,
  badStatus: 400 | 502,
  view: ConnectionView,
): Refusal | undefined {
  const length = to - from;
  if (length === 10 && equalsFolded(bytes, from, 'keep-alive')) view.options |= ConnectionOption.keepAlive;
  else if (length === 5 && equalsFolded(bytes, from, 'close')) view.options |= ConnectionOption.close;
  else if (length === 7 && equalsFolded(bytes, from, 'upgrade')) view.options |= ConnectionOption.upgrade;
  else {
    const id = knownFieldOf(bytes, from, to);
    if (id === KnownField.host || id === KnownField.contentLength || id === KnownField.transferEncoding) {
      return refusalOf(
        'connection-lists-framing',
        badStatus,
        `Connection lists ${knownFieldNames[id]}, which must reach the origin`,
      );
    }
    fields.nominate(from - start, to - start);
  }
  return undefined;
}

function malformed(value: string, badStatus: 400 | 502): Refusal {
  return refusalOf(
    'connection-malformed',
    badStatus,
    `Connection is ${showText(value)}; expected a list of tokens separated by commas`,
  );
}

/** Whether `word` (lower case) stands at bytes[from], upper and lower case alike. Exact for token characters only. */
function equalsFolded(bytes: Buffer, from: number, word: string): boolean {
  for (let at = 0; at < word.length; at += 1) {
    if ((bytes[from + at]! | 0x20) !== word.charCodeAt(at)) return false;
  }
  return true;
}
