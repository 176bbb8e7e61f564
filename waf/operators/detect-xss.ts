import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';
import { findCrossSiteScripting } from './xss/detector.ts';

/**
 * `@detectXSS`: the value would bring script into an HTML page that it is put into.
 *
 * Captures the name of the evidence, for example `event-handler`, as `TX:0`.
 */
export const detectXSS: OperatorDefinition = {
  name: 'detectXSS',
  argument: 'none',
  compile: () => ({
    name: 'detectXSS',
    test(value, match) {
      const evidence = findCrossSiteScripting(value);
      if (evidence === undefined) return false;
      captureWhole(match, evidence);
      return true;
    },
  }),
};
