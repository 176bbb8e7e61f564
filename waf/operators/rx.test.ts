import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompiledOperator, OperatorMatch } from './operator.ts';
import { compileRx, rx } from './rx.ts';

function compiled(pattern: string): CompiledOperator {
  const operator = compileRx(pattern);
  assert.ok(typeof operator !== 'string', `${pattern}: ${String(operator)}`);
  return operator;
}

/** Pattern, value, captures or undefined when it must not match. */
const rows: readonly (readonly [pattern: string, value: string, captures: readonly string[] | undefined])[] =
  [
    ['', '', ['']],
    ['a|b', 'xb', ['b']],
    ['a|ab', 'ab', ['a']],
    ['(?:a|ab)c', 'abc', ['abc']],
    ['a*?b', 'aab', ['aab']],
    ['(a+?)(a*)', 'aaa', ['aaa', 'a', 'aa']],
    ['(a*)(a*)', 'aaa', ['aaa', 'aaa', '']],
    ['(a)|(b)', 'b', ['b', '', 'b']],
    ['(?:(a)|b)*', 'ab', ['ab', 'a']],
    ['x{2,3}', 'xxxx', ['xxx']],
    ['x{2,3}?', 'xxxx', ['xx']],
    ['x{2}', 'x', undefined],
    ['x{,2}', 'x{,2}', ['x{,2}']],
    ['x{a}', 'x{a}', ['x{a}']],
    ['(?:a?){3}b', 'ab', ['ab']],
    ['(?:a*)*b', 'aab', ['aab']],
    // Flags
    ['(?i)abc', 'xABc', ['ABc']],
    ['a(?i)b', 'aB', ['aB']],
    ['a(?i)b', 'AB', undefined],
    ['(?:a(?i)b)c', 'aBC', undefined],
    ['a(?i)b|c', 'C', ['C']],
    ['(?i:a)b', 'Ab', ['Ab']],
    ['(?i:a)b', 'AB', undefined],
    ['(?i)a(?-i)b', 'AB', undefined],
    ['(?i)\xe9', '\xc9', undefined],
    ['(?i)[^a]', 'A', undefined],
    ['(?i)[A-C]+', 'aBc', ['aBc']],
    ['(?i)\\x41', 'a', ['a']],
    ['(?x) a b # c\n c', 'abc', ['abc']],
    ['(?x)a\\ b[ ]', 'a b ', ['a b ']],
    ['(?x)a {2}', 'aa', ['aa']],
    // DOTALL, DOLLAR_ENDONLY, no MULTILINE
    ['a.b', 'a\nb', ['a\nb']],
    ['(?-s)a.b', 'a\nb', undefined],
    ['a$', 'a\n', undefined],
    ['^b', 'a\nb', undefined],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['(?m)a$', 'a\r\nb', undefined],
    ['a\\z', 'a\n', undefined],
    ['a\\Z', 'a\n', ['a']],
    ['a\\Z', 'a\nb', undefined],
    ['a\\Z', 'a\n\n', undefined],
    ['a\\Z', 'a', ['a']],
    ['\\Aa', 'ba', undefined],
    ['^$', '', ['']],
    ['^$', 'a', undefined],
    ['(?m)^$', 'a\n', ['']],
    // Boundaries
    ['\\bfoo\\b', 'a foo.', ['foo']],
    ['\\bfoo\\b', 'afoo foob', undefined],
    ['\\Bo\\b', 'go', ['o']],
    ['\\b\xe9', 'a\xe9', ['\xe9']],
    ['a\\b', 'a', ['a']],
    ['\\B', '', ['']],
    // Classes
    ['\\s', '\xa0', undefined],
    ['[\\s\\x0b]', '\v', ['\v']],
    ['\\h\\v', '\xa0\x85', ['\xa0\x85']],
    ['\\N', '\n', undefined],
    ['\\R', 'a\r\nb', ['\r\n']],
    ['[]a]', ']', [']']],
    ['[^]a]', ']b', ['b']],
    ['[a-]', '-', ['-']],
    ['[-a]', '-', ['-']],
    ['[\\w-.]', '-', ['-']],
    ['[\\d-x]', '-', ['-']],
    ['[[:alpha:][:digit:]]+', '_a1_', ['a1']],
    ['[[:^alpha:]]', 'a1', ['1']],
    ['[[:punct:]]', 'a~', ['~']],
    ['[[a]', '[', ['[']],
    ['[\\x{41}-\\x{43}]', 'B', ['B']],
    ['[\\101]', 'A', ['A']],
    ['[\\b]', '\b', ['\b']],
    ['[\\Q^]\\E]', ']', [']']],
    // Escapes
    ['\\x{3c}\\x3e\\074', '<><', ['<><']],
    ['\\0', '\0', ['\0']],
    ['\\377', '\xff', ['\xff']],
    ['\\o{74}\\cA\\e\\a\\f', '<\x01\x1b\x07\f', ['<\x01\x1b\x07\f']],
    ['\\Qa.b\\E+', 'a.bb', ['a.bb']],
    ['\\Qa.b', 'a.b', ['a.b']],
    ['\\"\\/\\<', '"/<', ['"/<']],
    // Groups
    ['(?<name>a)(?P<b>b)', 'ab', ['ab', 'a', 'b']],
    ['a(?#comment)b', 'ab', ['ab']],
    [
      '(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)',
      'abcdefghij',
      ['abcdefghij', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
    ],
    // Look-around with bounded work
    ['a(?!b)', 'abac', ['a']],
    ['(?<=x)a', 'axa', ['a']],
    ['(?<!x)a$', 'xa', undefined],
    ['a(?=(b))', 'ab', ['a', 'b']],
  ];

for (const [pattern, value, captures] of rows) {
  const title = captures === undefined ? 'does not match' : 'matches';
  test(`rx: ${JSON.stringify(pattern)} ${title} ${JSON.stringify(value)}`, () => {
    const operator = compiled(pattern);
    const match: OperatorMatch = { captures: [], captureCount: 0 };
    assert.equal(operator.test(value, null, pattern), captures !== undefined);
    assert.equal(operator.test(value, match, pattern), captures !== undefined);
    if (captures !== undefined) assert.deepEqual(match.captures.slice(0, match.captureCount), captures);
  });
}

test('rx: \\74 is a back-reference and refused, \\074 is a byte', () => {
  assert.match(String(compileRx('\\74')), /back-references/);
});

const refused: readonly (readonly [pattern: string, error: string])[] = [
  ['(a', 'pattern, byte 1: this "(" has no ")"'],
  ['a)', 'pattern, byte 2: this ")" closes nothing'],
  ['[a', 'pattern, byte 1: this "[" has no "]"'],
  ['[]', 'pattern, byte 1: this "[" has no "]"'],
  ['[z-a]', 'pattern, byte 2: the range "z-a" is out of order'],
  ['[[:foo:]]', 'pattern, byte 2: "[:foo:]" is no POSIX class'],
  ['*a', 'pattern, byte 1: "*" has nothing to repeat'],
  ['a|+', 'pattern, byte 3: "+" has nothing to repeat'],
  ['a**', 'pattern, byte 3: "a*" is already repeated'],
  ['a{3,2}', 'pattern, byte 2: "{3,2}" is out of order'],
  ['a{1001}', 'pattern, byte 2: "{1001}" repeats more than 1000 times'],
  ['a++', 'pattern, byte 2: possessive quantifiers are not supported'],
  ['(?>a)', 'pattern, byte 1: atomic groups are not supported'],
  ['(a)\\1', 'pattern, byte 4: back-references are not supported: they cannot be matched in linear time'],
  [
    '(?<n>a)\\k<n>',
    'pattern, byte 8: back-references are not supported: they cannot be matched in linear time',
  ],
  ['(*FAIL)', 'pattern, byte 1: backtracking verbs are not supported'],
  ['(?R)', 'pattern, byte 1: the flag "R" is not supported; expected i, m, s or x'],
  ['(?|a)', 'pattern, byte 1: the group "(?|a..." is not supported'],
  ['(?i', 'pattern, byte 1: the group "(?i..." is not supported'],
  ['a\\', 'pattern, byte 2: the pattern ends in a backslash'],
  ['\\y', 'pattern, byte 1: "\\y" is not supported in a pattern'],
  ['\\p{L}', 'pattern, byte 1: "\\p" is not supported in a pattern'],
  [
    '\\x{100}',
    'pattern, byte 1: the code 100 is no byte; patterns match bytes, so write a character above U+007F as its UTF-8 bytes',
  ],
  ['\\x{zz}', 'pattern, byte 1: a code in braces needs hexadecimal digits, such as \\x{3c}'],
  ['\u20ac', 'pattern, byte 1: a pattern is a byte string'],
  [
    'a*(?=b)',
    'the pattern has look-around beside repetition without a small bound and cannot be matched in linear time; bound its repetitions or split the rule',
  ],
];

for (const [pattern, error] of refused) {
  test(`rx: ${JSON.stringify(pattern)} is refused`, () => {
    assert.equal(compileRx(pattern), error);
  });
}

for (const [copies, isRefused] of [
  [19_998, false],
  [19_999, false],
  [20_000, true],
] as const) {
  test(`rx: ${copies} instructions and the final one ${isRefused ? 'are too many' : 'fit'}`, () => {
    const operator = compileRx(`(?:a{1000}){${Math.floor(copies / 1000)}}a{${copies % 1000}}`);
    assert.equal(typeof operator === 'string', isRefused);
    if (isRefused) assert.match(String(operator), /^the pattern needs more than 20000 instructions/);
  });
}

for (const [depth, isRefused] of [
  [198, false],
  [199, false],
  [200, true],
  [100_000, true],
] as const) {
  test(`rx: ${depth} nested groups ${isRefused ? 'are too many' : 'fit'}`, () => {
    const operator = compileRx('('.repeat(depth) + ')'.repeat(depth));
    assert.equal(typeof operator === 'string', isRefused);
  });
}

test('rx: a macro in a pattern is refused', () => {
  const context = { readDataFile: (): undefined => undefined };
  assert.equal(
    rx.compile('^%{tx.x}$', context),
    'macros in a pattern are not supported; compare with @streq or @within',
  );
  assert.notEqual(typeof rx.compile('%{[^}]+}', context), 'string');
  assert.notEqual(typeof rx.compile('%{2}', context), 'string');
});

/**
 * Patterns that stall a backtracking matcher, each on a value that stalls it. V8 needs from seconds to ages for every row; the
 * test's own time limit is what fails.
 */
const stalling: readonly (readonly [pattern: string, value: string, isMatch: boolean])[] = [
  ['^(?:a+)+$', `${'a'.repeat(100_000)}b`, false],
  ['(?:a|a)*b', 'a'.repeat(100_000), false],
  ['(?:a?){100}a{100}$', `${'a'.repeat(99)}b`, false],
  ['(.*)(.*)(.*)(.*)x', 'y'.repeat(100_000), false],
  ['\\s*\\s*\\s*;', ' '.repeat(100_000), false],
  ['^(?:[\\w-]+(?:/[\\w-]+)*,?)*$', `${'a/b,'.repeat(25_000)}!`, false],
  ['x.*y.*z', 'xy'.repeat(50_000), false],
  ['(?i)(?:<[^>]*)+on\\w+=', '<a '.repeat(30_000), false],
];

for (const [pattern, value, isMatch] of stalling) {
  test(`rx: ${pattern} is linear on ${value.length} bytes`, { timeout: 5000 }, () => {
    const operator = compiled(pattern);
    assert.equal(operator.test(value, null, pattern), isMatch);
    assert.equal(operator.test(value, { captures: [], captureCount: 0 }, pattern), isMatch);
  });
}

test('rx: captures of a match far inside a long value', { timeout: 5000 }, () => {
  const match: OperatorMatch = { captures: [], captureCount: 0 };
  const value = `${'ab '.repeat(30_000)}key=value${' cd'.repeat(30_000)}`;
  assert.equal(compiled('\\b(k\\w+)=(\\w+)').test(value, match, ''), true);
  assert.deepEqual(match.captures.slice(0, match.captureCount), ['key=value', 'key', 'value']);
});
