/** One file, one idea: a source file that has grown past its limit holds two. */
import type { Problem, Tree } from '../tree.ts';

/** Aim at 400; this is where it becomes an error. */
export const linesMax = 450;

/** Finds source files over the limit. Test data is excepted; so is everything that is not source. */
export function fileSize(tree: Tree): readonly Problem[] {
  const problems: Problem[] = [];
  for (const file of tree.sources) {
    const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
    if (lines <= linesMax) continue;
    const message = `${lines} lines; at most ${linesMax}: split it by concept`;
    problems.push({ path: file.path, line: 0, rule: 'file-size', message });
  }
  return problems;
}
