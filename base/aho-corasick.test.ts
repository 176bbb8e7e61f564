import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AhoCorasick, compileAhoCorasick } from './aho-corasick.ts';
import { createSeededRandom } from './random.ts';

function findAll(automaton: AhoCorasick, text: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  automaton.forEach(text, (pattern, end) => found.push([pattern, end]));
  return found;
}

for (const [patterns, text, expected] of [
  [
    ['he', 'she', 'his', 'hers'],
    'ushers',
    [
      [1, 4],
      [0, 4],
      [3, 6],
    ],
  ],
  [
    ['a', 'aa', 'aaa'],
    'aaa',
    [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
      [1, 3],
      [0, 3],
    ],
  ],
  [['abcd', 'bc'], 'abce', [[1, 3]]],
  [['abcd', 'bcx'], 'abcx', [[1, 4]]],
  [
    ['abcde', 'c'],
    'abcde',
    [
      [1, 3],
      [0, 5],
    ],
  ],
  [
    ['x', 'x'],
    'x',
    [
      [0, 1],
      [1, 1],
    ],
  ],
  [
    ['ab'],
    'ababab',
    [
      [0, 2],
      [0, 4],
      [0, 6],
    ],
  ],
  [['ab'], 'aab', [[0, 3]]],
  [
    ['\x00', '\xff\xfe'],
    'a\x00\xff\xfe',
    [
      [0, 2],
      [1, 4],
    ],
  ],
  [['select', 'union'], '', []],
  [['select', 'union'], 'selec', []],
  [[], 'anything', []],
] as const) {
  test(`aho-corasick: ${JSON.stringify(patterns)} in ${JSON.stringify(text)}`, () => {
    const automaton = compileAhoCorasick(patterns, { ignoreCase: false });
    assert.deepEqual(findAll(automaton, text), expected);
    assert.equal(automaton.has(text), expected.length > 0);
    const first = automaton.first(text);
    assert.deepEqual(first === undefined ? [] : [first.pattern, first.end], expected[0] ?? []);
    const marks = new Uint8Array(patterns.length);
    automaton.mark(text, marks);
    assert.deepEqual(
      [...marks.keys()].filter((pattern) => marks[pattern] === 1),
      [...new Set(expected.map(([pattern]) => pattern))].sort(),
    );
  });
}

for (const [pattern, text, ignoreCase, isFound] of [
  ['select', 'SeLeCt', true, true],
  ['SELECT', 'select', true, true],
  ['select', 'SELECT', false, false],
  ['SELECT', 'SELECT', false, true],
  ['@[`{', '@[`{', true, true],
  ['@', '`', true, false],
  ['[', '{', true, false],
  ['\xe4', '\xc4', true, false],
  ['k', '\u212a', true, false],
  ['\x00', '\u0100', false, false],
  ['a', '\u0161', false, false],
  ['a', '\u{1f600}a', false, true],
] as const) {
  const how = ignoreCase ? 'ignoring case' : 'exactly';
  test(`aho-corasick: ${JSON.stringify(pattern)} is ${isFound ? '' : 'not '}in ${JSON.stringify(text)} ${how}`, () => {
    assert.equal(compileAhoCorasick([pattern], { ignoreCase }).has(text), isFound);
  });
}

test('aho-corasick: a pattern may have all 256 bytes', () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const automaton = compileAhoCorasick([all], { ignoreCase: false });
  assert.deepEqual(findAll(automaton, `\x00${all}${all.slice(0, 255)}`), [[0, 257]]);
});

test('aho-corasick: a character above U+00FF interrupts a pattern', () => {
  const automaton = compileAhoCorasick(['ab'], { ignoreCase: false });
  assert.equal(automaton.has('a\u0100b'), false);
});

test('aho-corasick: marking leaves marks that were there', () => {
  const marks = Uint8Array.of(1, 0);
  compileAhoCorasick(['a', 'b'], { ignoreCase: false }).mark('b', marks);
  assert.deepEqual([...marks], [1, 1]);
});

test('aho-corasick: a thousand nested patterns end at one place', () => {
  const patterns = Array.from({ length: 1_000 }, (_, length) => 'a'.repeat(length + 1));
  const automaton = compileAhoCorasick(patterns, { ignoreCase: false });
  const marks = new Uint8Array(1_000);
  automaton.mark('a'.repeat(999), marks);
  assert.equal(marks.indexOf(0), 999);
  assert.deepEqual({ ...automaton.first('ba') }, { pattern: 0, end: 2 });
});

for (const ignoreCase of [false, true]) {
  test(`aho-corasick: agrees with indexOf on 500 random sets, ${ignoreCase ? 'ignoring case' : 'exactly'} (seed 71)`, () => {
    const random = createSeededRandom(71);
    const draw = (length: number): string => {
      let text = '';
      for (let at = 0; at < length; at++) text += 'aAbBc\x80'[random.uint32() % 6]!;
      return text;
    };
    const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
    let occurrences = 0;
    for (let round = 0; round < 500; round++) {
      const patterns = Array.from({ length: 1 + (random.uint32() % 8) }, () =>
        draw(1 + (random.uint32() % 5)),
      );
      const text = draw(random.uint32() % 40);
      const expected = new Set<string>();
      for (const [index, pattern] of patterns.entries()) {
        for (let end = pattern.length; end <= text.length; end++) {
          if (fold(text.slice(end - pattern.length, end)) === fold(pattern)) expected.add(`${index} ${end}`);
        }
      }
      const found = findAll(compileAhoCorasick(patterns, { ignoreCase }), text);
      assert.deepEqual(new Set(found.map(([pattern, end]) => `${pattern} ${end}`)), expected);
      assert.equal(found.length, expected.size);
      occurrences += found.length;
    }
    assert(occurrences > 1_000, String(occurrences));
  });
}

for (const [pattern, message] of [
  ['', /an empty pattern would match everywhere/],
  ['\u0100', /has a character above U\+00FF: it is not latin1/],
] as const) {
  test(`aho-corasick: the pattern ${JSON.stringify(pattern)} is refused`, () => {
    assert.throws(() => compileAhoCorasick(['ok', pattern], { ignoreCase: false }), message);
  });
}

test('aho-corasick: more than one automaton can hold is refused', () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const patterns = [all, 'a'.repeat(300_000)];
  assert.throws(() => compileAhoCorasick(patterns, { ignoreCase: false }), /too large for one automaton/);
});
