/**
 * Makes node_modules complete: the exact packages of package-lock.json and the pinned runtime among them.
 *
 * Runs on the machine's own Node.js (20 or later) with nothing installed, so it is plain JavaScript over node: modules.
 * A complete tree is recognised from a stamp in a few milliseconds and without the network; whatever an interrupted
 * install left behind carries no stamp and is installed again from the start.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainNpmFailure, SetupProblem } from './problem.mjs';
import { withSetupLock } from './setup-lock.mjs';
import { tied } from './tie.mjs';

/** The oldest Node.js that this bootstrap and npm run on. */
const bootstrapNodeMajorMin = 20;
/** How often a running install says how far it is. */
const progressEveryMs = 3_000;
/** Output of npm that is kept to explain a failure. */
const npmOutputCharsMax = 64 * 1024;

/** The loader that each pinned binary asks the kernel for: without it the binary cannot start (musl, NixOS). */
const loaders = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };

/** Where the pinned runtime lies once it is installed. */
export function runtimePath(root) {
  return join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
}

/**
 * Returns once `root`/node_modules is complete, installing it first when it is not.
 * Throws a `SetupProblem` that says what to do.
 *
 * @param {string} root Absolute path of the repository.
 * @param {(line: string) => void} say Takes one line of progress.
 */
export async function ensureInstalled(root, say) {
  checkMachine();
  const lock = readLock(root);
  if (isStamped(root, lock)) return;
  await withSetupLock(root, say, async () => {
    if (isStamped(root, lock) || adopt(root, lock)) return;
    await install(root, lock, say);
  });
}

function checkMachine() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < bootstrapNodeMajorMin) {
    throw new SetupProblem(
      `this is Node.js ${process.versions.node}; setting up needs ${bootstrapNodeMajorMin} or later`,
      'Install a newer Node.js (on Debian 13: apt-get install nodejs npm; elsewhere see https://nodejs.org/en/download).',
    );
  }
  const loader = process.platform === 'linux' ? loaders[process.arch] : undefined;
  if (loader === undefined) {
    throw new SetupProblem(
      `this machine is ${process.platform}-${process.arch}; the pinned runtime exists for linux-x64 and linux-arm64`,
      'Run it on one of those, or in a container of one of those (for example node:20-bookworm).',
    );
  }
  if (!existsSync(loader)) {
    throw new SetupProblem(
      `the C library's loader ${loader} is missing: this system uses musl (Alpine) or keeps glibc elsewhere (NixOS)`,
      'Run it on a system with glibc 2.28 or later: Debian 12, Ubuntu 22.04, Fedora, or an image made from them.',
    );
  }
}

function readLock(root) {
  const file = join(root, 'package-lock.json');
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SetupProblem(
      `cannot read ${file}: ${error.message}`,
      'Start from a complete clone of the repository.',
    );
  }
  const packages = [];
  let runtimeVersion;
  for (const [path, entry] of Object.entries(JSON.parse(text).packages)) {
    if (!path.startsWith('node_modules/')) continue;
    if (path === `node_modules/node-linux-${process.arch}`) runtimeVersion = entry.version;
    packages.push({
      path,
      integrity: entry.integrity,
      optional: entry.optional === true,
      link: entry.link === true,
    });
  }
  if (runtimeVersion === undefined) {
    throw new SetupProblem(
      `package-lock.json does not name node-linux-${process.arch}, the pinned runtime`,
      'Restore package-lock.json from the repository (git checkout package-lock.json).',
    );
  }
  return { text, packages, runtimeVersion };
}

function stampPath(root) {
  return join(root, 'node_modules', '.secbeat-setup');
}

/** What must stay the same for an installed tree to be the right one. The runtime's size tells a torn copy. */
function stampText(root, lock) {
  const lockHash = createHash('sha256').update(lock.text).digest('hex');
  const bytes = statSync(runtimePath(root)).size;
  return `lock sha256-${lockHash}\nruntime linux-${process.arch} ${lock.runtimeVersion} ${bytes}\n`;
}

function isStamped(root, lock) {
  try {
    if (readFileSync(stampPath(root), 'utf8') !== stampText(root, lock)) return false;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
    throw new SetupProblem(
      `cannot read ${stampPath(root)}: ${error.message}`,
      'Make node_modules readable for this user.',
    );
  }
  return hasEveryPackage(root, lock);
}

function hasEveryPackage(root, lock) {
  return lock.packages.every((entry) => entry.optional || existsSync(join(root, entry.path, 'package.json')));
}

/**
 * Takes over a tree that `npm ci` made without us. npm writes node_modules/.package-lock.json as its last step, so a
 * tree whose list agrees with the lockfile is a finished one.
 */
