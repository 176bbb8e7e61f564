/** File names: kebab-case, and none whose noun (its last word) says nothing. `incident-store.crash.test.ts` has three names. */
import type { Problem, Tree } from '../tree.ts';

/** Words that name a drawer instead of a thing. */
const emptyWords = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'manager',
  'service',
  'handler',
  'data',
  'info',
  'misc',
]);
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Finds names of source files and their folders that break the rule. Test data may be called what it is. */
export function names(tree: Tree): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { path } of tree.sources) {
    const parts = path.replace(/\.(?:ts|mjs)$/, '').split('/');
    for (const name of parts.flatMap((part) => part.split('.'))) {
      if (!kebab.test(name)) {
        problems.push({ path, line: 0, rule: 'names', message: `"${name}" is not kebab-case` });
        continue;
      }
      const noun = name.split('-').at(-1) ?? '';
      if (!emptyWords.has(noun)) continue;
      const message = `"${noun}" says nothing: name the file for what it exports`;
      problems.push({ path, line: 0, rule: 'names', message });
    }
  }
  return problems;
}
