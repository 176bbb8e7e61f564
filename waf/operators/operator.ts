/** The shape of one SecLang operator: its definition (cold, one per word) and its compiled form (hot, one per rule). */

/** What an operator captured. One object is reused for every test of a transaction. */
export interface OperatorMatch {
  /** Reused between tests; `captures[0]` is the whole match. Only the first `captureCount` entries count. */
  captures: string[];
  captureCount: number;
}

/** One compiled operator. */
export interface CompiledOperator {
  readonly name: string;
  /**
   * Tells whether `value` matches.
   *
   * Hot: no allocation when it does not match.
   *
   * @param value    A latin1 byte string.
   * @param match    Where captures go, or null when nobody wants them.
   * @param argument The expanded macro text when the argument has macros, else the compile-time text.
   */
  test(value: string, match: OperatorMatch | null, argument: string): boolean;
}

/** What compiling an operator may reach outside itself. */
export interface OperatorContext {
  /** The text of a data file named by a rule, or undefined when there is none of that name. */
  readDataFile(path: string): string | undefined;
}

/** Compiles an argument, or returns the error text: what was met, what was expected. */
export type OperatorFactory = (argument: string, context: OperatorContext) => CompiledOperator | string;

/** One word of the operator catalog. */
export interface OperatorDefinition {
  /** As in SecLang, without the `@`, for example `beginsWith`. */
  readonly name: string;
  readonly compile: OperatorFactory;
  readonly argument: 'required' | 'optional' | 'none';
}
