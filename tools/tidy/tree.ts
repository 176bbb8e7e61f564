/** The files that the rules look at: everything that belongs to the repository, read once. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ScannedSource, scanSource } from './scan-source.ts';

/** One file. `path` is relative to the repository, with slashes. */
export interface TreeFile {
  readonly path: string;
  readonly text: string;
}

/** One TypeScript file, split into code and comments. */
export interface SourceFile extends TreeFile {
  readonly scanned: ScannedSource;
}

/** The repository, as the rules see it. */
export interface Tree {
  readonly files: readonly TreeFile[];
  /** The files of `files` that are TypeScript, or JavaScript that runs before TypeScript can. */
  readonly sources: readonly SourceFile[];
}

/** One thing that a rule objects to. */
export interface Problem {
  readonly path: string;
  /** From 1; 0 when it is about the file as a whole. */
  readonly line: number;
  readonly rule: string;
  /** What was met and what to do instead. */
  readonly message: string;
}

/** One rule: a pure function over the tree. */
export type Rule = (tree: Tree) => readonly Problem[];

/** Directories that hold nothing of ours. Those with a leading dot are passed over too, but `.ci`. */
const foreignDirectories = new Set(['node_modules', 'data', 'coverage']);
/** Files of this size and more are data (images, recordings), which no rule is about. */
const textBytesMax = 1024 * 1024;

/** Reads the tree at `root`. */
export function readTree(root: string): Tree {
  const files: TreeFile[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      const isHidden = entry.name.startsWith('.') && entry.name !== '.ci';
      if (entry.isDirectory()) {
        if (!isHidden && !foreignDirectories.has(entry.name)) visit(path);
      } else if (entry.isFile() && !isHidden && !entry.name.endsWith('.log')) {
        const bytes = readFileSync(join(root, path));
        if (bytes.length < textBytesMax && !bytes.includes(0))
          files.push({ path, text: bytes.toString('utf8') });
      }
    }
  };
  visit('');
  return makeTree(files.sort((left, right) => (left.path < right.path ? -1 : 1)));
}

/** Makes a tree of files that are already in memory. */
export function makeTree(files: readonly TreeFile[]): Tree {
  const sources = files
    .filter((file) => /\.(?:ts|mjs)$/.test(file.path) && !file.path.includes('/testdata/'))
    .map((file) => ({ ...file, scanned: scanSource(file.text) }));
  return { files, sources };
}

/** Whether a file is run by tests alone. */
export function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}
