/** One SecLang transformation: a pure function over a latin1 byte string. */
export interface Transformation {
  /** As in SecLang, for example `urlDecodeUni`. */
  readonly name: string;
  /** Hot: returns the *same* string when nothing changed. */
  apply(value: string): string;
}
