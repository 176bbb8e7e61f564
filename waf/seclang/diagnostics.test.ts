/**
 * What the compiler says, word for word and place for place.
 *
 * The cases of testdata/*.md are a heading, a block of rules, and a block with every diagnostic as `line:column: message`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compileRuleset, formatDiagnostic, type RulesetOptions } from '../engine.ts';

/** Every diagnostic of `text`, warnings behind errors. */
function diagnose(text: string, options: Partial<RulesetOptions> = {}): string[] {
  const result = compileRuleset({
    sources: [{ file: 'r.conf', text }],
    dataFiles: {},
    clock: { nowMs: () => 0 },
    ...options,
  });
  return (result.kind === 'refused' ? result.diagnostics : result.warnings).map(formatDiagnostic);
}

/** Texts that an editor would not keep as they are; the others are in testdata. */
const rows: readonly (readonly [subject: string, text: string, expected: readonly string[]])[] = [
  ['an empty text', '', []],
  ['comments and empty lines', '# a\n\n   # b\r\n\t\r\n', []],
  ['a byte order mark', '\xef\xbb\xbfSecMarker A', []],
  ['CRLF and continued lines', 'SecRule ARGS \\\r\n  "@rx \\\r\na" \\\r\n  "id:1,\\\r\n   pass"\r\n', []],
  [
    'blanks behind a backslash',
    'SecAction "id:1,\\  \n  pass"\nSecMarker B',
    ['r.conf:1:17: a backslash continues a line only as its last character; remove the blanks behind it'],
  ],
  [
    'a text that was decoded',
    'SecMarker \u2013',
    ['r.conf:1:11: expected bytes, met the character "\u2013"; read rule files as latin1, not as UTF-8'],
  ],
];

const folder = new URL('./testdata/', import.meta.url);

for (const file of readdirSync(folder)) {
  describe(`diagnostics: ${file}`, () => {
    const sections = readFileSync(new URL(file, folder), 'utf8').split(/^## /m).slice(1);
    for (const section of sections) {
      it(section.slice(0, section.indexOf('\n')), () => {
        const blocks = /^```seclang\n(.*?)\n```\n```diagnostics\n(.*?)```$/ms.exec(section);
        assert(blocks !== null, 'a block of rules and a block of diagnostics');
        const expected = blocks[2]!.split('\n').slice(0, -1);
        assert.deepEqual(
          diagnose(blocks[1]!).map((line) => line.replace(/^r\.conf:/, '')),
          expected,
        );
      });
    }
  });
}

describe('diagnostics', () => {
  for (const [subject, text, expected] of rows) {
    it(subject, () => assert.deepEqual(diagnose(text), expected));
  }

  it('a data file: a name that was not given is an error at the argument', () => {
    const [message = ''] = diagnose('SecRule ARGS "@pmFromFile words.data" "id:1"');
    assert.match(message, /^r\.conf:1:27: @pmFromFile: .*words\.data/);
    assert.deepEqual(
      diagnose('SecRule ARGS "@pmFromFile words.data" "id:1"', { dataFiles: { 'words.data': 'a\n' } }),
      [],
    );
  });

  it('a broken pattern: the place is the argument', () => {
    const [message = ''] = diagnose('SecRule ARGS "@rx a(" "id:1"');
    assert.match(message, /^r\.conf:1:19: @rx: /);
    const [selector = ''] = diagnose('SecRule ARGS:/a(/ "@rx a" "id:1"');
    assert.match(selector, /^r\.conf:1:9: selector of ARGS: /);
  });

  it('many mistakes: at most 500 are listed', () => {
    const messages = diagnose('Nonsense\n'.repeat(502));
    assert.equal(messages.length, 501);
    assert.equal(messages[500], 'r.conf:500:1: 2 more errors are not listed');
    assert.equal(diagnose('Nonsense\n'.repeat(500)).length, 500);
  });
});

const includeRows: readonly (readonly [
  subject: string,
  files: Record<string, string>,
  expected: readonly string[],
])[] = [
  [
    'a source named as written',
    { 'a.conf': 'Include b.conf\nSecAction "id:1"', 'b.conf': 'SecAction "id:1"' },
    ['a.conf:2:15: the id 1 belongs to the rule at b.conf:1:1 already; ids are unique'],
  ],
  [
    'a source relative to the including one',
    { '/etc/a.conf': 'Include rules/b.conf', '/etc/rules/b.conf': 'SecMarker A' },
    [],
  ],
  [
    'a glob, in order of names',
    {
      'a.conf': 'Include r/*.conf',
      'r/2.conf': 'SecAction "id:1"',
      'r/1.conf': 'SecAction "id:1"',
      'r/x.data': 'SecMarker A',
    },
    ['r/2.conf:1:15: the id 1 belongs to the rule at r/1.conf:1:1 already; ids are unique'],
  ],
  [
    'an unknown file',
    { 'a.conf': 'SecMarker A\nInclude rulez.conf', 'rules.conf': '' },
    [
      'a.conf:2:9: cannot include "rulez.conf": no rule file of that name was given to the engine; did you mean "rules.conf"?',
    ],
  ],
  ['without a name', { 'a.conf': 'Include' }, ['a.conf:1:1: expected "Include FILE", met 0 words']],
  [
    'a circle',
    { 'a.conf': 'Include b.conf', 'b.conf': 'Include c.conf', 'c.conf': 'Include b.conf' },
    ['c.conf:1:9: files include each other in a circle or too deep: a.conf -> b.conf -> c.conf -> b.conf'],
  ],
  [
    'a circle that nobody enters',
    { 'a.conf': 'Include b.conf', 'b.conf': 'Include a.conf', 'c.conf': '' },
    [
      'a.conf:1:1: this file is never read: it is included only by files that it includes; remove one Include',
      'b.conf:1:1: this file is never read: it is included only by files that it includes; remove one Include',
    ],
  ],
  [
    'inside a chain',
    { 'a.conf': 'SecRule ARGS a "id:1,chain"\nInclude b.conf', 'b.conf': 'SecRule ARGS b' },
    [
      'a.conf:2:1: expected the next SecRule of the chain from a.conf:1:1, met Include; remove "chain" there or add the rule',
      'b.conf:1:1: expected an id among the actions of the rule; add "id:..." with a number that no other rule has',
    ],
  ],
];

/** f1 includes f2 includes f3 ...; `count` files in all. */
function nestedIncludes(count: number): { file: string; text: string }[] {
  return Array.from({ length: count }, (_, i) => ({
    file: `f${i + 1}.conf`,
    text: i + 1 === count ? 'SecMarker A' : `Include f${i + 2}.conf`,
  }));
}

describe('Include', () => {
  for (const [subject, files, expected] of includeRows) {
    it(subject, () => {
      const sources = Object.entries(files).map(([file, text]) => ({ file, text }));
      assert.deepEqual(diagnose('', { sources }), expected);
    });
  }

  it('depth: 16 files deep are read, 17 are not', () => {
    assert.deepEqual(diagnose('', { sources: nestedIncludes(15) }), []);
    assert.deepEqual(diagnose('', { sources: nestedIncludes(16) }), []);
    assert.equal(diagnose('', { sources: nestedIncludes(17) }).length, 2);
  });
});
