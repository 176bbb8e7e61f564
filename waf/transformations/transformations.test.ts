import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transformations } from './catalog.ts';
import { scratchOf } from './scratch.ts';
import { utf8Length } from './utf8.ts';

/** Word, input, output: what the shared vectors leave out. The same text twice means "the same string comes back". */
const rows: readonly (readonly [word: string, input: string, output: string])[] = [
  ['base64Decode', 'QQ', 'A'],
  ['base64Decode', 'Q', ''],
  ['base64Decode', 'QUJD!QUJD', 'ABC'],
  ['base64Decode', '!', ''],
  ['base64DecodeExt', 'QU=J D', 'ABC'],
  ['base64DecodeExt', '====', ''],
  ['base64Encode', '\xff\xfe', '//4='],
  ['cmdLine', 'ls', 'ls'],
  ['cmdLine', 'a  b', 'a b'],
  ['cmdLine', 'c^u\'r"l\\ -o ,; /etc (x)', 'curl -o/etc(x)'],
  ['cmdLine', '   ', ' '],
  ['cmdLine', '/(', '/('],
  ['compressWhitespace', 'a b c', 'a b c'],
  ['compressWhitespace', '\t', ' '],
  ['compressWhitespace', 'a \n b\xa0c', 'a b\xa0c'],
  ['removeWhitespace', 'a\xc2\xa0b\xa0c d', 'abcd'],
  ['removeWhitespace', 'a\xc2 \xa0b', 'a\xc2b'],
  ['removeWhitespace', '\xc2', '\xc2'],
  ['cssDecode', '\\', ''],
  ['cssDecode', '\\3c\tb', '<b'],
  ['cssDecode', '\\00003cb', '<b'],
  ['cssDecode', 'a\\\nb', 'ab'],
  ['jsDecode', '\\u003c\\x3c\\74\\uff1c', '<<<<'],
  ['jsDecode', '\\400', ' 0'],
  ['jsDecode', '\\x3', 'x3'],
  ['escapeSeqDecode', '\\400', '\0'],
  ['escapeSeqDecode', '\\u0041', 'u0041'],
  ['hexDecode', '4', ''],
  ['hexEncode', '\0\xff', '00ff'],
  ['sqlHexDecode', "select 0X4142 and 0x4 and 0xzz and x'41'", "select AB and 0x4 and 0xzz and x'41'"],
  ['sqlHexDecode', '0x', '0x'],
  ['htmlEntityDecode', '&#60&#x3c;&#X3C;&#060;', '<<<<'],
  ['htmlEntityDecode', 'javascript&colon;alert&lpar;1&rpar;', 'javascript:alert(1)'],
  ['htmlEntityDecode', '&colon &COLON; &LT &Lt; &;&#;&#x;', '&colon &COLON; < < &;&#;&#x;'],
  ['htmlEntityDecode', 'a & b &', 'a & b &'],
  ['htmlEntityDecode', '&VerticalLine;&VerticalLines;', '|&VerticalLines;'],
  ['lowercase', '\xc0A', '\xc0a'],
  ['uppercase', 'a\xe0Z{', 'A\xe0Z{'],
  ['uppercase', 'AZ', 'AZ'],
  ['length', '\xff\xff', '2'],
  ['none', 'x', 'x'],
  ['normalizePath', '/a/../../b', '/b'],
  ['normalisePath', '//', '/'],
  ['normalisePath', '/..', '/'],
  ['normalisePath', '/a/.hidden', '/a/.hidden'],
  ['normalisePath', '...', '...'],
  ['normalizePathWin', '\\a\\..\\b', '/b'],
  ['removeComments', 'a/**//**/b', 'ab'],
  ['removeComments', 'a<!-- x -->b', 'ab'],
  ['removeComments', 'a<!-- x', 'a '],
  ['removeComments', 'a--b', 'a'],
  ['removeComments', 'a#b', 'a'],
  ['removeComments', 'a-b */', 'a-b */'],
  ['removeCommentsChar', 'a<!--b-->c--d#e', 'abcde'],
  ['removeCommentsChar', 'a<!-b', 'a<!-b'],
  ['replaceComments', '/*/', ' '],
  ['replaceComments', 'a/**/b/**/c', 'a b c'],
  ['removeNulls', 'a\0b', 'ab'],
  ['replaceNulls', 'a\0b', 'a b'],
  ['trim', '\v\f', ''],
  ['trimLeft', '\n', ''],
  ['trimRight', '\n', ''],
  ['urlDecode', '%u0041%41', '%u0041A'],
  ['urlDecode', '%4', '%4'],
  ['urlDecode', '%25%32%35', '%25'],
  ['urlDecodeUni', '%u0041%41+', 'AA '],
  ['urlDecodeUni', '%U003c', '<'],
  ['urlDecodeUni', '%uff1c%uff5f', '<\x5f'],
  ['urlDecodeUni', '%u004', '%u004'],
  ['urlEncode', 'a~\xff', 'a%7e%ff'],
  ['utf8toUnicode', '\xef\xbc\x9c', '%uff1c'],
  ['utf8toUnicode', '\xf0\x9f\x98\x80', '%u1f600'],
  [
    'utf8toUnicode',
    '\xc0\xbc\xe0\x80\xbc\xed\xa0\x80\xf4\x90\x80\x80',
    '\xc0\xbc\xe0\x80\xbc\xed\xa0\x80\xf4\x90\x80\x80',
  ],
  ['utf8toUnicode', 'a\xc3', 'a\xc3'],
  ['phpArgsNames', 'a[ b', 'a_ b'],
  ['phpArgsNames', 'a[b][c', 'a[b]'],
];

