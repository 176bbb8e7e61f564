/**
 * Makes a directory and its missing parents, one by one.
 *
 * Node.js has an option for it, which never returns on file systems that answer ENOENT to a `mkdir` whose parent exists
 * (`/proc/x`, measured on Node.js 24).
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes `directory` (mode 0700) and what is missing above it. Throws the system's error; an existing directory is fine. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(directory).isDirectory()) return;
    const parent = dirname(directory);
    if (code !== 'ENOENT' || parent === directory || isDirectory(parent)) throw thrown;
    makeDirectory(parent);
    mkdirSync(directory, { mode: 0o700 });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
