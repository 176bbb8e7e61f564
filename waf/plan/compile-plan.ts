/** Drafts to the plan: numbers the rules, compiles them, puts them into their phases, resolves jumps. */
import type { ControlContext, SelectableRule } from '../actions/control.ts';
import type { OperatorContext } from '../operators/operator.ts';
import type { Diagnostics, Place } from '../seclang/diagnostic.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import type { RuleDraft, RulesetDraft } from '../seclang/rule-draft.ts';
import { parseTargetText } from '../seclang/target-syntax.ts';
import { compileRule, type RuleContext } from './compile-rule.ts';
import { compileExclusions, type TargetContext } from './compile-target.ts';
import type { CompiledRule, Plan, PlanSettings } from './plan.ts';
import { TransformationChain } from './transformation-chain.ts';

/** The number of phases. */
const phaseCount = 5;

/** A marker, and how many rules of each phase stand before it. */
interface PlacedMarker {
  readonly name: string;
  readonly positions: readonly number[];
}

/** Compiles a plan. What is wrong is reported; the plan is only good without errors. */
export function compilePlan(
  draft: RulesetDraft,
  bounds: Pick<PlanSettings, 'argumentsMax' | 'depthMax' | 'partsMax'>,
  operatorContext: OperatorContext,
  diagnostics: Diagnostics,
): Plan {
  const starters: RuleDraft[] = [];
  for (const item of draft.items) {
    if (!('marker' in item) && !item.isRemoved) starters.push(item);
  }
  const targetContext: TargetContext = { diagnostics, warnedVariables: new Set() };
  const context: RuleContext = {
    ...targetContext,
    operatorContext,
    controlContext: createControlContext(starters, targetContext),
    noTransformations: new TransformationChain(0, null, null),
    chainCounter: { next: 1 },
  };
  const phases: CompiledRule[][] = Array.from({ length: phaseCount + 1 }, () => []);
  const markers: PlacedMarker[] = [];
  const jumping: { readonly draft: RuleDraft; readonly rule: CompiledRule; readonly index: number }[] = [];
  const ordinals = new Map<number, number>();
  let ordinal = 0;
  for (const item of draft.items) {
    if ('marker' in item) {
      markers.push({ name: item.marker, positions: phases.map((rules) => rules.length) });
    } else if (!item.isRemoved) {
      const rule = compileRule(item, ordinal, context);
      const rules = phases[rule.phase]!;
      if (item.actions.skip > 0 || item.actions.skipAfter !== null) {
        jumping.push({ draft: item, rule, index: rules.length });
      }
      rules.push(rule);
      ordinals.set(rule.id, ordinal++);
    }
  }
  for (const { draft: jumper, rule, index } of jumping) {
    rule.jump = resolveJump(jumper, index, phases[rule.phase]!, markers, diagnostics);
  }
  const { settings } = draft;
  return {
    phases,
    ruleCount: ordinal,
    usesRequestBody: phases.some((rules, phase) => phase >= 2 && rules.length > 0),
    usesResponseBody: phases.some((rules, phase) => phase >= 4 && rules.length > 0),
    ordinals,
    settings: {
      requestBodyAccess: settings.requestBodyAccess,
      responseBodyAccess: settings.responseBodyAccess,
      responseBodyTypes: settings.responseBodyTypes,
      argumentsMax: settings.argumentsMax ?? bounds.argumentsMax,
      depthMax: settings.depthMax ?? bounds.depthMax,
      partsMax: bounds.partsMax,
    },
  };
}

/**
 * Where a rule goes on after it matched. `skipAfter` goes to the next marker of that name behind the rule, or behind the
 * rule of that id; a marker that stands only before it ends the phase.
 */
function resolveJump(
  draft: RuleDraft,
  index: number,
  rules: readonly CompiledRule[],
  markers: readonly PlacedMarker[],
  diagnostics: Diagnostics,
): number {
  const { skip, skipAfter, phase } = draft.actions;
  if (skipAfter === null) return Math.min(index + 1 + skip, rules.length);
  const named = markers.filter((marker) => marker.name === skipAfter.text);
  const next = named.find((marker) => marker.positions[phase ?? 2]! > index);
  if (next !== undefined) return next.positions[phase ?? 2]!;
  if (named.length > 0) {
    const message = `the marker "${skipAfter.text}" stands only before this rule: it skips to the end of phase ${phase}`;
    diagnostics.warning(skipAfter.placeAt(0), message);
    return rules.length;
  }
  const target = /^\d+$/.test(skipAfter.text)
    ? rules.findIndex((rule, at) => at > index && rule.id === Number(skipAfter.text))
    : -1;
  if (target !== -1) return target + 1;
  const known = didYouMean(skipAfter.text, new Set(markers.map((marker) => marker.name)));
  diagnostics.error(skipAfter.placeAt(0), `no SecMarker has the name "${skipAfter.text}"${known}`);
  return rules.length;
}

function createControlContext(starters: readonly RuleDraft[], context: TargetContext): ControlContext {
  const { diagnostics } = context;
  const selectable: SelectableRule[] = starters.map(({ actions }) => ({
    id: actions.id ?? 0,
    tags: actions.tags.map((tag) => tag.text),
    message: actions.message?.text ?? '',
  }));
  return {
    selectRules: (fits) => {
      const ordinals: number[] = [];
      selectable.forEach((rule, ordinal) => {
        if (fits(rule)) ordinals.push(ordinal);
      });
      return ordinals;
    },
    compileExclusions: (text: string, placeAt: (index: number) => Place) =>
      compileExclusions(parseTargetText(text, placeAt, diagnostics), context),
    error: (place, message) => diagnostics.error(place, message),
    warning: (place, message) => diagnostics.warning(place, message),
  };
}
