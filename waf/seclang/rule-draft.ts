/** Rules between text and plan: parsed and checked word by word, still changeable by the directives that follow. */
import type { ActionList } from '../actions/action-list.ts';
import type { Place } from './diagnostic.ts';
import type { OperatorSyntax } from './operator-syntax.ts';
import type { TargetSyntax } from './target-syntax.ts';

/** One SecRule or SecAction. */
export interface RuleDraft {
  readonly place: Place;
  /** Changed by SecRuleUpdateTarget*. Empty for SecAction. */
  readonly targets: TargetSyntax[];
  /** null for SecAction. */
  readonly operator: OperatorSyntax | null;
  readonly actions: ActionList;
  /** The SecDefaultAction in force for its phase where it stands; null when there is none. */
  readonly defaults: ActionList | null;
  link: RuleDraft | null;
  isRemoved: boolean;
}

/** A SecMarker. */
export interface MarkerDraft {
  readonly marker: string;
  readonly place: Place;
}

export type DraftItem = RuleDraft | MarkerDraft;

/** What directives other than rules settle. */
export interface SettingsDraft {
  requestBodyAccess: boolean;
  responseBodyAccess: boolean;
  responseBodyTypes: Set<string>;
  /** undefined: the caller's bound stands. */
  argumentsMax: number | undefined;
  depthMax: number | undefined;
}

/** Everything that the texts of a set say. */
export interface RulesetDraft {
  readonly items: readonly DraftItem[];
  readonly settings: SettingsDraft;
}
