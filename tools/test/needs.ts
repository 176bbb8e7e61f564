/** Finds out whether the machine has what a suite needs, and which Debian package brings it. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Need } from './suite.ts';

/** How one need is met. */
export interface NeedSource {
  /** The Debian package that brings it; absent when no package can. */
  readonly debianPackage?: string;
  /** Says what is missing and how to get it, or undefined when it is there. */
  probe(machine: Machine): string | undefined;
}

/** What the probes look at: injected, so that each answer can be tested. */
export interface Machine {
  readonly isRoot: boolean;
  /** Absolute path of the directory with test data that the repository does not hold. */
  readonly sharedDirectory: string;
  hasProgram(name: string): boolean;
  hasDirectory(path: string): boolean;
  canMakeNetworkNamespace(): boolean;
}

/** How each need is met. */
export const needSources: Readonly<Record<Need, NeedSource>> = {
  root: { probe: (machine) => (machine.isRoot ? undefined : 'it needs root: run npm test as root') },
  netns: {
    probe: (machine) =>
      machine.canMakeNetworkNamespace() ? undefined : 'it needs network namespaces (root and CAP_SYS_ADMIN)',
  },
  'shared-data': {
    probe: (machine) =>
      machine.hasDirectory(machine.sharedDirectory)
        ? undefined
        : `the shared test data is not at ${machine.sharedDirectory}: set SECBEAT_SHARED to its directory`,
  },
  chromium: program('chromium', 'chromium'),
  curl: program('curl', 'curl'),
  ip: program('ip', 'iproute2'),
  nginx: program('nginx', 'nginx-light'),
  sqlmap: program('sqlmap', 'sqlmap'),
  wrk: program('wrk', 'wrk'),
};

function program(name: string, debianPackage: string): NeedSource {
  return {
    debianPackage,
    probe: (machine) =>
      machine.hasProgram(name)
        ? undefined
        : `${name} is not installed: apt-get install ${debianPackage}, or run as root`,
  };
}

/** The machine that we run on. */
export function thisMachine(sharedDirectory: string): Machine {
  return {
    isRoot: process.getuid?.() === 0,
    sharedDirectory,
    hasProgram,
    hasDirectory: existsSync,
    canMakeNetworkNamespace: () =>
      spawnSync('unshare', ['--net', 'true'], { stdio: 'ignore', timeout: 10_000 }).status === 0,
  };
}

/** Debian keeps some programs where only root's PATH looks. */
const systemDirectories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Returns whether `name` can be executed. */
function hasProgram(name: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirectories];
  return directories.some((directory) => directory !== '' && isExecutable(join(directory, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there or not executable: either way not a program for us.
  }
}

/** The Debian packages that bring what of `needs` is missing, sorted. */
export function missingPackages(needs: readonly Need[], machine: Machine): readonly string[] {
  const packages = new Set<string>();
  for (const need of needs) {
    const source = needSources[need];
    if (source.debianPackage !== undefined && source.probe(machine) !== undefined)
      packages.add(source.debianPackage);
  }
  return [...packages].sort();
}

/** Why a suite with these needs cannot run here: one reason a need, none when it can. */
export function missingNeeds(needs: readonly Need[], machine: Machine): readonly string[] {
  return needs.map((need) => needSources[need].probe(machine)).filter((reason) => reason !== undefined);
}
