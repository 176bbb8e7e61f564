/** A document that names a file which is gone misleads: every path in the guides must exist. */
import { lineAt } from '../scan-source.ts';
import type { Problem, Tree, TreeFile } from '../tree.ts';

/** The documents that guide a reader through the code. */
const guides = [
  /^(?:ARCHITECTURE|README|CONTRIBUTING|SECURITY|GLOSSARY)\.md$/,
  /^docs\/(?:how-to|decisions)\/.*\.md$/,
];
/** A path: segments with at least one slash, or a file name with one of our extensions. */
const candidate =
  /(?<![\w@:/.<{*$-])(?:[\w.*-]+\/)+[\w.*-]*|(?<![\w@:/.<{*$-])[\w-]+\.(?:md|json|mjs|ts)(?![\w/])/g;
/** `test/NAME/`: a word in capitals stands for something that the reader chooses. */
const placeholder = /(?:^|\/)[A-Z]+(?:\/|$)/;
const ending = /\.(?:ts|mjs|md|json|conf|yaml|sh)$/;

/** Finds paths in the guides that do not exist. */
export function documentPaths(tree: Tree): readonly Problem[] {
  const known = new Set<string>();
  for (const { path } of tree.files) {
    known.add(path);
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1))
      known.add(path.slice(0, slash));
  }
  return tree.files
    .filter((file) => guides.some((guide) => guide.test(file.path)))
    .flatMap((file) => check(file, known));
}

function check(file: TreeFile, known: ReadonlySet<string>): readonly Problem[] {
  const problems: Problem[] = [];
  const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  for (const span of spans(file.text)) {
    for (const found of span.text.matchAll(candidate)) {
      const path = found[0].replace(/[.,:]+$/, '').replace(/\/$/, '');
      const top = path.split('/')[0] ?? '';
      const isOurs = known.has(top) && path.includes('/');
      if ((!isOurs && !ending.test(path)) || placeholder.test(path)) continue;
      if (exists(path, known) || exists(normal(`${folder}${path}`), known)) continue;
      const line = lineAt(file.text, span.at + found.index);
      problems.push({ path: file.path, line, rule: 'document-paths', message: `"${path}" does not exist` });
    }
  }
  return problems;
}

/** Code spans and link targets: what a document marks as literal. */
function spans(text: string): readonly { readonly text: string; readonly at: number }[] {
  const marked = /`([^`\n]+)`|\]\(([^)\s]+)\)/g;
  return [...text.matchAll(marked)].map((found) => {
    const inner = found[1] ?? found[2] ?? '';
    return { text: /^[a-z]+:\/\//.test(inner) ? '' : inner, at: found.index + found[0].indexOf(inner) };
  });
}

function exists(path: string, known: ReadonlySet<string>): boolean {
  if (!path.includes('*')) return known.has(path);
  const pattern = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
  const whole = new RegExp(`^${pattern}$`);
  return [...known].some((each) => whole.test(each));
}

/** Resolves `../` of a relative link. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
