import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operators } from './catalog.ts';
import type { CompiledOperator, OperatorContext, OperatorMatch } from './operator.ts';

const files: ReadonlyMap<string, string> = new Map([
  ['words.data', '# comment\n  # another\n\nfoo bar\r\n lead\n'],
  ['more.data', 'baz'],
  ['empty.data', '# nothing\n'],
  ['wide.data', '\u20ac'],
  ['list.ip', '# private\n10.0.0.0/8\n\n 2001:db8::/32 \n'],
  ['bad.ip', '10.0.0.0/8\nnonsense\n'],
]);

const context: OperatorContext = { readDataFile: (path) => files.get(path) };

function compile(name: string, argument: string): CompiledOperator | string {
  const word = operators.get(name.toLowerCase());
  assert.ok(word, name);
  return word.compile(argument, context);
}

/** Word, argument, value, the text captured or undefined when it must not match. */
const rows: readonly (readonly [
  name: string,
  argument: string,
  value: string,
  captured: string | undefined,
])[] = [
  ['streq', 'a', 'A', undefined],
  ['beginsWith', 'ab', 'abc', 'ab'],
  ['endsWith', 'bc', 'abc', 'bc'],
  ['contains', 'b', 'abc', 'b'],
  ['contains', 'B', 'abc', undefined],
  ['within', '|a|b|', 'b', 'b'],
  ['within', '|a|b|', '', ''],
  ['within', 'ab', 'abc', undefined],
  ['containsWord', 'foo', 'foobar foo_ (foo)', 'foo'],
  ['containsWord', 'foo', 'foobar foo_ foo1', undefined],
  ['containsWord', 'aa', 'aaa aa', 'aa'],
  ['eq', '5', '5abc', '5abc'],
  ['eq', '5', ' +5', ' +5'],
  ['eq', '-5', '-5', '-5'],
  ['eq', '0', '--5', '--5'],
  ['gt', '9007199254740991', '99999999999999999999999', '99999999999999999999999'],
  ['lt', '1', '', ''],
  ['ge', '0x10', '0', '0'],
  ['pm', 'foo  bar', 'xxBARxx', 'BAR'],
  ['pm', 'a|41 42|b', 'xaABb', 'aABb'],
  ['pm', '|20|x', 'a x', ' x'],
  ['pm', 'a||b |zz|', 'a||b', 'a||b'],
  ['pm', '\xc9', '\xe9', undefined],
  ['pmFromFile', 'words.data', 'a FOO BAR b', 'FOO BAR'],
  ['pmFromFile', 'words.data', 'lead', undefined],
  ['pmFromFile', 'words.data', 'x lead', ' lead'],
  ['pmFromFile', 'words.data', '# comment', undefined],
  ['pmf', 'words.data more.data', 'bazaar', 'baz'],
  ['ipMatch', '192.0.2.0/24,2001:db8::1', '192.0.2.9', '192.0.2.9'],
  ['ipMatch', '192.0.2.0/24, 2001:db8::1', '::ffff:192.0.2.9', '::ffff:192.0.2.9'],
  ['ipMatch', '::ffff:192.0.2.0/120', '192.0.2.9', '192.0.2.9'],
  ['ipMatch', '0.0.0.0/0', '2001:db8::1', undefined],
  ['ipMatch', '::/0', '192.0.2.9', undefined],
  ['ipMatch', '192.0.2.9', '192.0.2.9 ', undefined],
  ['ipMatch', '192.0.2.9', '', undefined],
  ['ipMatchFromFile', 'list.ip', '10.255.0.1', '10.255.0.1'],
  ['ipMatchF', 'list.ip', '2001:db8:ffff::1', '2001:db8:ffff::1'],
  ['ipMatchF', 'list.ip', '11.0.0.1', undefined],
  ['validateByteRange', '32-126, 9,10', 'a\tb\x7f', '\x7f'],
  ['validateByteRange', '0-255', '\0\xff', undefined],
  ['validateByteRange', '1-255', '', undefined],
  ['validateByteRange', '65', 'AB', 'B'],
  ['validateUrlEncoding', '', 'a%2', '%2'],
  ['validateUrlEncoding', '', 'a%2g', '%2g'],
  ['validateUrlEncoding', '', '%41%25%', '%'],
  ['validateUrlEncoding', '', 'plain', undefined],
  ['validateUtf8Encoding', '', 'a\xc3\xa9', undefined],
  ['validateUtf8Encoding', '', 'a\xc0\xafb', '\xc0\xafb'],
  ['validateUtf8Encoding', '', '\xed\xa0\x80', '\xed\xa0\x80'],
  ['unconditionalMatch', '', '', ''],
  ['noMatch', '', 'x', undefined],
  ['verifyCC', '\\d{13,16}', 'card 4111111111111111.', '4111111111111111'],
  ['verifyCC', '\\d{13,16}', 'card 4111111111111112.', undefined],
  ['verifyCC', '[\\d -]{12,30}', '4111-1111 1111-1111', '4111-1111 1111-1111'],
  ['verifyCC', '(?:^|\\D)(\\d{16})(?:\\D|$)', '4111111111111112 4111111111111111', ' 4111111111111111'],
  ['verifyCC', '\\d+', '0', undefined],
  ['verifyCC', '\\d+', '00000000000', undefined],
  ['verifyCC', '\\d+', '000000000000', '000000000000'],
  ['verifyCC', '\\d+', '0000000000000000000', '0000000000000000000'],
  ['verifyCC', '\\d+', '00000000000000000000', undefined],
  ['detectSQLi', '', '1 or 1=1', 'tautology'],
  ['detectXSS', '', '<script>', 'script-element'],
];

