/**
 * Durations and sizes as a person writes them (`1m30s`, `128KiB`), to and from plain numbers.
 *
 * A number without a unit is refused for durations, because half of all programs mean seconds and the other half
 * milliseconds. For sizes it means bytes, which nobody misreads. `KiB MiB GiB TiB` are powers of 1024, `kB MB GB TB`
 * powers of 1000 (IEC 80000-13).
 */

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Longer texts are no quantity; it also bounds what an error message repeats. */
const lengthMax = 32;

/** Reads a duration such as `250ms`, `1.5s` or `1h30m` as whole milliseconds; a string result is the error. */
export function parseDuration(text: string): number | string {
  const expected = 'expected a number with ms, s, m, h or d, for example "30s"';
  if (text.length > lengthMax) return `too long for a duration; ${expected}`;
  if (/^\d+(\.\d+)?$/.test(text)) return `"${text}" has no unit; write "${text}s" or "${text}ms"`;
  if (!/^(\d+(\.\d+)?[A-Za-z]+)+$/.test(text)) return `"${text}" is no duration; ${expected}`;
  let sumMs = 0;
  let lastUnit = Number.POSITIVE_INFINITY;
  for (const [, digits = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([A-Za-z]+)/g)) {
    const unitMs = Object.hasOwn(durationUnits, unit) ? durationUnits[unit] : undefined;
    if (unitMs === undefined) return `unknown unit "${unit}" in "${text}"; ${expected}`;
    if (unitMs >= lastUnit) return `units of "${text}" must fall, as in "1h30m"`;
    lastUnit = unitMs;
    sumMs += Number(digits) * unitMs;
  }
  if (!Number.isInteger(sumMs)) return `"${text}" is not a whole number of milliseconds`;
  return Number.isSafeInteger(sumMs) ? sumMs : `"${text}" is too large`;
}

/** Reads a size such as `4096`, `128KiB` or `1.5MB` as whole bytes; a string result is the error. */
export function parseSize(text: string): number | string {
  const expected =
    'expected bytes or a number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, for example "128KiB"';
  if (text.length > lengthMax) return `too long for a size; ${expected}`;
  const match = /^(\d+(?:\.\d+)?)\s?([A-Za-z]*)$/.exec(text);
  if (match === null) return `"${text}" is no size; ${expected}`;
  const [, digits = '', unit = ''] = match;
  const unitBytes = unit === '' ? 1 : Object.hasOwn(sizeUnits, unit) ? sizeUnits[unit] : undefined;
  if (unitBytes === undefined) return `unknown unit "${unit}" in "${text}"; ${expected}`;
  const bytes = Number(digits) * unitBytes;
  if (!Number.isInteger(bytes)) return `"${text}" is not a whole number of bytes`;
  return Number.isSafeInteger(bytes) ? bytes : `"${text}" is too large`;
}

/** Milliseconds of a duration that was validated before. */
export function milliseconds(text: string): number {
  return validated(parseDuration(text));
}

/** Bytes of a size that was validated before. */
export function sizeBytes(value: string | number): number {
  return validated(parseSize(String(value)));
}

function validated(result: number | string): number {
  if (typeof result === 'string') throw new TypeError(`a quantity was not validated: ${result}`);
  return result;
}