function adopt(root, lock) {
  let installed;
  try {
    installed = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch {
    return false; // Absent or torn: not a finished install, and installing repairs either.
  }
  for (const entry of lock.packages) {
    const found = installed[entry.path];
    if (found === undefined && entry.optional) continue;
    if (found === undefined || found.integrity !== entry.integrity) return false;
  }
  if (!hasEveryPackage(root, lock) || runtimeProblem(root, lock) !== undefined) return false;
  try {
    writeStamp(root, lock);
  } catch (error) {
    // A complete tree that this user may only read is fine: it is compared again the next time.
    if (error.code !== 'EACCES' && error.code !== 'EROFS' && error.code !== 'EPERM') throw error;
  }
  return true;
}

function writeStamp(root, lock) {
  const path = stampPath(root);
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, stampText(root, lock));
  renameSync(fresh, path);
}

/** Says why the pinned runtime cannot be used, or undefined when it answers with the version of the lockfile. */
function runtimeProblem(root, lock) {
  const path = runtimePath(root);
  if (!existsSync(path)) return `${path} is missing`;
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  if (answer.error !== undefined) return `${path} does not start: ${answer.error.message}`;
  if (answer.status !== 0) return `${path} does not start: ${answer.stderr.trim()}`;
  const version = answer.stdout.trim();
  return version === `v${lock.runtimeVersion}`
    ? undefined
    : `${path} is ${version}, expected v${lock.runtimeVersion}`;
}

async function install(root, lock, say) {
  const runtime = `node_modules/node-linux-${process.arch}`;
  const wanted = lock.packages.filter((entry) => !entry.optional || entry.path === runtime);
  say(
    `setting up: ${wanted.length} packages and Node.js ${lock.runtimeVersion} into node_modules (once, about 300 MB)`,
  );
  rmSync(stampPath(root), { force: true });
  const startMs = Date.now();
  const temporaryCache = hasUsableHome() ? undefined : mkdtempSync(join(tmpdir(), 'secbeat-npm-cache-'));
  try {
    const progress = setInterval(() => {
      const done = wanted.filter((entry) => existsSync(join(root, entry.path, 'package.json'))).length;
      say(`setting up: ${done} of ${wanted.length} packages, ${Math.round((Date.now() - startMs) / 1000)} s`);
    }, progressEveryMs);
    let failure;
    try {
      failure = await runNpm(root, temporaryCache);
    } finally {
      clearInterval(progress);
    }
    if (failure !== undefined) throw explainNpmFailure(failure, root);
  } finally {
    if (temporaryCache !== undefined) rmSync(temporaryCache, { recursive: true, force: true });
  }
  const problem = runtimeProblem(root, lock);
  if (problem !== undefined) {
    // The runtime is an optional dependency (only one architecture can be installed), so npm passes over its failure.
    throw new SetupProblem(
      `npm finished, but the pinned runtime cannot be used: ${problem}`,
      `Check that optional packages are not omitted (npm config get omit must not name "optional"), that the registry has\n` +
        `node-linux-${process.arch}@${lock.runtimeVersion}, and that glibc is 2.28 or later (ldd --version); then start again.`,
    );
  }
  if (!hasEveryPackage(root, lock)) {
    throw new SetupProblem(
      'npm finished, but packages are missing in node_modules',
      'Start again; nothing else may change node_modules meanwhile.',
    );
  }
  writeStamp(root, lock);
  say(`setting up: done in ${Math.round((Date.now() - startMs) / 1000)} s`);
}

/** npm keeps its cache in the home directory; without one that can be written it gets a temporary cache. */
function hasUsableHome() {
  try {
    const home = homedir();
    if (home === '') return false;
    accessSync(home, constants.W_OK);
    return true;
  } catch {
    return false; // No home directory, or one that cannot be written: both mean that the cache must go elsewhere.
  }
}

/** Runs `npm ci` and resolves to undefined, or to what is known of its failure. */
function runNpm(root, temporaryCache) {
  const [command, ...before] = npmCommand();
  const args = [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // Three retries within 40 s instead of two within 70: a machine without network hears of it sooner.
  args.push('--fetch-retries=3', '--fetch-retry-maxtimeout=15000');
  // npm reads this from the environment too: an outer `npm start --omit=optional` must not leave out the runtime.
  args.push('--include=optional', '--include=dev');
  if (temporaryCache !== undefined) args.push(`--cache=${temporaryCache}`);
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-npmOutputCharsMax);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const forward = (name) => child.kill(name);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, forward);
    const settle = (failure) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward);
      resolve(failure);
    };
    child.once('error', (error) => settle({ output, startError: error, processSignal: null }));
    child.once('close', (code, processSignal) => {
      settle(code === 0 ? undefined : { output, startError: undefined, processSignal });
    });
  });
}

/**
 * The npm that started us when there is one (`npm start`), else the one on the PATH. The kernel ends it when we die:
 * the set-up lock goes with us, and an orphaned npm would write into the tree of the next set-up.
 */
function npmCommand() {
  const path = process.env.npm_execpath;
  if (path?.endsWith('npm-cli.js') && existsSync(path)) return tied('KILL', [process.execPath, path]);
  return tied('KILL', ['npm']);
}
