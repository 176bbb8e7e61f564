/**
 * Reads the files that a configuration names: regular files only, up to a size, never a device that blocks.
 */
import { constants, open } from 'node:fs/promises';
import { asError } from '@secbeat/base/fault.ts';

/** A file's bytes, or one sentence why there are none. */
export type FileContent =
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'problem'; readonly isMissing: boolean; readonly message: string };

/**
 * Reads `path` when it is a regular file of at most `bytesMax` bytes.
 *
 * Opens without blocking, so that a named pipe cannot hold up a start or a reload.
 */
export async function readRegularFile(path: string, bytesMax: number): Promise<FileContent> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (stat.isDirectory()) return problem(`${path} is a directory; expected a file`);
    if (!stat.isFile()) return problem(`${path} is not a regular file`);
    if (stat.size > bytesMax) return problem(`${path} has ${stat.size} bytes; at most ${bytesMax} are read`);
    const bytes = await file.readFile();
    if (bytes.length > bytesMax) return problem(`${path} grew above ${bytesMax} bytes while it was read`);
    return { kind: 'bytes', bytes, mode: stat.mode };
  } catch (thrown) {
    const error: NodeJS.ErrnoException = asError(thrown);
    const message = `cannot read ${path}: ${describeReadError(error)}`;
    return { kind: 'problem', isMissing: error.code === 'ENOENT', message };
  }
}

function problem(message: string): FileContent {
  return { kind: 'problem', isMissing: false, message };
}

function describeReadError(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'permission denied; the user that runs the node must be able to read it';
    case 'ENOTDIR':
      return 'a part of its path is no directory';
    default:
      return error.message;
  }
}

/** Decodes UTF-8 strictly, without a byte order mark; a number is the 1-based line of the first byte that is not UTF-8. */
export function decodeUtf8(bytes: Buffer): string | number {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder does not say where; a line feed is never part of a longer sequence, so lines can be tried alone.
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let line = 1;
    for (let start = 0; start < bytes.length; line++) {
      const found = bytes.indexOf(0x0a, start);
      const end = found < 0 ? bytes.length : found;
      try {
        decoder.decode(bytes.subarray(start, end));
      } catch {
        return line;
      }
      start = end + 1;
    }
    return line;
  }
}
