/** Variables that rules make for each other: TX, ENV, what matched last, and facts about the rule at work. */
import type { TransactionState } from '../transaction/state.ts';
import { type CollectionDefinition, emptyVariable, scalar, type VariableDefinition } from './definition.ts';
import { keyed, type Variable } from './variable.ts';

const none: readonly Variable[] = [];

export const workingVariables: readonly VariableDefinition[] = [
  live(
    'TX',
    (state) => [...state.tx.values()],
    (state, lowerKey) => state.tx.get(lowerKey),
  ),
  live(
    'ENV',
    (state) => [...state.env.values()],
    (state, lowerKey) => state.env.get(lowerKey),
  ),
  live('MATCHED_VAR', (state) => (state.matchedVariable === null ? none : [state.matchedVariable]), null),
  scalar('MATCHED_VAR_NAME', (state) => state.matchedVariable?.shownName ?? null),
  live('MATCHED_VARS', (state) => state.matchedVariables.slice(), null),
  live(
    'MATCHED_VARS_NAMES',
    (state) => state.matchedVariables.map((each) => keyed(each.shownName, each.shownName)),
    null,
  ),
  live('RULE', ruleFacts, null),
  /** 255 until a rule with a severity matched; then the gravest, which is the lowest number. */
  scalar('HIGHEST_SEVERITY', (state) => String(state.highestSeverity)),
  /** No operator of this engine can exceed a matching limit. */
  scalar('MSC_PCRE_ERROR', () => '0'),
  scalar('MSC_PCRE_LIMITS_EXCEEDED', () => '0'),
  emptyVariable('MODSEC_BUILD', 'this engine is not ModSecurity'),
  emptyVariable('WEBAPPID', 'SecWebAppId has no effect here'),
  emptyVariable('SESSIONID', 'setsid is not supported yet'),
  emptyVariable('USERID', 'setuid is not supported yet'),
];

function live(
  name: string,
  list: CollectionDefinition['list'],
  find: CollectionDefinition['find'],
): VariableDefinition {
  return { kind: 'collection', name, fromPhase: 1, whyEmpty: '', changesIn: 'live', list, find };
}

/** `msg` and `logdata` are given as written: expanding them here could lead back to here. */
function ruleFacts(state: TransactionState): readonly Variable[] {
  const rule = state.currentRule;
  if (rule === null) return none;
  return [
    keyed('id', String(rule.id)),
    keyed('msg', rule.message?.text ?? ''),
    keyed('logdata', rule.logData?.text ?? ''),
    keyed('severity', rule.severity < 0 ? '' : String(rule.severity)),
    keyed('rev', rule.revision),
    keyed('ver', rule.ver),
  ];
}
