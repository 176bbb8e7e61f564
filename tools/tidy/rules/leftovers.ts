/** What work in progress leaves behind. */
import { lineAt } from '../scan-source.ts';
import type { Problem, SourceFile, Tree } from '../tree.ts';
import { isTestFile } from '../tree.ts';

/** One kind of leftover. */
interface Leftover {
  readonly where: 'code' | 'comments';
  readonly pattern: RegExp;
  readonly message: string;
  /** Files in which it is none. */
  readonly except?: (path: string) => boolean;
}

/** Programs that speak to a terminal; tests and benches do so too. */
function speaksToTerminal(path: string): boolean {
  return (
    path.startsWith('cli/') ||
    path.startsWith('tools/') ||
    /(?:^|[./])bench\.ts$/.test(path) ||
    isTestFile(path)
  );
}

function isMeasured(path: string): boolean {
  return /(?:^|[./])bench\.ts$/.test(path) || isTestFile(path) || path.startsWith('tools/bench/');
}

const leftovers: readonly Leftover[] = [
  {
    where: 'comments',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    message: 'do it, or open an issue and say nothing here',
  },
  { where: 'comments', pattern: /@ts-(?:ignore|expect-error|nocheck)\b/g, message: 'say the type instead' },
  {
    where: 'comments',
    pattern: /\bbiome-ignore(?!\s+[\w/]+:\s*\S)/g,
    message: 'name the rule and the reason',
  },
  { where: 'code', pattern: /\bdebugger\b/g, message: 'take it out' },
  { where: 'code', pattern: /\bas\s+any\b/g, message: 'decode it, or say its type' },
  {
    where: 'code',
    pattern: /(?<![\w)\]])(?:test|it|describe|suite)\.only\s*\(/g,
    message: 'the other tests would not run',
  },
  {
    where: 'code',
    pattern: /(?<![\w)\]])(?:test|it|describe|suite|t|context)\.(?:skip|todo)\s*\(/g,
    message: 'a test that does not run protects nothing',
  },
  {
    where: 'code',
    pattern: /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/g,
    message: 'an empty catch; handle it, or say in a comment why not',
  },
  { where: 'code', pattern: /\bconsole\.\w+/g, message: 'use the injected log', except: speaksToTerminal },
  { where: 'code', pattern: /\bMath\.random\b/g, message: 'use the injected Random', except: isMeasured },
];

/** Finds leftovers. */
export function leftoverMarks(tree: Tree): readonly Problem[] {
  return tree.sources.flatMap((file) => leftovers.flatMap((leftover) => find(file, leftover)));
}

function find(file: SourceFile, leftover: Leftover): readonly Problem[] {
  if (leftover.except?.(file.path) === true) return [];
  const text = file.scanned[leftover.where];
  const problems: Problem[] = [];
  for (const found of text.matchAll(leftover.pattern)) {
    // An empty catch whose braces hold a comment says why: its code is empty, its original text is not.
    const original = file.text.slice(found.index, found.index + found[0].length);
    if (found[0].startsWith('catch') && /\/[/*]/.test(original)) continue;
    const message = `"${found[0].replace(/\s+/g, ' ')}": ${leftover.message}`;
    problems.push({ path: file.path, line: lineAt(text, found.index), rule: 'leftovers', message });
  }
  return problems;
}
