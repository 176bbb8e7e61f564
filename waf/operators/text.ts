/**
 * `@streq`, `@beginsWith`, `@endsWith`, `@contains`, `@strmatch`, `@containsWord`, `@within`: plain text, case-sensitive.
 *
 * All but `@within` look for the argument in the value; `@within` looks for the value in the argument. An empty needle is
 * found everywhere. A match captures the text that was found.
 */

import { isWordByte } from '../transformations/byte-class.ts';
import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';

/** Tells whether `word` stands in `value` with no letter, digit or `_` directly beside it. */
function hasWord(value: string, word: string): boolean {
  if (word === '') return true;
  for (let at = value.indexOf(word); at !== -1; at = value.indexOf(word, at + 1)) {
    const isStart = at === 0 || !isWordByte(value.charCodeAt(at - 1));
    const end = at + word.length;
    if (isStart && (end === value.length || !isWordByte(value.charCodeAt(end)))) return true;
  }
  return false;
}

function textOperator(
  name: string,
  holds: (value: string, argument: string) => boolean,
  captured: 'value' | 'argument',
): OperatorDefinition {
  return {
    name,
    argument: 'optional',
    compile: () => ({
      name,
      test(value, match, argument) {
        if (!holds(value, argument)) return false;
        captureWhole(match, captured === 'value' ? value : argument);
        return true;
      },
    }),
  };
}

/** The value is the argument. */
export const streq: OperatorDefinition = textOperator('streq', (value, text) => value === text, 'value');
/** The value begins with the argument. */
export const beginsWith: OperatorDefinition = textOperator(
  'beginsWith',
  (value, text) => value.startsWith(text),
  'argument',
);
/** The value ends with the argument. */
export const endsWith: OperatorDefinition = textOperator(
  'endsWith',
  (value, text) => value.endsWith(text),
  'argument',
);
/** The argument stands somewhere in the value. */
export const contains: OperatorDefinition = textOperator(
  'contains',
  (value, text) => value.includes(text),
  'argument',
);
/** The same as `@contains`, by its older name. */
export const strmatch: OperatorDefinition = textOperator(
  'strmatch',
  (value, text) => value.includes(text),
  'argument',
);
/** The argument stands in the value as a whole word. */
export const containsWord: OperatorDefinition = textOperator('containsWord', hasWord, 'argument');
/** The value stands somewhere in the argument. An empty value does. */
export const within: OperatorDefinition = textOperator(
  'within',
  (value, text) => text.includes(value),
  'value',
);
