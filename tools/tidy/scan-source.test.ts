import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAt, scanSource } from './scan-source.ts';

const codeRows: readonly { name: string; text: string; code: string }[] = [
  { name: 'a string is blank', text: `a('x(y)');`, code: `a('    ');` },
  { name: 'an escaped quote does not end a string', text: String.raw`a('\'b', c)`, code: `a('   ', c)` },
  { name: 'an unterminated string ends with its line', text: `a = 'b\nc`, code: `a = ' \nc` },
  { name: 'a line comment is blank', text: 'a // b\nc', code: 'a     \nc' },
  { name: 'a block comment is blank and keeps its lines', text: 'a /* b\nc */ d', code: 'a     \n     d' },
  { name: 'a comment sign in a string is none', text: `a('//') b`, code: `a('  ') b` },
  {
    name: 'a template is blank but its expressions are code',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    text: 'a = `b ${c} d`;',
    code: 'a = `    c}  `;',
  },
  {
    name: 'braces in an expression do not end it',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    text: '`${f({ a: 1 })} x` + y',
    code: '`  f({ a: 1 })}  ` + y',
  },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
  { name: 'a template in a template', text: '`${`a${b}`}` + c', code: '`  `   b}`}` + c' },
  { name: 'a regular expression is blank', text: 'a = /b"c/g; d', code: 'a =      g; d' },
  {
    name: 'a slash in a class does not end a regular expression',
    text: 'a(/[/"]/) + b',
    code: 'a(      ) + b',
  },
  { name: 'a division is no regular expression', text: 'a / b / c', code: 'a / b / c' },
  { name: 'a division after a bracket', text: '(a) / b[0] / c', code: '(a) / b[0] / c' },
  { name: 'a regular expression after return', text: 'return /a"/.test(b)', code: 'return     .test(b)' },
  { name: 'a first line for the shell', text: '#!/usr/bin/env node\na', code: '                   \na' },
];
for (const { name, text, code } of codeRows) {
  test(`scan source: ${name}`, () => {
    assert.equal(scanSource(text).code, code);
  });
}

test('scan source: comments are kept where they stand, strings are not', () => {
  assert.equal(scanSource(`a('b'); // c\nd /* e */`).comments, `        // c\n  /* e */`);
});

const importRows: readonly { text: string; imports: readonly { specifier: string; line: number }[] }[] = [
  { text: `import { a } from './b.ts';`, imports: [{ specifier: './b.ts', line: 1 }] },
  { text: `import type { a } from "./b.ts";`, imports: [{ specifier: './b.ts', line: 1 }] },
  { text: `\nimport {\n  a,\n  b,\n} from 'c';`, imports: [{ specifier: 'c', line: 5 }] },
  { text: `import 'a';`, imports: [{ specifier: 'a', line: 1 }] },
  { text: `export { a } from './b.ts';`, imports: [{ specifier: './b.ts', line: 1 }] },
  { text: `const a = await import('./b.ts');`, imports: [{ specifier: './b.ts', line: 1 }] },
  { text: `// import { a } from './b.ts';`, imports: [] },
  { text: `const a = "import { a } from './b.ts'";`, imports: [] },
  { text: 'const a = `import { b } from "c"`;', imports: [] },
  { text: `Array.from('abc'.split(''));`, imports: [] },
];
for (const { text, imports } of importRows) {
  test(`scan source: the imports of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(scanSource(text).imports, imports);
  });
}

test('scan source: a line is counted from 1', () => {
  assert.deepEqual(
    [lineAt('a\nb\nc', 0), lineAt('a\nb\nc', 1), lineAt('a\nb\nc', 2), lineAt('a\nb\nc', 4)],
    [1, 1, 2, 3],
  );
});
