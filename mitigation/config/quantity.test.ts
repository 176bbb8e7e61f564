import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { milliseconds, parseDuration, parseSize, sizeBytes } from './quantity.ts';

const duration = 'expected a number with ms, s, m, h or d, for example "30s"';
const size = 'expected bytes or a number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, for example "128KiB"';

describe('duration: text to milliseconds', () => {
  const rows: readonly (readonly [text: string, result: number | string])[] = [
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['30', '"30" has no unit; write "30s" or "30ms"'],
    ['1.5', '"1.5" has no unit; write "1.5s" or "1.5ms"'],
    ['', `"" is no duration; ${duration}`],
    ['-5s', `"-5s" is no duration; ${duration}`],
    ['5 s', `"5 s" is no duration; ${duration}`],
    ['s', `"s" is no duration; ${duration}`],
    ['5sec', `unknown unit "sec" in "5sec"; ${duration}`],
    ['5S', `unknown unit "S" in "5S"; ${duration}`],
    ['5toString', `unknown unit "toString" in "5toString"; ${duration}`],
    ['30m1h', 'units of "30m1h" must fall, as in "1h30m"'],
    ['1s1s', 'units of "1s1s" must fall, as in "1h30m"'],
    ['0.5ms', '"0.5ms" is not a whole number of milliseconds'],
    ['99999999999999d', '"99999999999999d" is too large'],
    [`${'9'.repeat(31)}s`, `"${'9'.repeat(31)}s" is too large`],
    [`${'9'.repeat(32)}s`, `too long for a duration; ${duration}`],
  ];
  for (const [text, result] of rows) test(`"${text}"`, () => assert.equal(parseDuration(text), result));
});

describe('size: text to bytes', () => {
  const rows: readonly (readonly [text: string, result: number | string])[] = [
    ['0', 0],
    ['4096', 4096],
    ['12B', 12],
    ['128KiB', 131_072],
    ['128 KiB', 131_072],
    ['1.5MiB', 1_572_864],
    ['10GiB', 10_737_418_240],
    ['1TiB', 1_099_511_627_776],
    ['1kB', 1000],
    ['1KB', 1000],
    ['2MB', 2_000_000],
    ['3GB', 3_000_000_000],
    ['10M', `unknown unit "M" in "10M"; ${size}`],
    ['10mib', `unknown unit "mib" in "10mib"; ${size}`],
    ['', `"" is no size; ${size}`],
    ['-1', `"-1" is no size; ${size}`],
    ['1e3', `"1e3" is no size; ${size}`],
    ['0.3B', '"0.3B" is not a whole number of bytes'],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', '"9007199254740993" is too large'],
    ['9999999TiB', '"9999999TiB" is too large'],
    ['1'.repeat(33), `too long for a size; ${size}`],
  ];
  for (const [text, result] of rows) test(`"${text}"`, () => assert.equal(parseSize(text), result));
});

test('quantity: what was not validated is a mistake of the program', () => {
  assert.equal(milliseconds('2s'), 2000);
  assert.equal(sizeBytes(17), 17);
  assert.throws(() => milliseconds('2'), TypeError);
  assert.throws(() => sizeBytes('x'), TypeError);
});
