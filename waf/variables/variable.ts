/**
 * One instance of a variable: the thing that an operator is tested against, for example the second `ARGS:q` of a request.
 *
 * Immutable but for the cache of its transformed values, so that a list that a rule collected stays what it was while
 * the rule's own actions set variables.
 */
export class Variable {
  /** In the client's spelling; '' for a variable that is no collection. */
  readonly key: string;
  readonly value: string;
  /** The name it is shown by, when that is not collection and key (`MATCHED_VARS` keep the name of their origin); else ''. */
  readonly shownName: string;
  /** Transformed values by chain number; null until the first one is wanted. */
  transformed: (string | undefined)[] | null;
  #lowerKey: string | null;

  /** @param lowerKey null where it is not known yet: most matched variables are never asked for it. */
  constructor(key: string, lowerKey: string | null, value: string, shownName: string) {
    this.key = key;
    this.value = value;
    this.shownName = shownName;
    this.transformed = null;
    this.#lowerKey = lowerKey;
  }

  /** `key` in ASCII lower case: keys are compared without case, in ModSecurity too. */
  get lowerKey(): string {
    this.#lowerKey ??= lowerAscii(this.key);
    return this.#lowerKey;
  }
}

/** Makes an instance of a collection. */
export function keyed(key: string, value: string): Variable {
  return new Variable(key, null, value, '');
}

/** Folds A to Z only: `toLowerCase` would fold the Latin-1 letters of a byte string too, and change UTF-8 sequences. */
export function lowerAscii(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }
  return text;
}