for (const [word, input, output] of rows) {
  test(`${word}: ${JSON.stringify(input)} becomes ${JSON.stringify(output)}`, () => {
    assert.equal(transformations.get(word.toLowerCase())?.apply(input), output);
  });
}

const digests: readonly string[] = ['md5', 'sha1', 'length', 'hexencode', 'base64encode', 'urlencode'];

test('transformations: every word takes the empty value, one byte of each kind and 64 KiB of hostile text', () => {
  const openers = [
    '%',
    '\\',
    '&',
    '/*',
    '+',
    '\0',
    ' ',
    '0x',
    '/../',
    '\\..\\',
    '&#',
    '%u',
    '\\u',
    '\xe2',
    '[',
  ];
  assert.ok(transformations.size >= 38);
  for (const [name, word] of transformations) {
    assert.equal(typeof word.apply(''), 'string', name);
    for (let code = 0; code < 256; code++) word.apply(String.fromCharCode(code));
    for (const opener of openers) {
      const value = opener.repeat(65536 / opener.length);
      const got = word.apply(value);
      assert.ok(
        digests.includes(name) || got.length <= value.length * 3,
        `${name} of ${opener}: ${got.length}`,
      );
      for (let i = 0; i < got.length; i += 997) assert.ok(got.charCodeAt(i) < 256, name);
    }
  }
});

test('transformations: names are lower case in the catalog and both spellings of normalisePath work', () => {
  for (const name of transformations.keys()) assert.equal(name, name.toLowerCase());
  assert.equal(transformations.get('normalizepath'), transformations.get('normalisepath'));
  assert.equal(transformations.get('normalizepathwin'), transformations.get('normalisepathwin'));
  assert.equal(transformations.has('nosuch'), false);
});

test('scratch: what is larger than the bound is not kept', () => {
  const limit = 1024 * 1024;
  const kept = scratchOf(limit);
  assert.equal(scratchOf(limit - 1), kept);
  assert.equal(scratchOf(limit), kept);
  const large = scratchOf(limit + 1);
  assert.equal(large.length, limit + 1);
  assert.notEqual(scratchOf(limit + 1), large);
  assert.equal(scratchOf(1), kept);
});

const characters: readonly (readonly [text: string, length: number])[] = [
  ['a', 1],
  ['\x7f', 1],
  ['\x80', 0],
  ['\xc1\xbf', 0],
  ['\xc2\x80', 2],
  ['\xc2', 0],
  ['\xc2a', 0],
  ['\xe0\x9f\xbf', 0],
  ['\xe0\xa0\x80', 3],
  ['\xed\x9f\xbf', 3],
  ['\xed\xa0\x80', 0],
  ['\xef\xbf', 0],
  ['\xf0\x8f\xbf\xbf', 0],
  ['\xf0\x90\x80\x80', 4],
  ['\xf4\x8f\xbf\xbf', 4],
  ['\xf4\x90\x80\x80', 0],
  ['\xf0\x90\x80', 0],
  ['\xf5\x80\x80\x80', 0],
  ['\xff', 0],
];

for (const [text, length] of characters) {
  test(`utf8Length: ${Buffer.from(text, 'latin1').toString('hex')} has ${length} bytes`, () => {
    assert.equal(utf8Length(text, 0), length);
  });
}
