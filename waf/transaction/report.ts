/** What a transaction leaves behind: the rules that matched and log, scores, and who interrupted. */
import { leadingInteger } from '../actions/set-variable.ts';
import { severityName } from '../actions/severity.ts';
import type { CompiledRule } from '../plan/plan.ts';
import type { Variable } from '../variables/variable.ts';
import type { AuditEngine, TransactionState } from './state.ts';

/** Bounds of a report: rules, variables of a rule, and characters of names, values, messages. */
export const reportRulesMax = 64;
const reportVariablesMax = 8;
const reportValueCharactersMax = 256;
const reportMessageCharactersMax = 512;

/** One variable that a rule matched. */
export interface MatchedVariable {
  /** For example `ARGS:q`. */
  readonly name: string;
  /** After transformations; not masked. */
  readonly value: string;
}

/** One rule that matched. */
export interface MatchedRule {
  readonly ruleId: number;
  readonly message: string;
  /** For example `CRITICAL`; '' when the rule has none. */
  readonly severity: string;
  readonly tags: readonly string[];
  readonly phase: number;
  /** `file:line`. */
  readonly place: string;
  readonly variables: readonly MatchedVariable[];
}

export interface TransactionReport {
  /** Only rules that log, in the order in which they matched. */
  readonly matches: readonly MatchedRule[];
  /** Rules that matched and logged beyond `reportRulesMax`. */
  readonly matchesDropped: number;
  readonly inboundScore: number;
  readonly outboundScore: number;
  /** The first rule that denied, dropped or redirected, in detection-only mode too; 0 when none did. */
  readonly interruptedBy: number;
  /** The bounds that the message exceeded, so that part of it was not inspected: `query arguments`, `body depth`. */
  readonly truncatedBy: readonly string[];
  /** What rules asked of the audit log with `ctl:auditEngine`; '' when nothing. */
  readonly auditEngine: AuditEngine;
}

/** Describes a match. The message is expanded now, while MATCHED_VAR and TX:0 are those of the rule. */
export function describeMatch(state: TransactionState, rule: CompiledRule): MatchedRule {
  const message = rule.message === null ? '' : state.expand(rule.message);
  const variables: MatchedVariable[] = [];
  for (const variable of state.matchedVariables) {
    if (variables.length >= reportVariablesMax) break;
    variables.push(describeVariable(variable));
  }
  return {
    ruleId: rule.id,
    message: message.slice(0, reportMessageCharactersMax),
    severity: severityName(rule.severity),
    tags: rule.tags.map((tag) => cut(state.expand(tag))),
    phase: rule.phase,
    place: rule.place,
    variables,
  };
}

function describeVariable(variable: Variable): MatchedVariable {
  return {
    name: cut(variable.shownName),
    value: cut(variable.value),
  };
}

function cut(text: string): string {
  return text.slice(0, reportValueCharactersMax);
}

const inboundScores = ['inbound_anomaly_score', 'blocking_inbound_anomaly_score'];
const outboundScores = ['outbound_anomaly_score', 'blocking_outbound_anomaly_score'];

/** The anomaly scores that the rules kept: the plain names, and those of CRS 4; the higher one where both exist. */
export function readScores(state: TransactionState): { inboundScore: number; outboundScore: number } {
  return { inboundScore: highest(state, inboundScores), outboundScore: highest(state, outboundScores) };
}

function highest(state: TransactionState, names: readonly string[]): number {
  return names.reduce((score, name) => Math.max(score, leadingInteger(state.readTx(name))), 0);
}

/** Names the bounds that were exceeded. */
export function readTruncations(state: TransactionState): string[] {
  const truncated: string[] = [];
  if (state.queryTruncatedBy() !== '') truncated.push(`query ${state.queryTruncatedBy()}`);
  if (state.body.parsed.truncatedBy !== '') truncated.push(`body ${state.body.parsed.truncatedBy}`);
  return truncated;
}
