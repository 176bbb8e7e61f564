/**
 * Texts with `%{...}` in them, cut at compile time: literal, reference, literal, reference, ..., literal.
 *
 * `%{tx.x}`, `%{ARGS.q}` and `%{REQUEST_LINE}` are references; the first instance counts, a missing one is ''. A `%{`
 * that is not closed, and `%{}`, are ordinary text.
 */
import { didYouMean } from '../seclang/did-you-mean.ts';
import { resolveVariable, variableNumbers } from '../variables/catalog.ts';
import { lowerAscii } from '../variables/variable.ts';

/** A reference to one instance of a variable. */
export interface MacroReference {
  readonly variable: number;
  /** '' for the first instance whatever its key. */
  readonly lowerKey: string;
}

export interface Macro {
  /** As written. */
  readonly text: string;
  /** Always one more than `references`. */
  readonly literals: readonly string[];
  readonly references: readonly MacroReference[];
}

/** A macro, or where and why it is none. */
export type MacroResult = Macro | { readonly error: string; readonly at: number };

/** Cuts a text. The error names the variable that does not exist; `at` is its offset. */
export function compileMacro(text: string): MacroResult {
  const literals: string[] = [];
  const references: MacroReference[] = [];
  let literalStart = 0;
  for (const match of text.matchAll(/%\{([^}]+)\}/g)) {
    const reference = match[1]!;
    const mark = reference.search(/[.:]/);
    const name = mark === -1 ? reference : reference.slice(0, mark);
    const number = resolveVariable(name);
    if (typeof number === 'string') {
      return { error: number + didYouMean(name.toUpperCase(), variableNumbers.keys()), at: match.index + 2 };
    }
    if (
      mark !== -1 &&
      reference[mark + 1] === '/' &&
      reference.endsWith('/') &&
      reference.length > mark + 2
    ) {
      return {
        error: 'a macro names one instance by its key; a regex cannot stand here',
        at: match.index + 2 + mark + 1,
      };
    }
    literals.push(text.slice(literalStart, match.index));
    references.push({ variable: number, lowerKey: mark === -1 ? '' : lowerAscii(reference.slice(mark + 1)) });
    literalStart = match.index + match[0].length;
  }
  literals.push(text.slice(literalStart));
  return { text, literals, references };
}

/** A macro without references. */
export function constantMacro(text: string): Macro {
  return { text, literals: [text], references: [] };
}
