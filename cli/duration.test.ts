import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, renderDuration } from './duration.ts';

for (const [text, expected] of [
  ['1s', 1_000],
  ['30s', 30_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['365d', 31_536_000_000],
  ['366d', 31_622_400_000],
  ['367d', undefined],
  ['31622400s', 31_622_400_000],
  ['31622401s', undefined],
  ['999999999d', undefined],
  ['9999999999s', undefined],
  ['0s', undefined],
  ['', undefined],
  ['5', undefined],
  ['h', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['1e3s', undefined],
  ['2H', undefined],
  ['2 h', undefined],
  ['2h30m', undefined],
  ['2h\n', undefined],
  ['1w', undefined],
] as const) {
  test(`duration: ${JSON.stringify(text)} means ${expected} ms`, () => {
    assert.equal(parseDuration(text), expected);
  });
}

for (const [durationMs, expected] of [
  [-5, '0 s'],
  [0, '0 s'],
  [999, '0 s'],
  [1_000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [86_399_999, '23 h 59 min'],
  [86_400_000, '1 d'],
  [90_061_000, '1 d 1 h'],
  [86_460_000, '1 d'],
] as const) {
  test(`duration: ${durationMs} ms is shown as ${expected}`, () => {
    assert.equal(renderDuration(durationMs), expected);
  });
}
