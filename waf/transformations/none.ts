import type { Transformation } from './transformation.ts';

/** Changes nothing. That `t:none` also clears what stands before it is the work of whoever builds the chain. */
export const none: Transformation = { name: 'none', apply: (value) => value };
