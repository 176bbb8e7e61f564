/**
 * What every npm script starts with: complete node_modules, then the TypeScript entry on the pinned runtime.
 * Plain JavaScript for the machine's own Node.js; see install.mjs, setup-lock.mjs and launch.mjs for the three parts.
 */
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { launch } from './launch.mjs';
import { SetupProblem } from './problem.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Runs `entry` and ends this process with its exit code.
 *
 * @param {string} entry TypeScript file, relative to the repository.
 * @param {readonly string[]} args Arguments before those of the command line.
 */
export async function bootstrap(entry, args) {
  try {
    await ensureInstalled(root, (line) => process.stderr.write(`secbeat: ${line}\n`));
    process.exitCode = await launch(root, entry, [...args, ...process.argv.slice(2)]);
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    process.stderr.write(`secbeat: ${error.message}\n\n${error.remedy}\n`);
    process.exitCode = 1;
  }
}
