/** Reads the operator word of a rule: `@rx pattern`, `!@eq 0`, or a bare pattern, which means `@rx`. */
import type { Place } from './diagnostic.ts';
import type { Word } from './source-text.ts';

/** An operator as written. */
export interface OperatorSyntax {
  readonly isNegated: boolean;
  /** Without the `@`. */
  readonly name: string;
  readonly argument: string;
  readonly place: Place;
  readonly argumentPlace: Place;
}

/** Reads an operator word. Blanks behind the argument belong to it: in a regex they count. */
export function parseOperator(word: Word): OperatorSyntax {
  const parts = /^\s*(?<not>!?)\s*(?:@(?<name>[^\s]*)\s*)?/.exec(word.text)!;
  const name = parts.groups?.['name'];
  const argument = word.text.slice(parts[0].length);
  return {
    isNegated: parts.groups?.['not'] === '!',
    name: name ?? 'rx',
    argument,
    place: word.placeAt(name === undefined ? 0 : parts[0].indexOf('@')),
    argumentPlace: word.placeAt(parts[0].length),
  };
}
