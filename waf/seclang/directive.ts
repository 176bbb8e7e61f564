/** The shape of one directive: how many words it takes and what it does. */
import type { Assembly } from './assembly.ts';
import type { Statement } from './statement.ts';

export interface Directive {
  /** As in SecLang. */
  readonly name: string;
  readonly wordsMin: number;
  readonly wordsMax: number;
  /** For the message about a wrong number of words, for example `SecMarker NAME`. */
  readonly usage: string;
  /** Rules may be links of a chain; every other directive ends one. */
  readonly isRule: boolean;
  readonly apply: (assembly: Assembly, statement: Statement) => void;
}
