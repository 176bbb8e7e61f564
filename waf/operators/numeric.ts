/**
 * `@eq`, `@ge`, `@gt`, `@le`, `@lt`: both sides read as C's `atoi` reads them.
 *
 * Leading blanks, a sign, digits; whatever follows is ignored and no digits at all are 0. So an unset variable counts as 0,
 * which the scoring rules of CRS rely on. Numbers beyond 2^53 lose precision but not their order of magnitude.
 */

import { isDigit, isSpace } from '../transformations/byte-class.ts';
import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';

/** Reads a leading decimal number. Hot: no allocation. */
export function leadingNumber(text: string): number {
  let i = 0;
  while (i < text.length && isSpace(text.charCodeAt(i))) i++;
  const sign = text.charCodeAt(i);
  if (sign === 0x2b || sign === 0x2d) i++;
  let number = 0;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) break;
    number = number * 10 + code - 0x30;
  }
  return sign === 0x2d ? -number : number;
}

function numericOperator(name: string, holds: (value: number, limit: number) => boolean): OperatorDefinition {
  return {
    name,
    argument: 'required',
    compile(text) {
      const constant = leadingNumber(text);
      return {
        name,
        test(value, match, argument) {
          const limit = argument === text ? constant : leadingNumber(argument);
          if (!holds(leadingNumber(value), limit)) return false;
          captureWhole(match, value);
          return true;
        },
      };
    },
  };
}

/** Equal. */
export const eq: OperatorDefinition = numericOperator('eq', (value, limit) => value === limit);
/** Greater than or equal. */
export const ge: OperatorDefinition = numericOperator('ge', (value, limit) => value >= limit);
/** Greater than. */
export const gt: OperatorDefinition = numericOperator('gt', (value, limit) => value > limit);
/** Less than or equal. */
export const le: OperatorDefinition = numericOperator('le', (value, limit) => value <= limit);
/** Less than. */
export const lt: OperatorDefinition = numericOperator('lt', (value, limit) => value < limit);
