/** One rule draft with its links to a compiled rule. */
import type { CompiledAction } from '../actions/action.ts';
import type { ActionList, PlacedText } from '../actions/action-list.ts';
import { type ControlContext, compileControl } from '../actions/control.ts';
import { compileSetEnvironment, compileSetVariable } from '../actions/set-variable.ts';
import type { OperatorContext } from '../operators/operator.ts';
import type { Diagnostics } from '../seclang/diagnostic.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import type { RuleDraft } from '../seclang/rule-draft.ts';
import { transformations } from '../transformations/catalog.ts';
import type { Phase } from '../variables/definition.ts';
import { compileOperator } from './compile-operator.ts';
import { compileTargets, type TargetContext } from './compile-target.ts';
import { compileMacro, constantMacro, type Macro } from './macro.ts';
import type { CompiledRule } from './plan.ts';
import type { TransformationChain } from './transformation-chain.ts';

/** What compiling a rule needs to know of the set. */
export interface RuleContext extends TargetContext {
  readonly diagnostics: Diagnostics;
  readonly operatorContext: OperatorContext;
  readonly controlContext: ControlContext;
  /** The empty chain, root of all chains of the set. */
  readonly noTransformations: TransformationChain;
  /** Numbers new chains. */
  readonly chainCounter: { next: number };
}

/** The status of a refusal when neither the rule nor its defaults name one. */
const defaultDenyStatus = 403;
const defaultRedirectStatus = 302;

/** Compiles a starter with its links. What is wrong is reported; the result is only good without errors. */
export function compileRule(draft: RuleDraft, ordinal: number, context: RuleContext): CompiledRule {
  const starter = draft.actions;
  return compileOne(draft, ordinal, starter.phase ?? 2, resolveDecision(draft), context);
}

/** What the starter decides and records, with the defaults of its phase merged in; links have none of it. */
interface Decision {
  readonly disruptive: CompiledRule['disruptive'];
  readonly status: number;
  readonly location: PlacedText | null;
  readonly logs: boolean;
  readonly auditLogs: boolean;
  readonly defaultTags: readonly PlacedText[];
  /** Immediate actions of the defaults run before the rule's own. */
  readonly defaultImmediate: ActionList['immediate'];
}

const noDecision: Decision = {
  disruptive: 'pass',
  status: defaultDenyStatus,
  location: null,
  logs: false,
  auditLogs: false,
  defaultTags: [],
  defaultImmediate: [],
};

/**
 * Merges as ModSecurity 2 does: a rule without a disruptive action takes the default's, `block` always does.
 *
 * Without a SecDefaultAction it is `log,auditlog,pass`. Source: evidence/waf.md, 3.1.
 */
function resolveDecision(draft: RuleDraft): Decision {
  const { actions: own, defaults } = draft;
  const inherits = own.disruptive === undefined || own.disruptive === 'block';
  const kind = inherits ? (defaults?.disruptive ?? 'pass') : own.disruptive;
  const disruptive = kind === undefined || kind === 'block' ? 'pass' : kind;
  const location = own.location ?? (inherits ? (defaults?.location ?? null) : null);
  let status = lastStatus(draft) ?? defaults?.status ?? defaultDenyStatus;
  if (disruptive === 'redirect' && (status < 300 || status > 399)) status = defaultRedirectStatus;
  return {
    disruptive,
    status,
    location: disruptive === 'redirect' ? location : null,
    logs: own.logs ?? defaults?.logs ?? true,
    auditLogs: own.auditLogs ?? defaults?.auditLogs ?? true,
    defaultTags: defaults?.tags ?? [],
    defaultImmediate: defaults?.immediate ?? [],
  };
}

/** The status that the last rule of the chain with a `status` names. */
function lastStatus(starter: RuleDraft): number | undefined {
  let status: number | undefined;
  for (let rule: RuleDraft | null = starter; rule !== null; rule = rule.link) {
    status = rule.actions.status ?? status;
  }
  return status;
}

function compileOne(
  draft: RuleDraft,
  ordinal: number,
  phase: Phase,
  decision: Decision,
  context: RuleContext,
): CompiledRule {
  const { actions } = draft;
  const { diagnostics } = context;
  for (const { definition, place } of actions.reported) {
    if (definition.group === 'inert') {
      diagnostics.warning(place, `action "${definition.name}" has no effect here: ${definition.reason}`);
    } else {
      diagnostics.error(place, `action "${definition.name}" is not supported: ${definition.reason}`);
    }
  }
  const test =
    draft.operator === null ? null : compileOperator(draft.operator, context.operatorContext, diagnostics);
  return {
    ordinal,
    id: actions.id ?? 0,
    phase,
    place: `${draft.place.file}:${draft.place.line}`,
    message: compileText(actions.message, diagnostics),
    logData: compileText(actions.logData, diagnostics),
    severity: actions.severity ?? -1,
    tags: compileTexts([...actions.tags, ...decision.defaultTags], diagnostics),
    revision: actions.revision,
    ver: actions.ver,
    targets: compileTargets(draft.targets, phase, context),
    operator: test?.operator ?? null,
    isNegated: draft.operator?.isNegated ?? false,
    argument: test?.argument ?? constantMacro(''),
    chain: compileChain(actions.transformations, context),
    isMultiMatch: actions.isMultiMatch,
    isCapturing: actions.isCapturing,
    actions: compileImmediate([...decision.defaultImmediate, ...actions.immediate], context),
    disruptive: decision.disruptive,
    status: decision.status,
    location: compileText(decision.location, diagnostics),
    logs: decision.logs,
    auditLogs: decision.auditLogs,
    link: draft.link === null ? null : compileOne(draft.link, ordinal, phase, noDecision, context),
    jump: -1,
  };
}

function compileTexts(texts: readonly PlacedText[], diagnostics: Diagnostics): Macro[] {
  return texts.map((text) => compileText(text, diagnostics)).filter((macro) => macro !== null);
}

function compileText(text: PlacedText | null, diagnostics: Diagnostics): Macro | null {
  if (text === null) return null;
  const macro = compileMacro(text.text);
  if (!('error' in macro)) return macro;
  diagnostics.error(text.placeAt(macro.at), macro.error);
  return null;
}

/** `t:none` forgets what stands before it. */
function compileChain(names: readonly PlacedText[], context: RuleContext): TransformationChain {
  let chain = context.noTransformations;
  for (const { text, placeAt } of names) {
    const transformation = transformations.get(text.toLowerCase());
    if (text.toLowerCase() === 'none') {
      chain = context.noTransformations;
    } else if (transformation === undefined) {
      const known = [...transformations.values()].map((each) => each.name);
      context.diagnostics.error(placeAt(0), `unknown transformation "${text}"${didYouMean(text, known)}`);
    } else {
      chain = chain.extend(transformation, context.chainCounter);
    }
  }
  return chain;
}

function compileImmediate(immediate: ActionList['immediate'], context: RuleContext): CompiledAction[] {
  const compiled: CompiledAction[] = [];
  for (const { name, value } of immediate) {
    if (name === 'ctl') {
      const control = compileControl(value, context.controlContext);
      if (control !== null) compiled.push(control);
      continue;
    }
    const action = name === 'setvar' ? compileSetVariable(value.text) : compileSetEnvironment(value.text);
    if ('error' in action) context.diagnostics.error(value.placeAt(action.at), action.error);
    else compiled.push(action);
  }
  return compiled;
}
