/**
 * The rule loop: one phase of one transaction.
 *
 * A rule looks at all its targets, one instance after the other; each instance that matches runs the rule's immediate
 * actions at once. A chain goes on to its next link when at least one instance matched, and what the starter decides
 * happens when the last link matched. What earlier links have set stays set when a later one fails, as in ModSecurity.
 *
 * Hot: no closures and no spread in the loops; `Variable` objects are made for matches and counts only.
 * Source: evidence/waf.md, 3.1 to 3.3.
 */
import type { CompiledRule, CompiledTarget } from '../plan/plan.ts';
import { isExcluded, type TargetExclusion } from '../plan/target-exclusion.ts';
import { transformedValue } from '../plan/transformation-chain.ts';
import { variables } from '../variables/catalog.ts';
import { Variable } from '../variables/variable.ts';
import type { TransactionState } from './state.ts';

/** What happens when a whole rule matched. Returns true when the phase is over. */
export type OnMatch = (rule: CompiledRule) => boolean;

/** Runs the rules of one phase in order, with their jumps, until `onMatch` or `ctl:ruleEngine=Off` ends it. */
export function runPhase(state: TransactionState, rules: readonly CompiledRule[], onMatch: OnMatch): void {
  let index = 0;
  while (index < rules.length) {
    const rule = rules[index]!;
    if (state.isRemoved(rule.ordinal) || !matchesChain(state, rule)) {
      index++;
    } else {
      if (onMatch(rule)) return;
      index = rule.jump === -1 ? index + 1 : rule.jump;
    }
    if (state.engineMode === 'off') return;
  }
}

function matchesChain(state: TransactionState, starter: CompiledRule): boolean {
  state.currentRule = starter;
  if (state.matchedVariables.length > 0) state.matchedVariables = [];
  for (let rule: CompiledRule | null = starter; rule !== null; rule = rule.link) {
    if (!matchesRule(state, rule)) return false;
  }
  return true;
}

function matchesRule(state: TransactionState, rule: CompiledRule): boolean {
  if (rule.operator === null) {
    runActions(state, rule);
    return true;
  }
  const argument = rule.argument.references.length === 0 ? rule.argument.text : state.expand(rule.argument);
  select(state, rule);
  const count = state.selectedCount;
  let isMatch = false;
  for (let i = 0; i < count; i++) {
    if (matchesVariable(state, rule, state.selectedVariables[i]!, state.selectedTargets[i]!, argument))
      isMatch = true;
  }
  return isMatch;
}

/** Collects what the rule looks at, before any of its actions can change it. */
function select(state: TransactionState, rule: CompiledRule): void {
  state.selectedCount = 0;
  const runtimeExclusions = state.excludedTargets(rule.ordinal);
  const targets = rule.targets;
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!;
    const before = state.selectedCount;
    selectTarget(state, target, runtimeExclusions);
    if (!target.isCount) continue;
    const found = state.selectedCount - before;
    state.selectedCount = before;
    push(state, new Variable('', '', String(found), target.countName), target);
  }
}

function selectTarget(
  state: TransactionState,
  target: CompiledTarget,
  runtimeExclusions: readonly TargetExclusion[] | undefined,
): void {
  const definition = variables[target.variable]!;
  if (definition.kind === 'scalar') {
    const variable = state.single(target.variable, definition);
    if (variable !== null) consider(state, target, variable, runtimeExclusions);
    return;
  }
  if (target.selector === 'key' && definition.find !== null) {
    const found = definition.find(state, target.lowerKey);
    if (found !== undefined) consider(state, target, found, runtimeExclusions);
    return;
  }
  const list = state.list(target.variable, definition);
  for (let i = 0; i < list.length; i++) {
    const variable = list[i]!;
    if (target.selector === 'key') {
      if (variable.lowerKey !== target.lowerKey) continue;
    } else if (target.pattern !== null && !target.pattern.test(variable.key, null, '')) {
      continue;
    }
    consider(state, target, variable, runtimeExclusions);
  }
}

/** Exclusions win over any inclusion. */
function consider(
  state: TransactionState,
  target: CompiledTarget,
  variable: Variable,
  runtimeExclusions: readonly TargetExclusion[] | undefined,
): void {
  if (target.exclusions.length > 0 && isExcluded(target.exclusions, target.variable, variable)) return;
  if (runtimeExclusions !== undefined && isExcluded(runtimeExclusions, target.variable, variable)) return;
  push(state, variable, target);
}

function push(state: TransactionState, variable: Variable, target: CompiledTarget): void {
  state.selectedVariables[state.selectedCount] = variable;
  state.selectedTargets[state.selectedCount] = target;
  state.selectedCount++;
}

/** With multiMatch the value is tested as it came and after each transformation that changed it. */
function matchesVariable(
  state: TransactionState,
  rule: CompiledRule,
  variable: Variable,
  target: CompiledTarget,
  argument: string,
): boolean {
  // A count is a number that the engine made: transformations do not apply.
  if (target.isCount) return matchesValue(state, rule, variable, target, variable.value, argument);
  if (!rule.isMultiMatch) {
    return matchesValue(state, rule, variable, target, transformedValue(variable, rule.chain), argument);
  }
  let value = variable.value;
  let isMatch = matchesValue(state, rule, variable, target, value, argument);
  for (const step of rule.chain.steps) {
    const next = transformedValue(variable, step);
    if (next === value) continue;
    value = next;
    if (matchesValue(state, rule, variable, target, value, argument)) isMatch = true;
  }
  return isMatch;
}

function matchesValue(
  state: TransactionState,
  rule: CompiledRule,
  variable: Variable,
  target: CompiledTarget,
  value: string,
  argument: string,
): boolean {
  const match = rule.isCapturing && !rule.isNegated ? state.operatorMatch : null;
  if (match !== null) match.captureCount = 0;
  if (rule.operator!.test(value, match, argument) === rule.isNegated) return false;
  if (match !== null) state.setCaptures(match);
  recordMatched(state, variable, target, value);
  runActions(state, rule);
  return true;
}

/**
 * MATCHED_VAR and MATCHED_VARS hold the transformed value under the name that the client's value came by: a link that
 * tests MATCHED_VARS still reports `ARGS:q`, and an instance that it did not change is not listed twice.
 */
function recordMatched(
  state: TransactionState,
  variable: Variable,
  target: CompiledTarget,
  value: string,
): void {
  if (variable.shownName !== '' && value === variable.value && state.matchedVariables.includes(variable)) {
    state.matchedVariable = variable;
    return;
  }
  const name = shownName(variable, target);
  const matched = new Variable(name, null, value, name);
  state.matchedVariable = matched;
  state.matchedVariables.push(matched);
}

function shownName(variable: Variable, target: CompiledTarget): string {
  if (variable.shownName !== '') return variable.shownName;
  const definition = variables[target.variable]!;
  return definition.kind === 'scalar' ? definition.name : `${definition.name}:${variable.key}`;
}

function runActions(state: TransactionState, rule: CompiledRule): void {
  const actions = rule.actions;
  for (let i = 0; i < actions.length; i++) actions[i]!.run(state);
}
