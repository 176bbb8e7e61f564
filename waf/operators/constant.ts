/** `@unconditionalMatch` and `@noMatch`. */

import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';

/** Matches every value. */
export const unconditionalMatch: OperatorDefinition = {
  name: 'unconditionalMatch',
  argument: 'none',
  compile: () => ({
    name: 'unconditionalMatch',
    test(value, match) {
      captureWhole(match, value);
      return true;
    },
  }),
};

/** Matches no value. */
export const noMatch: OperatorDefinition = {
  name: 'noMatch',
  argument: 'none',
  compile: () => ({ name: 'noMatch', test: () => false }),
};
