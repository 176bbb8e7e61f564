import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfigDocument } from './document.ts';
import { formatOrigin } from './place.ts';

/** The tree, or the lines of the problems. */
function read(text: string): unknown {
  const result = parseConfigDocument('c.yaml', text);
  if (result.kind === 'document') return result.document.tree;
  return result.problems.map((problem) => `${formatOrigin(problem.origin)}: ${problem.message}`).toSorted();
}

describe('document: read', () => {
  const rows: readonly { name: string; text: string; tree: unknown }[] = [
    { name: 'empty file', text: '', tree: {} },
    { name: 'comments only', text: '# nothing\n', tree: {} },
    { name: 'null', text: 'null', tree: {} },
    { name: 'on and off are words', text: 'a: on\nb: off\nc: no', tree: { a: 'on', b: 'off', c: 'no' } },
    { name: 'anchors and aliases', text: 'a: &x [1]\nb: *x', tree: { a: [1], b: [1] } },
    { name: 'times stay text', text: 'a: 2027-01-31T12:00:00Z', tree: { a: '2027-01-31T12:00:00Z' } },
    {
      name: 'brackets in quotes and comments',
      text: `a: "${'['.repeat(99)}" # ${'{'.repeat(99)}`,
      tree: { a: '['.repeat(99) },
    },
    { name: 'a ruler of dashes', text: `# ${'-'.repeat(110)}\na: 1`, tree: { a: 1 } },
    { name: '64 levels', text: `a: ${'['.repeat(64)}${']'.repeat(64)}`, tree: { a: nested(64) } },
  ];
  for (const { name, text, tree } of rows) test(name, () => assert.deepEqual(read(text), tree));
});

function nested(levels: number): unknown {
  let value: unknown[] = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

describe('document: refused', () => {
  const rows: readonly { name: string; text: string; problems: readonly (string | RegExp)[] }[] = [
    {
      name: 'duplicate keys, all of them',
      text: 'a: 1\nb:\n  c: 1\n  c: 2\na: 3\n',
      problems: [
        'c.yaml:4:3: duplicate key "c"; it stands already in line 3',
        'c.yaml:5:1: duplicate key "a"; it stands already in line 1',
      ],
    },
    {
      name: 'two documents',
      text: 'a: 1\n---\nb: 2\n',
      problems: [/^c\.yaml:\d:1: a second document begins here/],
    },
    { name: 'tab as indent', text: 'a:\n\tb: 1\n', problems: [/^c\.yaml:2:1: a tab indents this line/] },
    {
      name: 'open bracket',
      text: 'a: [1, 2\nb: 3\n',
      problems: [/^c\.yaml:2:\d: not valid YAML: Flow sequence/],
    },
    {
      name: 'unknown tag',
      text: 'a: !!js/function x\n',
      problems: ['c.yaml:1:4: the tag "!!js/function" has no meaning here'],
    },
    {
      name: 'a list at the top',
      text: '- a\n- b\n',
      problems: [/^c\.yaml:1:1: expected keys with values at the top/],
    },
    { name: 'a text at the top', text: 'hello', problems: [/^c\.yaml:1:1: expected keys/] },
    {
      name: 'unknown alias',
      text: 'a: *x',
      problems: ['c.yaml:1:4: *x stands for nothing; expected &x further up'],
    },
    {
      name: '65 levels',
      text: `\n\na: ${'['.repeat(65)}`,
      problems: ['c.yaml:3:1: nested deeper than 64 levels'],
    },
    {
      name: '65 lists in a line',
      text: `${'- '.repeat(65)}x`,
      problems: ['c.yaml:1:1: nested deeper than 64 levels'],
    },
    {
      name: 'half a million brackets',
      text: '['.repeat(500_000),
      problems: ['c.yaml:1:1: nested deeper than 64 levels'],
    },
    { name: 'explicit keys', text: '? '.repeat(500), problems: [/^c\.yaml:1:1: explicit keys/] },
    {
      name: 'alias bomb',
      text: 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n',
      problems: [/^c\.yaml:1:1: aliases \(\*name\) cannot be expanded: Excessive alias count/],
    },
  ];
  for (const { name, text, problems } of rows) {
    test(name, () => {
      const met = read(text);
      assert.ok(Array.isArray(met), `was read: ${JSON.stringify(met)}`);
      assert.equal(met.length, problems.length, met.join('\n'));
      for (const [index, expected] of problems.entries()) {
        if (typeof expected === 'string') assert.equal(met[index], expected);
        else assert.match(String(met[index]), expected);
      }
    });
  }
});

describe('document: something that contains itself is refused, not followed', () => {
  for (const text of ['a: &a [*a]', 'a: &a {b: *a}']) {
    test(text, () => assert.match((read(text) as string[])[0] ?? '', /^c\.yaml:1:\d+: /));
  }
});

test('document: aliases share nothing, so that defaults of one section stay there', () => {
  const tree = read('a: &x {k: 1}\nb: *x\n') as Record<string, Record<string, unknown>>;
  assert.notEqual(tree['a'], tree['b']);
  assert.deepEqual(tree['a'], tree['b']);
});

test('document: keys that JavaScript treats in its own way are plain keys', () => {
  const tree = read('__proto__: {x: 1}\nconstructor: 2\n') as Record<string, unknown>;
  assert.deepEqual(Object.keys(tree), ['__proto__', 'constructor']);
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('document: places of keys and values, through lists and aliases', () => {
  const result = parseConfigDocument('c.yaml', 'a:\n  - b: &x\n      c: 1\nd: *x\n');
  assert.equal(result.kind, 'document');
  if (result.kind !== 'document') return;
  const place = (path: (string | number)[], part: 'key' | 'value'): string => {
    const origin = result.document.find(path, part);
    return origin === undefined ? 'nowhere' : formatOrigin(origin);
  };
  assert.equal(place(['a', 0, 'b'], 'key'), 'c.yaml:2:5');
  assert.equal(place(['a', 0, 'b', 'c'], 'value'), 'c.yaml:3:10');
  assert.equal(place(['d', 'c'], 'value'), 'c.yaml:3:10');
  assert.equal(place(['a', 1], 'value'), 'nowhere');
  assert.equal(place(['a', 0, 'x'], 'value'), 'nowhere');
  assert.equal(place(['a', 'b'], 'value'), 'nowhere');
});
