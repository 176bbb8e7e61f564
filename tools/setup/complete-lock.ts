/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out.
 *
 * Packages with native parts list one optional package for each platform. When the registry in use does not give out
 * one of those (a mirror that keeps Linux only), `npm install` writes a lockfile without it, and `npm ci` then refuses
 * that lockfile: "Missing: ... from lock file". An entry with version, os and cpu is enough: npm sees that the platform
 * is another and never asks for the package. Such an entry has no integrity, so this writes none for a platform that
 * the pinned runtime supports (linux with glibc on x64 and arm64): there a missing package is an error.
 *
 * Run after `npm install`: `node tools/setup/complete-lock.ts`. The `tidy` check says when it is needed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One package of a lockfile, as far as it matters here. */
export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[] | string;
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The packages of a lockfile by path, for example `node_modules/yaml`. */
export type LockPackages = Readonly<Record<string, LockEntry>>;

/** An optional package that is named by another and has no entry. */
export interface MissingPackage {
  readonly name: string;
  readonly version: string;
  readonly namedBy: string;
}

const operatingSystems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/** Lists the optional packages that `npm ci` would miss. */
export function missingOptionalPackages(packages: LockPackages): readonly MissingPackage[] {
  const missing: MissingPackage[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const nested = path === '' ? undefined : packages[`${path}/node_modules/${name}`];
      if (nested === undefined && packages[`node_modules/${name}`] === undefined) {
        missing.push({ name, version, namedBy: path });
      }
    }
  }
  return missing;
}

/** The entry for a package of another platform; an error text when its platform cannot be told or is one of ours. */
export function entryOfOtherPlatform(missing: MissingPackage, namedBy: LockEntry): LockEntry | string {
  const words = missing.name.split(/[-/]/);
  const os = operatingSystems.filter((word) => words.includes(word));
  const cpu = processors.filter((word) => words.includes(word));
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : [];
  if (os.length !== 1 || cpu.length !== 1) return `cannot tell the platform of ${missing.name} from its name`;
  if (!/^\d+\.\d+\.\d+$/.test(missing.version))
    return `${missing.name}: "${missing.version}" is not an exact version`;
  const isOurs = os[0] === 'linux' && libc.length === 0 && (cpu[0] === 'x64' || cpu[0] === 'arm64');
  if (isOurs)
    return `${missing.name}@${missing.version} is for a platform of ours: the registry must have it`;
  return {
    version: missing.version,
    cpu,
    ...(namedBy.dev === true ? { dev: true } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    os,
  };
}

/** Returns the completed packages in npm's order, or the problems that stand in the way. */
export function completePackages(packages: LockPackages): {
  packages: LockPackages;
  problems: readonly string[];
} {
  const added: Record<string, LockEntry> = {};
  const problems: string[] = [];
  for (const missing of missingOptionalPackages(packages)) {
    const entry = entryOfOtherPlatform(missing, packages[missing.namedBy] ?? {});
    if (typeof entry === 'string') problems.push(entry);
    else added[`node_modules/${missing.name}`] = entry;
  }
  const all = Object.entries({ ...packages, ...added });
  all.sort(([left], [right]) => left.localeCompare(right, 'en'));
  return { packages: Object.fromEntries(all), problems };
}

function main(): void {
  const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: LockPackages };
  const before = Object.keys(lock.packages).length;
  const { packages, problems } = completePackages(lock.packages);
  if (problems.length > 0) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
    return;
  }
  writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(packages).length - before} entries of other platforms added`);
}

if (import.meta.main) main();
