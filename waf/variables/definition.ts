/** What a variable's name means: how its instances are found in a transaction. One definition per word of SecLang. */
import type { TransactionState } from '../transaction/state.ts';
import type { Variable } from './variable.ts';

export type Phase = 1 | 2 | 3 | 4 | 5;

interface Common {
  readonly name: string;
  /** The first phase in which it can have a value; a rule of an earlier phase gets a warning. */
  readonly fromPhase: Phase;
  /** Why it never has a value here; '' when it has. A rule that names it gets this as a warning. */
  readonly whyEmpty: string;
}

/** One value per transaction. */
export interface ScalarDefinition extends Common {
  readonly kind: 'scalar';
  /** null: the variable does not exist now, so a rule has nothing to test. */
  readonly read: (state: TransactionState) => string | null;
  /** The value never changes within a transaction: it is read once. */
  readonly isFixed: boolean;
}

/** Instances with keys. */
export interface CollectionDefinition extends Common {
  readonly kind: 'collection';
  /**
   * `live` lists are asked for each time. The others are kept, and forgotten at the start of the phase that changes
   * them.
   */
  readonly changesIn: 'never' | 'live' | Phase;
  readonly list: (state: TransactionState) => readonly Variable[];
  /** The instance of a key where keys are unique; null: the list is searched. */
  readonly find: ((state: TransactionState, lowerKey: string) => Variable | undefined) | null;
}

export type VariableDefinition = ScalarDefinition | CollectionDefinition;

/** Defines a variable with one value that may change. */
export function scalar(
  name: string,
  read: ScalarDefinition['read'],
  fromPhase: Phase = 1,
): VariableDefinition {
  return { kind: 'scalar', name, fromPhase, whyEmpty: '', read, isFixed: false };
}

/** Defines a variable whose one value is settled before phase 1. */
export function fixedScalar(name: string, read: ScalarDefinition['read']): VariableDefinition {
  return { kind: 'scalar', name, fromPhase: 1, whyEmpty: '', read, isFixed: true };
}

/** Defines a collection that is complete from `fromPhase` on. */
export function collection(
  name: string,
  list: CollectionDefinition['list'],
  fromPhase: Phase = 1,
): VariableDefinition {
  const changesIn = fromPhase === 1 ? 'never' : fromPhase;
  return { kind: 'collection', name, fromPhase, whyEmpty: '', changesIn, list, find: null };
}

/** Defines a variable that is known and never has a value here. */
export function emptyVariable(name: string, whyEmpty: string): VariableDefinition {
  const list = (): readonly Variable[] => noVariables;
  return { kind: 'collection', name, fromPhase: 1, whyEmpty, changesIn: 'never', list, find: null };
}

const noVariables: readonly Variable[] = [];
