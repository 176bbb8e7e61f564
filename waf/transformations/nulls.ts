/** `removeNulls` and `replaceNulls`. */

import type { Transformation } from './transformation.ts';

/** Removes NUL bytes. */
export const removeNulls: Transformation = {
  name: 'removeNulls',
  apply: (value) => (value.includes('\0') ? value.replaceAll('\0', '') : value),
};

/** Turns NUL bytes into spaces. */
export const replaceNulls: Transformation = {
  name: 'replaceNulls',
  apply: (value) => (value.includes('\0') ? value.replaceAll('\0', ' ') : value),
};
