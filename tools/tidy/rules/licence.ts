/** The licence is said once, in LICENSE, and every package.json agrees with it. */
import type { Problem, Tree } from '../tree.ts';

/** What LICENSE must say: the licence, and that of the packet program, which the kernel wants to be GPL-compatible. */
const phrases = ['MIT License', 'Dual MIT/GPL'];

/** Finds a missing licence, a missing phrase, and packages that say something else. */
export function licence(tree: Tree): readonly Problem[] {
  const problems: Problem[] = [];
  const complain = (path: string, message: string): void => {
    problems.push({ path, line: 0, rule: 'licence', message });
  };
  const text = tree.files.find((file) => file.path === 'LICENSE')?.text;
  if (text === undefined) complain('LICENSE', 'there is none');
  else for (const phrase of phrases) if (!text.includes(phrase)) complain('LICENSE', `must say "${phrase}"`);
  for (const file of tree.files) {
    if (!/(?:^|\/)package\.json$/.test(file.path)) continue;
    const said = (JSON.parse(file.text) as { readonly license?: string }).license;
    if (said !== 'MIT') complain(file.path, `its license is "${said ?? ''}", expected "MIT"`);
  }
  return problems;
}
