/** How imports and exports are written: extensions, the `node:` prefix, names. */
import { builtinModules } from 'node:module';
import { lineAt } from '../scan-source.ts';
import type { Problem, Tree } from '../tree.ts';

const builtins = new Set(builtinModules);

/** Finds imports without `.ts` or `node:`, default exports, and barrels. */
export function importForm(tree: Tree): readonly Problem[] {
  const problems: Problem[] = [];
  for (const file of tree.sources) {
    const complain = (line: number, message: string): void => {
      problems.push({ path: file.path, line, rule: 'import-form', message });
    };
    for (const { specifier, line } of file.scanned.imports) {
      const isOurs = specifier.startsWith('.') || specifier.startsWith('@secbeat/');
      if (isOurs && !/\.(?:ts|mjs|json)$/.test(specifier))
        complain(line, `"${specifier}" must name its file, with .ts`);
      if (!specifier.startsWith('node:') && builtins.has(specifier))
        complain(line, `"${specifier}" must be written "node:${specifier}"`);
    }
    const { code } = file.scanned;
    for (const found of code.matchAll(/\bexport\s+default\b|\bas\s+default\b/g)) {
      complain(lineAt(code, found.index), 'a default export; export it by name');
    }
    for (const found of code.matchAll(/\bexport\s+\*/g)) {
      complain(lineAt(code, found.index), 'a barrel; import from the file that has it');
    }
  }
  return problems;
}