for (const [name, argument, value, captured] of rows) {
  const title = captured === undefined ? 'does not match' : 'matches';
  test(`${name}: "${argument}" ${title} ${JSON.stringify(value)}`, () => {
    const operator = compile(name, argument);
    assert.ok(typeof operator !== 'string', String(operator));
    assert.equal(operator.name, operators.get(name.toLowerCase())?.name);
    const match: OperatorMatch = { captures: ['stale', 'stale'], captureCount: 2 };
    assert.equal(operator.test(value, null, argument), captured !== undefined);
    assert.equal(operator.test(value, match, argument), captured !== undefined);
    if (captured === undefined) return;
    assert.equal(match.captureCount, 1);
    assert.equal(match.captures[0], captured);
  });
}

const refused: readonly (readonly [name: string, argument: string, error: string])[] = [
  ['pm', ' ', 'the list of phrases is empty; expected at least one'],
  ['pmFromFile', 'no.data', 'data file "no.data" was not found; expected a file beside the rules'],
  ['pmFromFile', 'more.data no.data', 'data file "no.data" was not found; expected a file beside the rules'],
  ['pmFromFile', 'empty.data', 'the list of phrases is empty; expected at least one'],
  ['pmFromFile', 'wide.data', 'the phrases are no byte strings; read the file as latin1'],
  ['ipMatch', '', 'the list is empty; expected at least one address or prefix'],
  [
    'ipMatch',
    '10.0.0.0/8,x',
    '"x" is no address; expected for example 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32',
  ],
  ['ipMatch', '10.0.0.0/33', '"10.0.0.0/33" has no prefix length that fits; expected 0 to 32'],
  ['ipMatch', '::/129', '"::/129" has no prefix length that fits; expected 0 to 128'],
  ['ipMatch', '10.0.0.0/', '"10.0.0.0/" has no prefix length that fits; expected 0 to 32'],
  [
    'ipMatch',
    '::ffff:10.0.0.0/90',
    '"::ffff:10.0.0.0/90" is an IPv4-mapped prefix of less than 96 bits; write it as IPv4',
  ],
  ['ipMatchFromFile', 'no.ip', 'data file "no.ip" was not found; expected a file beside the rules'],
  [
    'ipMatchFromFile',
    'bad.ip',
    'bad.ip:2: "nonsense" is no address; expected for example 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32',
  ],
  ['validateByteRange', '1-x', '"1-x" is no byte range; expected numbers such as 32-126,9,10'],
  ['validateByteRange', '0-256', '256 is no byte; expected 0 to 255'],
  ['validateByteRange', '9-1', 'the range 9-1 is empty; expected 1-9'],
  ['verifyCC', '(', 'pattern, byte 1: this "(" has no ")"'],
  ['verifyCC', '\\d+(?=x)', 'look-around is not supported in a pattern of @verifyCC'],
];

for (const [name, argument, error] of refused) {
  test(`${name}: "${argument}" is refused`, () => {
    assert.equal(compile(name, argument), error);
  });
}

test('operators: the argument of the test counts, not the one of the compilation, where macros are allowed', () => {
  for (const [name, value, argument] of [
    ['eq', '7', '7'],
    ['lt', '6', '7'],
    ['streq', 'x', 'x'],
    ['within', 'x', 'xyz'],
    ['endsWith', 'abc', 'bc'],
  ] as const) {
    const operator = compile(name, '%{tx.limit}');
    assert.ok(typeof operator !== 'string');
    assert.equal(operator.test(value, null, argument), true, name);
  }
});

test('pm: phrases of 1 MiB together fit, one byte more does not', () => {
  const phrase = 'a'.repeat(1024);
  const fits = Array.from({ length: 1024 }, () => phrase).join(' ');
  assert.equal(typeof compile('pm', fits), 'object');
  assert.equal(
    compile('pm', `${fits} b`),
    'the phrases have 1048577 bytes together; expected at most 1048576',
  );
});

test('verifyCC: only the first 256 candidates of a value are looked at', () => {
  const wrong = '4111111111111112 ';
  for (const [count, isFound] of [
    [254, true],
    [255, true],
    [256, false],
  ] as const) {
    const operator = compile('verifyCC', '\\d{16}');
    assert.ok(typeof operator !== 'string');
    assert.equal(
      operator.test(`${wrong.repeat(count)}4111111111111111`, null, ''),
      isFound,
      `${count} before it`,
    );
  }
});
