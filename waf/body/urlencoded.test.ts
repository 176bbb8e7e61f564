import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BodyLimits } from './body-processor.ts';
import { parseArguments, urlencoded } from './urlencoded.ts';

const limits: BodyLimits = { argumentsMax: 5, depthMax: 10, partsMax: 10 };

const rows: readonly (readonly [
  text: string,
  args: readonly (readonly [string, string])[],
  isBroken: boolean,
])[] = [
  ['', [], false],
  ['a=1', [['a', '1']], false],
  ['a', [['a', '']], false],
  ['=b', [['', 'b']], false],
  ['=', [['', '']], false],
  ['&&&', [], false],
  [
    'a=1&&b=2&',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    false,
  ],
  ['a=b=c', [['a', 'b=c']], false],
  [
    'a=1&a=2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
    false,
  ],
  ['a%3db=c%26d+e', [['a=b', 'c&d e']], false],
  ['a=%2527', [['a', '%27']], false],
  ['a=%u0041', [['a', '%u0041']], true],
  [
    'a=%zz&b=%4',
    [
      ['a', '%zz'],
      ['b', '%4'],
    ],
    true,
  ],
  ['a=%00\0', [['a', '\0\0']], false],
  ['a;b=1', [['a;b', '1']], false],
  ['\xff=\xfe', [['\xff', '\xfe']], false],
];

for (const [text, args, isBroken] of rows) {
  test(`urlencoded: ${JSON.stringify(text)}`, () => {
    const body = parseArguments(text, limits);
    assert.deepEqual(
      body.args.map(({ name, value }) => [name, value]),
      args,
    );
    assert.equal(body.flags['URLENCODED_ERROR'] ?? 0, isBroken ? 1 : 0);
    assert.equal(body.error, '');
  });
}

const partialRows: readonly (readonly [text: string, isBroken: boolean])[] = [
  ['a=%4', false],
  ['a=%', false],
  ['a=%4z', true],
  ['a=%z1b', true],
];

for (const [text, isBroken] of partialRows) {
  test(`urlencoded: the cut of a partial body is ${isBroken ? 'not ' : ''}to blame for ${text}`, () => {
    const body = urlencoded.parse(text, '', limits, true);
    assert.equal(body.flags['URLENCODED_ERROR'] ?? 0, isBroken ? 1 : 0);
  });
}

for (const [count, truncatedBy] of [
  [4, ''],
  [5, ''],
  [6, 'arguments'],
  [100_000, 'arguments'],
] as const) {
  test(`urlencoded: ${count} arguments with room for 5`, () => {
    const body = parseArguments('a=1&'.repeat(count), limits);
    assert.equal(body.args.length, Math.min(count, 5));
    assert.equal(body.truncatedBy, truncatedBy);
  });
}

test('urlencoded: a name of 128 KiB is kept whole', () => {
  const body = parseArguments(`${'n'.repeat(131_072)}=1`, limits);
  assert.equal(body.args[0]?.name.length, 131_072);
});
