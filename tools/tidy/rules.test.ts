/** Each rule has a row that breaks it: a rule that nothing can break protects nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProblems, renderProblem } from './run.ts';
import { makeTree, type TreeFile } from './tree.ts';

/** A tree to which no rule objects. */
const sound: readonly TreeFile[] = [
  { path: 'LICENSE', text: 'MIT License\nDual MIT/GPL\n' },
  { path: 'package.json', text: '{"license":"MIT"}' },
  { path: 'base/a.ts', text: 'export const a = 1;\n' },
  { path: 'mitigation/main.ts', text: 'export const main = 1;\n' },
];

function told(path: string, text: string): readonly string[] {
  const files = [...sound.filter((file) => file.path !== path), { path, text }];
  return findProblems(makeTree(files)).map(renderProblem);
}

test('tidy: a sound tree has no problems', () => {
  assert.deepEqual(findProblems(makeTree(sound)), []);
});

const lines = (count: number): string => 'a;\n'.repeat(count);
const unpinned = '{"license":"MIT","dependencies":{"x":"^1.0.0"}}';
const slash = '/';

const broken: readonly { readonly path: string; readonly text: string; readonly says: string }[] = [
  {
    path: 'base/b.ts',
    text: `import { a } from '@secbeat/contracts/a.ts';`,
    says: 'base/b.ts:1: import-direction: base may not import contracts; it may import nothing of ours',
  },
  {
    path: 'waf/b.ts',
    text: `\nexport { a } from '@secbeat/http/a.ts';`,
    says: 'waf/b.ts:2: import-direction: waf may not import http; it may import base',
  },
  {
    path: 'mitigation/b.ts',
    text: `import { a } from '@secbeat/tools/a.ts';`,
    says: 'mitigation/b.ts:1: import-direction: mitigation may not import tools; it may import base, contracts, bus, waf, http, xdp',
  },
  {
    path: 'mitigation/b.ts',
    text: `await import('@secbeat/orchestrator/main.ts');`,
    says: 'mitigation/b.ts:1: import-direction: mitigation may not import orchestrator; it may import base, contracts, bus, waf, http, xdp',
  },
  {
    path: 'waf/b.ts',
    text: `import { a } from '../base/a.ts';`,
    says: 'waf/b.ts:1: import-direction: "../base/a.ts" leaves the package; write @secbeat/base/a.ts',
  },
  {
    path: 'waf/b.ts',
    text: `import { a } from '@secbeat/waf/a.ts';`,
    says: 'waf/b.ts:1: import-direction: "@secbeat/waf/a.ts" is in the same package; import it by its relative path',
  },
  {
    path: 'cli/b.ts',
    text: `import { a } from '@secbeat/mitigation/request/lifecycle.ts';`,
    says: 'cli/b.ts:1: import-direction: cli may import of mitigation only how it is started, configured and spoken to, not request/lifecycle.ts',
  },
  {
    path: 'orchestrator/event/b.ts',
    text: `import { a } from '../decision/a.ts';`,
    says: 'orchestrator/event/b.ts:1: import-direction: "../decision/a.ts" joins two stages; that is what orchestrator/pipeline.ts is for',
  },
  {
    path: 'waf/b.ts',
    text: `import { a } from './a';`,
    says: 'waf/b.ts:1: import-form: "./a" must name its file, with .ts',
  },
  {
    path: 'waf/b.ts',
    text: `import fs from 'fs';`,
    says: 'waf/b.ts:1: import-form: "fs" must be written "node:fs"',
  },
  {
    path: 'waf/b.ts',
    text: 'export default 1;',
    says: 'waf/b.ts:1: import-form: a default export; export it by name',
  },
  {
    path: 'waf/b.ts',
    text: `export * from './a.ts';`,
    says: 'waf/b.ts:1: import-form: a barrel; import from the file that has it',
  },
  {
    path: 'waf/b.ts',
    text: lines(451),
    says: 'waf/b.ts: file-size: 451 lines; at most 450: split it by concept',
  },
  {
    path: 'waf/b.ts',
    text: '// TODO: more',
    says: 'waf/b.ts:1: leftovers: "TODO": do it, or open an issue and say nothing here',
  },
  {
    path: 'waf/b.ts',
    text: '/* @ts-ignore */',
    says: 'waf/b.ts:1: leftovers: "@ts-ignore": say the type instead',
  },
  {
    path: 'waf/b.ts',
    text: '// biome-ignore lint',
    says: 'waf/b.ts:1: leftovers: "biome-ignore": name the rule and the reason',
  },
  { path: 'waf/b.ts', text: 'debugger;', says: 'waf/b.ts:1: leftovers: "debugger": take it out' },
  {
    path: 'waf/b.ts',
    text: 'a(b as any);',
    says: 'waf/b.ts:1: leftovers: "as any": decode it, or say its type',
  },
  {
    path: 'waf/b.test.ts',
    text: 'test.only(a);',
    says: 'waf/b.test.ts:1: leftovers: "test.only(": the other tests would not run',
  },
  {
    path: 'waf/b.test.ts',
    text: 'it.skip(a);',
    says: 'waf/b.test.ts:1: leftovers: "it.skip(": a test that does not run protects nothing',
  },
  {
    path: 'waf/b.ts',
    text: 'try { a(); } catch (error) {}',
    says: 'waf/b.ts:1: leftovers: "catch (error) {}": an empty catch; handle it, or say in a comment why not',
  },
  {
    path: 'waf/b.ts',
    text: 'console.log(1);',
    says: 'waf/b.ts:1: leftovers: "console.log": use the injected log',
  },
  {
    path: 'waf/b.ts',
    text: 'Math.random();',
    says: 'waf/b.ts:1: leftovers: "Math.random": use the injected Random',
  },
  { path: 'waf/someThing.ts', text: '', says: 'waf/someThing.ts: names: "someThing" is not kebab-case' },
  {
    path: 'waf/list-utils.ts',
    text: '',
    says: 'waf/list-utils.ts: names: "utils" says nothing: name the file for what it exports',
  },
  {
    path: 'waf/helpers/b.ts',
    text: '',
    says: 'waf/helpers/b.ts: names: "helpers" says nothing: name the file for what it exports',
  },
  {
    path: 'deploy/b.sh',
    text: `cd ${slash}root/secbeat`,
    says: `deploy/b.sh:1: machine-paths: "${slash}root/secbeat" exists on one machine: take it from the environment or make it relative`,
  },
  {
    path: 'waf/package.json',
    text: unpinned,
    says: 'waf/package.json:1: dependencies: x: "^1.0.0" is not an exact version',
  },
  {
    path: 'package-lock.json',
    text: '{"packages":{"node_modules/x":{\n"resolved": "https://r.example/x.tgz"}}}',
    says: 'package-lock.json:2: dependencies: names a registry: write it with npm config omit-lockfile-registry-resolved=true',
  },
  {
    path: 'package-lock.json',
    text: '{"packages":{"node_modules/x":{"optionalDependencies":{"x-win32-x64":"1.0.0"}}}}',
    says: 'package-lock.json: dependencies: no entry for x-win32-x64: npm ci refuses that; run node tools/setup/complete-lock.ts',
  },
  { path: 'LICENSE', text: 'MIT License', says: 'LICENSE: licence: must say "Dual MIT/GPL"' },
  {
    path: 'waf/package.json',
    text: '{"license":"ISC"}',
    says: 'waf/package.json: licence: its license is "ISC", expected "MIT"',
  },
  {
    path: 'README.md',
    text: 'See `base/gone.ts`.',
    says: 'README.md:1: document-paths: "base/gone.ts" does not exist',
  },
  {
    path: 'README.md',
    text: '\n[why](docs/gone.md)',
    says: 'README.md:2: document-paths: "docs/gone.md" does not exist',
  },
  {
    path: 'docs/how-to/a.md',
    text: '`mitigation/gone/*.ts`',
    says: 'docs/how-to/a.md:1: document-paths: "mitigation/gone/*.ts" does not exist',
  },
];
for (const { path, text, says } of broken) {
  test(`tidy: ${says}`, () => {
    assert.deepEqual(told(path, text), [says]);
  });
}

