/**
 * The forms of text that the schema knows beyond JSON Schema's own words, under its keyword `x-form`.
 *
 * An editor ignores the keyword; Ajv runs it, so that a mistyped duration is reported with its line like everything else.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { parsePrefix } from '@secbeat/base/ip-address.ts';
import { isDnsName, parseListenAddress, parsePeer, shorten } from './endpoint.ts';
import { parseDuration, parseSize } from './quantity.ts';

/** A form and, for quantities, its bounds in the same notation. */
export type Form = QuantityForm | { readonly kind: TextFormKind };

interface QuantityForm {
  readonly kind: 'duration' | 'size';
  readonly minimum: string;
  readonly maximum: string;
}

type TextFormKind =
  | 'listen-address'
  | 'peer'
  | 'upstream-reference'
  | 'prefix'
  | 'host-name'
  | 'path-prefix'
  | 'time'
  | 'file-path';

/** Checks `text` against `form`. Returns the error, or undefined when it fits. */
export function checkForm(form: Form, text: string): string | undefined {
  switch (form.kind) {
    case 'duration':
      return checkQuantity(form, text, parseDuration);
    case 'size':
      return checkQuantity(form, text, parseSize);
    case 'listen-address':
      return errorOf(parseListenAddress(text));
    case 'peer':
      return errorOf(parsePeer(text));
    case 'upstream-reference':
      return isUpstreamName(text) ? undefined : errorOf(parsePeer(text));
    case 'prefix':
      return errorOf(parsePrefix(text));
    case 'host-name':
      return checkHostName(text);
    case 'path-prefix':
      return checkPathPrefix(text);
    case 'time':
      return errorOf(parseTime(text));
    case 'file-path':
      return checkFilePath(text);
  }
}

/** True for what an upstream may be called; the name appears in events and metrics. */
export function isUpstreamName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text);
}

/** Reads an RFC 3339 instant with its zone as Unix milliseconds; a string result is the error. */
export function parseTime(text: string): number | string {
  const expected = 'expected a date and time with zone, for example 2027-01-31T12:00:00Z';
  const match = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i.exec(text);
  if (match === null) return `"${shorten(text)}" is no time; ${expected}`;
  const [, year, month, day] = match.map(Number);
  // Date rolls 30 February over to March instead of refusing it.
  const daysOfMonth = new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
  const timeMs = Date.parse(text.toUpperCase());
  if (Number.isNaN(timeMs) || (day ?? 0) > daysOfMonth)
    return `"${shorten(text)}" does not exist; ${expected}`;
  return timeMs;
}

/** Returns the path prefix without a slash at its end (but `/` itself), the form that routes are compared in. */
export function normalisePathPrefix(text: string): string {
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
}

function errorOf(result: unknown): string | undefined {
  return typeof result === 'string' ? result : undefined;
}

function checkQuantity(
  form: QuantityForm,
  text: string,
  parse: (text: string) => number | string,
): string | undefined {
  const value = parse(text);
  if (typeof value === 'string') return value;
  if (value < Number(parse(form.minimum))) return `"${text}" is too small; the minimum is ${form.minimum}`;
  if (value > Number(parse(form.maximum))) return `"${text}" is too large; the maximum is ${form.maximum}`;
  return undefined;
}

function checkHostName(text: string): string | undefined {
  const shown = shorten(text);
  if (text === '*' || isIPv4(text)) return undefined;
  if (/[^\x21-\x7e]/.test(text)) {
    return `"${shown}": write an internationalised name in its ASCII form (xn--...)`;
  }
  if (text.startsWith('[') && text.endsWith(']')) {
    return isIPv6(text.slice(1, -1)) ? undefined : `"${shown}" is no IPv6 address in brackets`;
  }
  if (isIPv6(text))
    return `"${shown}": an IPv6 address stands in brackets, as in the Host field: "[${text}]"`;
  if (/:\d*$/.test(text)) return `"${shown}": a host name has no port here`;
  if (text.endsWith('.')) return `"${shown}": write the name without the dot at its end`;
  const name = text.startsWith('*.') ? text.slice(2) : text;
  if (name.includes('*')) {
    return `"${shown}": "*" may only stand alone or as the whole first label, as in "*.example.org"`;
  }
  return isDnsName(name) ? undefined : `"${shown}" is no host name, for example shop.example.org`;
}

function checkPathPrefix(text: string): string | undefined {
  const shown = shorten(text);
  if (!text.startsWith('/')) return `"${shown}": a path starts with "/"`;
  if (/[?#*]/.test(text))
    return `"${shown}": a path prefix has no "?", "#" or "*"; it matches whatever follows it`;
  if (text.includes('%')) return `"${shown}": paths are compared decoded; write the character itself`;
  if (/\/\/|\/\.{1,2}(?:\/|$)/.test(text)) {
    return `"${shown}": paths are compared normalised, without "//", "/./" and "/../"`;
  }
  if (/[\x00-\x1f\x7f]/.test(text)) return `"${shown}": a control character has no place in a path`;
  return text.length <= 1024 ? undefined : `"${shown}" is longer than 1024 characters`;
}

function checkFilePath(text: string): string | undefined {
  if (text.includes('-----BEGIN')) {
    return 'a certificate or key does not stand in the configuration itself; give the path of its file';
  }
  if (text === '' || /[\x00-\x1f\x7f]/.test(text)) return `"${shorten(text)}" is no path of a file`;
  return undefined;
}
