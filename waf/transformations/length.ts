import type { Transformation } from './transformation.ts';

/** The number of bytes, in decimal. */
export const length: Transformation = { name: 'length', apply: (value) => String(value.length) };