const fine: readonly { readonly name: string; readonly path: string; readonly text: string }[] = [
  { name: 'a file of exactly 450 lines', path: 'waf/b.ts', text: lines(450) },
  { name: 'test data of any length', path: 'waf/testdata/b.ts', text: lines(2000) },
  { name: 'a leftover word inside a string', path: 'waf/b.ts', text: `const a = 'TODO';` },
  { name: 'a leftover word inside a longer one', path: 'waf/b.ts', text: '// the XXXL size' },
  { name: 'console in a program for a terminal', path: 'cli/b.ts', text: 'console.log(1);' },
  { name: 'Math.random in a bench', path: 'waf/b.bench.ts', text: 'Math.random();' },
  {
    name: 'a catch that says why it is empty',
    path: 'waf/b.ts',
    text: 'try { a(); } catch {\n  // gone already\n}',
  },
  { name: 'a biome-ignore with its reason', path: 'waf/b.ts', text: '// biome-ignore lint/a/b: because' },
  { name: 'skip as a method of something else', path: 'waf/b.ts', text: 'reader.skip(3);' },
  { name: 'node: imports', path: 'waf/b.ts', text: `import { test } from 'node:test';` },
  {
    name: 'the cli importing a start',
    path: 'cli/b.ts',
    text: `import { main } from '@secbeat/mitigation/main.ts';`,
  },
  {
    name: 'tools importing anything',
    path: 'tools/b.ts',
    text: `import { a } from '@secbeat/mitigation/request/a.ts';`,
  },
  { name: 'a file with a name in three parts', path: 'waf/incident-store.crash.test.ts', text: '' },
  {
    name: 'a path in a sentence of a document',
    path: 'README.md',
    text: 'Write and/or read. `GET /healthz`, `http://a/b`, `@secbeat/waf`.',
  },
  {
    name: 'a path that exists',
    path: 'README.md',
    text: '`base/a.ts`, `base/`, `base/*.ts`, [licence](LICENSE)',
  },
  { name: 'a placeholder in a path', path: 'README.md', text: '`base/NAME/`, `base/NAME`' },
  { name: 'a relative link', path: 'docs/how-to/a.md', text: '[why](../../base/a.ts)' },
  { name: 'an attack in a rule', path: 'waf/rules/a.conf', text: `SecRule ARGS "${slash}root/.ssh" "id:1"` },
];
for (const { name, path, text } of fine) {
  test(`tidy: allows ${name}`, () => {
    assert.deepEqual(told(path, text), []);
  });
}
