/** Exact versions in every package.json, and a lockfile that `npm ci` takes on any registry. */
import { type LockPackages, missingOptionalPackages } from '../../setup/complete-lock.ts';
import { lineAt } from '../scan-source.ts';
import type { Problem, Tree } from '../tree.ts';

const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;
const exact = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** The part of a package.json that is looked at. */
type Manifest = { readonly license?: string } & {
  readonly [group in (typeof groups)[number]]?: Readonly<Record<string, string>>;
};

/** Finds versions that float, hosts in the lockfile, and optional packages that the lockfile lacks. */
export function dependencies(tree: Tree): readonly Problem[] {
  const problems: Problem[] = [];
  for (const file of tree.files) {
    if (/(?:^|\/)package\.json$/.test(file.path)) problems.push(...floatingVersions(file.path, file.text));
    if (file.path === 'package-lock.json') problems.push(...lockProblems(file.path, file.text));
  }
  return problems;
}

function floatingVersions(path: string, text: string): readonly Problem[] {
  const manifest = JSON.parse(text) as Manifest;
  const problems: Problem[] = [];
  for (const group of groups) {
    for (const [name, version] of Object.entries(manifest[group] ?? {})) {
      if (exact.test(version)) continue;
      const line = lineAt(text, text.indexOf(`"${name}"`));
      problems.push({
        path,
        line,
        rule: 'dependencies',
        message: `${name}: "${version}" is not an exact version`,
      });
    }
  }
  return problems;
}

function lockProblems(path: string, text: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const found of text.matchAll(/"resolved": "(?:git\+)?(?:https?|ssh):[^"]*"/g)) {
    const message = 'names a registry: write it with npm config omit-lockfile-registry-resolved=true';
    problems.push({ path, line: lineAt(text, found.index), rule: 'dependencies', message });
  }
  const { packages } = JSON.parse(text) as { packages: LockPackages };
  const missing = missingOptionalPackages(packages).map((each) => each.name);
  if (missing.length > 0) {
    const message = `no entry for ${missing.join(', ')}: npm ci refuses that; run node tools/setup/complete-lock.ts`;
    problems.push({ path, line: 0, rule: 'dependencies', message });
  }
  return problems;
}
