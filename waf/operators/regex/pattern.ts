/**
 * The parsed form of a regular expression over bytes.
 *
 * Flags are gone: case folding, DOTALL and the rest have become byte sets and assertions while parsing, so that whoever reads
 * a pattern (the automaton, the translator, an analysis) sees one meaning only.
 */

import type { ByteSet } from './byte-set.ts';

/** What an assertion asks of the place between two bytes. */
export type Assertion =
  | 'start'
  | 'end'
  /** At the end, or before a newline that ends the text (`\Z`). */
  | 'end-or-last-newline'
  | 'line-start'
  | 'line-end'
  | 'word-boundary'
  | 'no-word-boundary';

export type PatternNode =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  /** `max` is Infinity when there is no bound. */
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
    }
  | { readonly kind: 'capture'; readonly node: PatternNode; readonly index: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | {
      readonly kind: 'look';
      readonly node: PatternNode;
      readonly isAhead: boolean;
      readonly isNegative: boolean;
    };

/** A parsed pattern. */
export interface Pattern {
  readonly root: PatternNode;
  /** Capturing groups, the whole match not counted. */
  readonly captureCount: number;
  /** True when it has look-ahead or look-behind: then it is not regular in the automaton's sense. */
  readonly hasLook: boolean;
}
