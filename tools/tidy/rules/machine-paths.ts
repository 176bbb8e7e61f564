/** Nothing may depend on, or tell of, the machine on which it was written. */
import { lineAt } from '../scan-source.ts';
import type { Problem, Tree } from '../tree.ts';

/** `alice`, `bob` and `user` are nobody's home: examples may name them. */
const machinePath = /(?<![\w.<>/-])\/(?:work|root|farm|home(?!\/(?:alice|bob|user)\b))\/[\w.-]+/g;
/** Attack rules and test data name such paths because attackers do. */
const exempt = [/^waf\/rules\//, /\/testdata\//, /^waf\/.*\.test\.ts$/, /^test\/(?:attack|conformance)\//];

/** Finds absolute paths of one machine. */
export function machinePaths(tree: Tree): readonly Problem[] {
  const problems: Problem[] = [];
  for (const file of tree.files) {
    if (exempt.some((pattern) => pattern.test(file.path))) continue;
    for (const found of file.text.matchAll(machinePath)) {
      const message = `"${found[0]}" exists on one machine: take it from the environment or make it relative`;
      problems.push({
        path: file.path,
        line: lineAt(file.text, found.index),
        rule: 'machine-paths',
        message,
      });
    }
  }
  return problems;
}
