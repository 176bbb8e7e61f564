/**
 * The SecLang engine: rule texts in, a rule set out; requests in, interruptions and reports out.
 *
 *     compileRuleset(texts) -> Ruleset --begin(request, policy)--> Transaction -> phases 1 to 5 -> TransactionReport
 *
 * The engine opens no file and no socket, sets no timer and reads no clock of its own. All texts and values are byte
 * strings: one character from U+0000 to U+00FF for each byte.
 */
import { createHash } from 'node:crypto';
import type { BodyLimits } from './body/body-processor.ts';
import { compilePlan } from './plan/compile-plan.ts';
import type { Plan } from './plan/plan.ts';
import { type Diagnostic, Diagnostics } from './seclang/diagnostic.ts';
import { readRuleset } from './seclang/read-ruleset.ts';
import type { RuleSource } from './seclang/source-text.ts';
import { copyRequest, type RequestView } from './transaction/message-view.ts';
import { TransactionState } from './transaction/state.ts';
import { Transaction } from './transaction/transaction.ts';

export { type Diagnostic, formatDiagnostic } from './seclang/diagnostic.ts';
export type { FieldsView, RequestView, ResponseView } from './transaction/message-view.ts';
export type { MatchedRule, MatchedVariable, TransactionReport } from './transaction/report.ts';
export { type Interruption, Transaction } from './transaction/transaction.ts';

/** What a rule set is compiled from. */
export interface RulesetOptions {
  /** In the order in which they are read. `text` is the file as latin1. */
  readonly sources: readonly RuleSource[];
  /** Files of `@pmFromFile` and the like as latin1, by the path that the rule names. */
  readonly dataFiles: Readonly<Record<string, string>>;
  /** Wall time in Unix milliseconds, for the TIME variables and DURATION. */
  readonly clock: { nowMs(): number };
  /** Defaults: 1,000 arguments, depth 512, 256 parts. `SecArgumentsLimit` and `SecRequestBodyJsonDepthLimit` win. */
  readonly bodyLimits?: BodyLimits;
}

/** A rule set, or every reason why there is none. */
export type RulesetResult =
  | { readonly kind: 'ruleset'; readonly ruleset: Ruleset; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

/** How one exchange is to be judged. */
export interface TransactionPolicy {
  /** `detection-only`: rules run and report, and nothing is ever interrupted. */
  readonly mode: 'on' | 'detection-only';
  /** Starters that are not run. Give the same array for the same route: what it means is kept by identity. */
  readonly excludedRuleIds: readonly number[];
  /** Set as TX:inbound_anomaly_score_threshold before phase 1. */
  readonly inboundThreshold: number;
  /** Set as TX:outbound_anomaly_score_threshold before phase 1. */
  readonly outboundThreshold: number;
}

const inboundThresholdKey = 'inbound_anomaly_score_threshold';
const outboundThresholdKey = 'outbound_anomaly_score_threshold';

const defaultBodyLimits: BodyLimits = { argumentsMax: 1000, depthMax: 512, partsMax: 256 };

/** Compiles rule texts. All errors are found at once; a set with one error is refused. */
export function compileRuleset(options: RulesetOptions): RulesetResult {
  const diagnostics = new Diagnostics();
  const draft = readRuleset(options.sources, diagnostics);
  const operatorContext = { readDataFile: (path: string) => findDataFile(options.dataFiles, path) };
  const plan = compilePlan(draft, options.bodyLimits ?? defaultBodyLimits, operatorContext, diagnostics);
  const files = options.sources.map((source) => source.file);
  const warnings = diagnostics.warnings(files);
  if (diagnostics.hasErrors) {
    return { kind: 'refused', diagnostics: [...diagnostics.errors(files), ...warnings] };
  }
  const ruleset = new Ruleset(plan, contentHash(options), options.clock);
  return { kind: 'ruleset', ruleset, warnings };
}

/** An immutable, compiled rule set. Any number of transactions may be open at a time. */
export class Ruleset {
  /** Rules that have an id: links and markers are not counted. */
  readonly ruleCount: number;
  /** Hash of all texts: equal texts, equal version. */
  readonly version: string;
  readonly #plan: Plan;
  readonly #clock: { nowMs(): number };
  readonly #removedByPolicy: WeakMap<readonly number[], Uint8Array> = new WeakMap();

  constructor(plan: Plan, version: string, clock: { nowMs(): number }) {
    this.#plan = plan;
    this.#clock = clock;
    this.ruleCount = plan.ruleCount;
    this.version = version;
  }

  /** Opens a transaction. Borrowed: `request` must stay as it is until `inspectRequestHead` has returned. */
  begin(request: RequestView, policy: TransactionPolicy): Transaction {
    const removed = this.#removedBy(policy.excludedRuleIds);
    const state = new TransactionState(this.#plan, this.#clock, copyRequest(request), policy.mode, removed);
    state.setTx(inboundThresholdKey, inboundThresholdKey, String(policy.inboundThreshold));
    state.setTx(outboundThresholdKey, outboundThresholdKey, String(policy.outboundThreshold));
    return new Transaction(state);
  }

  #removedBy(ids: readonly number[]): Uint8Array | null {
    if (ids.length === 0) return null;
    const known = this.#removedByPolicy.get(ids);
    if (known !== undefined) return known;
    const removed = new Uint8Array(this.#plan.ruleCount);
    for (const id of ids) {
      const ordinal = this.#plan.ordinals.get(id);
      if (ordinal !== undefined) removed[ordinal] = 1;
    }
    this.#removedByPolicy.set(ids, removed);
    return removed;
  }
}

function findDataFile(files: Readonly<Record<string, string>>, path: string): string | undefined {
  return Object.hasOwn(files, path) ? files[path] : undefined;
}

/** The first 16 hex digits of SHA-256 over names and texts, each with its length before it. */
function contentHash(options: RulesetOptions): string {
  const hash = createHash('sha256');
  const add = (text: string): void => {
    hash.update(`${text.length}:`);
    hash.update(text, 'latin1');
  };
  for (const source of options.sources) {
    add(source.file);
    add(source.text);
  }
  for (const name of Object.keys(options.dataFiles).sort()) {
    add(name);
    add(options.dataFiles[name]!);
  }
  return hash.digest('hex').slice(0, 16);
}
