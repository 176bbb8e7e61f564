/**
 * `normalisePath` and `normalisePathWin`: a path as the file system would resolve it.
 *
 * Empty and `.` segments vanish, `..` removes its parent. An absolute path cannot climb above its root; a relative one keeps
 * the `..` that lead out of it. A slash at the end stays when anything stands before it.
 */

import type { Transformation } from './transformation.ts';

/** Tells whether `path` has an empty, `.` or `..` segment behind its start. */
function isNormal(path: string): boolean {
  if (path.charCodeAt(0) === 0x2e) return false;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const next = path.charCodeAt(slash + 1);
    if (next === 0x2f || next === 0x2e) return false;
  }
  return true;
}

function normalise(path: string): string {
  if (isNormal(path)) return path;
  const isAbsolute = path.charCodeAt(0) === 0x2f;
  const segments: string[] = [];
  /** How many leading segments are `..` that nothing can remove. */
  let climbs = 0;
  let start = 0;
  while (start <= path.length) {
    let end = path.indexOf('/', start);
    if (end === -1) end = path.length;
    const segment = path.slice(start, end);
    start = end + 1;
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') {
      segments.push(segment);
    } else if (segments.length > climbs) {
      segments.pop();
    } else if (!isAbsolute) {
      segments.push(segment);
      climbs++;
    }
  }
  const body = segments.join('/');
  const tail = body !== '' && path.charCodeAt(path.length - 1) === 0x2f ? '/' : '';
  const text = (isAbsolute ? '/' : '') + body + tail;
  return text === path ? path : text;
}

/** Normalises a path with `/`. */
export const normalisePath: Transformation = { name: 'normalisePath', apply: normalise };

/** Turns `\` into `/`, then normalises. */
export const normalisePathWin: Transformation = {
  name: 'normalisePathWin',
  apply: (value) => normalise(value.includes('\\') ? value.replaceAll('\\', '/') : value),
};
