/** `node tools/tidy/run.ts`: holds the tree against the rules of the house; part of `npm run check`. */
import { fileURLToPath } from 'node:url';
import { rules } from './rules.ts';
import { type Problem, readTree, type Tree } from './tree.ts';

/** Everything that the rules object to. */
export function findProblems(tree: Tree): readonly Problem[] {
  return rules.flatMap((rule) => rule(tree));
}

/** One problem as an editor can follow it. */
export function renderProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.path : `${problem.path}:${problem.line}`;
  return `${place}: ${problem.rule}: ${problem.message}`;
}

if (import.meta.main) {
  const tree = readTree(fileURLToPath(new URL('../..', import.meta.url)));
  const problems = findProblems(tree);
  for (const problem of problems) console.log(renderProblem(problem));
  console.log(`${tree.files.length} files, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
