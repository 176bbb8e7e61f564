import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCases } from './case-file.ts';
import { encodeForJson, encodeForUrl, unescapeText } from './encoding.ts';

describe('case file', () => {
  it('a value is a case in each place', () => {
    const cases = parseCases('# f\n## g\nin: query, json\n```lines\na\nb\n```\n', []);
    assert.deepEqual(
      cases.map(({ place, value, name }) => [place, value, name]),
      [
        ['query', 'a', 'query: a'],
        ['json', 'a', 'json: a'],
        ['query', 'b', 'query: b'],
        ['json', 'b', 'json: b'],
      ],
    );
  });

  it('a text is one value, in UTF-8, in the default places', () => {
    const [only, ...rest] = parseCases('# f\n## g\n```text\né\n2\n```\n', ['form']);
    assert.deepEqual([only?.value, only?.place, rest.length], ['\xc3\xa9\n2', 'form', 0]);
  });

  for (const [what, text] of [
    ['no family', '## g\nin: query\n```lines\na\n```\n'],
    ['no group', '# f\n'],
    ['no value', '# f\n## g\nin: query\n'],
    ['an unknown encoding', '# f\n## g\nin: query\nas: rot13\n```lines\na\n```\n'],
  ] as const) {
    it(`${what} is refused`, () => assert.throws(() => parseCases(text, [])));
  }
});

describe('encoding', () => {
  const rows = [
    [encodeForUrl("a b'\xc3\xa9+", 'plain'), "a%20b'%C3%A9%2B"],
    [encodeForUrl("' <", 'url-twice'), '%2527%2520%253C'],
    [encodeForUrl('a<', 'percent-all'), '%61%3c'],
    [encodeForUrl('a<', 'unicode'), 'a%u003c'],
    [encodeForJson('a"\n', 'plain'), '"a\\"\\n"'],
    [encodeForJson('a<', 'json-unicode'), '"\\u0061\\u003c"'],
    [unescapeText('a\\n\\x00\\\\n'), 'a\n\0\\n'],
  ] as const;
  for (const [met, expected] of rows) {
    it(`gives ${JSON.stringify(expected)}`, () => assert.equal(met, expected));
  }

  it('an encoding that a place does not know is refused', () => {
    assert.throws(() => encodeForUrl('a', 'json-unicode'), /no URL knows/);
    assert.throws(() => encodeForJson('a', 'unicode'), /no JSON knows/);
  });
});
