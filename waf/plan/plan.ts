/** The compiled plan: rules in arrays per phase, every name resolved to a number. Immutable once compiled. */
import type { CompiledAction } from '../actions/action.ts';
import type { DisruptiveKind } from '../actions/action-list.ts';
import type { CompiledOperator } from '../operators/operator.ts';
import type { Phase } from '../variables/definition.ts';
import type { Macro } from './macro.ts';
import type { TargetExclusion } from './target-exclusion.ts';
import type { TransformationChain } from './transformation-chain.ts';

/** One mention of a variable in a rule. */
export interface CompiledTarget {
  /** The variable's number in `variables`. */
  readonly variable: number;
  readonly isCount: boolean;
  readonly selector: 'all' | 'key' | 'regex';
  readonly lowerKey: string;
  readonly pattern: CompiledOperator | null;
  /** Those of the rule that concern this variable. */
  readonly exclusions: readonly TargetExclusion[];
  /** The name shown for a count, for example `&ARGS:a`. */
  readonly countName: string;
}

/** One rule or link of a chain. All have the same shape. */
export interface CompiledRule {
  /** Number of the chain's starter among all starters of the set; links have their starter's. */
  readonly ordinal: number;
  /** 0 for a link. */
  readonly id: number;
  readonly phase: Phase;
  /** `file:line`. */
  readonly place: string;
  readonly message: Macro | null;
  readonly logData: Macro | null;
  /** 0 to 7; -1 for none. */
  readonly severity: number;
  readonly tags: readonly Macro[];
  readonly revision: string;
  readonly ver: string;
  readonly targets: readonly CompiledTarget[];
  /** null for SecAction, which always matches. */
  readonly operator: CompiledOperator | null;
  readonly isNegated: boolean;
  /** The operator's argument. */
  readonly argument: Macro;
  readonly chain: TransformationChain;
  readonly isMultiMatch: boolean;
  readonly isCapturing: boolean;
  /** Run for each instance that matches. */
  readonly actions: readonly CompiledAction[];
  /** Never `block`: that is resolved when the plan is compiled. */
  readonly disruptive: Exclude<DisruptiveKind, 'block'>;
  readonly status: number;
  readonly location: Macro | null;
  readonly logs: boolean;
  readonly auditLogs: boolean;
  readonly link: CompiledRule | null;
  /** Index in its phase at which to go on after a match (`skip`, `skipAfter`); -1 for the next rule. */
  jump: number;
}

/** Bounds of the body parsers; see `BodyLimits`. */
export interface PlanSettings {
  readonly requestBodyAccess: boolean;
  readonly responseBodyAccess: boolean;
  /** Lower-case media types whose response bodies are inspected. */
  readonly responseBodyTypes: ReadonlySet<string>;
  readonly argumentsMax: number;
  readonly depthMax: number;
  readonly partsMax: number;
}

export interface Plan {
  /** Index 1 to 5; index 0 is empty. */
  readonly phases: readonly (readonly CompiledRule[])[];
  readonly ruleCount: number;
  readonly settings: PlanSettings;
  /** False when no rule of a phase from 2 on exists that could look at a request body. */
  readonly usesRequestBody: boolean;
  /** The same for phase 4 on and response bodies. */
  readonly usesResponseBody: boolean;
  /** Rule id -> ordinal. */
  readonly ordinals: ReadonlyMap<number, number>;
}
