import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';
import { findSqlInjection } from './sqli/detector.ts';

/**
 * `@detectSQLi`: the value would change the structure of a SQL statement that it is put into.
 *
 * Captures the name of the evidence, for example `tautology`, as `TX:0`.
 */
export const detectSQLi: OperatorDefinition = {
  name: 'detectSQLi',
  argument: 'none',
  compile: () => ({
    name: 'detectSQLi',
    test(value, match) {
      const evidence = findSqlInjection(value);
      if (evidence === undefined) return false;
      captureWhole(match, evidence);
      return true;
    },
  }),
};
