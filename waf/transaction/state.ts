/** Everything that one transaction knows and its rules may change. Variables read it, actions write it. */

import { Fault } from '@secbeat/base/fault.ts';
import { noSeverity } from '../actions/severity.ts';
import type { BodyArgument, ParsedBody } from '../body/body-processor.ts';
import { chooseBodyProcessor } from '../body/catalog.ts';
import { parseArguments } from '../body/urlencoded.ts';
import type { OperatorMatch } from '../operators/operator.ts';
import type { Macro, MacroReference } from '../plan/macro.ts';
import type { CompiledRule, CompiledTarget, Plan } from '../plan/plan.ts';
import type { TargetExclusion } from '../plan/target-exclusion.ts';
import { changingVariables, variables } from '../variables/catalog.ts';
import type { CollectionDefinition, Phase, ScalarDefinition } from '../variables/definition.ts';
import { Variable } from '../variables/variable.ts';
import { firstField, type RequestHead, type ResponseHead } from './message-view.ts';
import { createRequestBody, type RequestBody } from './request-body.ts';

export type EngineMode = 'on' | 'detection-only' | 'off';
export type AuditEngine = '' | 'on' | 'off' | 'relevant-only';

/** Bounded: entries of TX, and bytes of one value. A rule that exceeds them is faulty, and the transaction ends in a fault. */
export const txEntriesMax = 65_536;
export const txValueBytesMax = 1_048_576;

export class TransactionState {
  readonly plan: Plan;
  readonly clock: { nowMs(): number };
  readonly startedMs: number;
  readonly request: RequestHead;
  readonly body: RequestBody;
  response: ResponseHead | null = null;
  /** RESPONSE_BODY; null before phase 4 and where it is not inspected. */
  responseBody: string | null = null;
  isResponseBodyPartial = false;

  /** Filled when first asked for; see variables/arguments.ts. */
  argsGet: readonly Variable[] | null = null;
  argsGetNames: readonly Variable[] | null = null;
  argsPost: readonly Variable[] | null = null;
  argsPostNames: readonly Variable[] | null = null;
  /** FULL_REQUEST; null until it is asked for. */
  fullRequest: string | null = null;

  readonly tx: Map<string, Variable> = new Map();
  readonly env: Map<string, Variable> = new Map();
  matchedVariable: Variable | null = null;
  /** What matched in the current rule, its earlier links included. */
  matchedVariables: Variable[] = [];
  highestSeverity: number = noSeverity;
  currentRule: CompiledRule | null = null;

  /** What the rules made of the policy's mode; never stricter than it. */
  engineMode: EngineMode;
  auditEngine: AuditEngine = '';
  requestBodyAccess: boolean;
  responseBodyAccess: boolean;
  forcesRequestBody = false;

  /** Reused for each operator. */
  readonly operatorMatch: OperatorMatch = { captures: [], captureCount: 0 };
  /** What the current rule looks at; the first `selectedCount` entries count. */
  readonly selectedVariables: Variable[] = [];
  readonly selectedTargets: CompiledTarget[] = [];
  selectedCount = 0;

  readonly #policyMode: Exclude<EngineMode, 'off'>;
  readonly #lists: (readonly Variable[] | undefined)[] = [];
  #query: ParsedBody | null = null;
  /** 1 at the ordinal of each rule that is not run; null when there is none. Owned unless `#sharesRemoved`. */
  #removed: Uint8Array | null;
  #sharesRemoved = true;
  #excludedTargets: Map<number, TargetExclusion[]> | null = null;

  constructor(
    plan: Plan,
    clock: { nowMs(): number },
    request: RequestHead,
    mode: Exclude<EngineMode, 'off'>,
    removed: Uint8Array | null,
  ) {
    this.plan = plan;
    this.clock = clock;
    this.startedMs = clock.nowMs();
    this.request = request;
    this.engineMode = this.#policyMode = mode;
    this.#removed = removed;
    this.requestBodyAccess = plan.settings.requestBodyAccess;
    this.responseBodyAccess = plan.settings.responseBodyAccess;
    const processor = chooseBodyProcessor(firstField(request.headers, 'content-type'));
    this.body = createRequestBody(processor?.name ?? '');
  }

  /** Forgets the lists that a phase changes. */
  enterPhase(phase: Phase): void {
    if (phase === 2) this.argsPost = this.argsPostNames = this.fullRequest = null;
    for (const number of changingVariables[phase]!) this.#lists[number] = undefined;
  }

  /** The query's arguments, within the set's bound. */
  queryArguments(): readonly BodyArgument[] {
    return this.#parsedQuery().args;
  }

  /** '' or the bound that the query exceeded. */
  queryTruncatedBy(): string {
    return this.#query === null ? '' : this.#query.truncatedBy;
  }

  /**
   * What was wrong with the request's arguments, '' when nothing. A query with more than the set's bound is told here
   * too: rules that refuse broken bodies then refuse what would reach the origin without having been looked at.
   */
  bodyError(): string {
    if (this.body.error !== '') return this.body.error;
    const truncatedBy = this.#parsedQuery().truncatedBy;
    return truncatedBy === '' ? '' : `query: more ${truncatedBy} than the limit`;
  }

  hasUrlEncodingError(): boolean {
    const name = 'URLENCODED_ERROR';
    return (this.#parsedQuery().flags[name] ?? 0) > 0 || (this.body.parsed.flags[name] ?? 0) > 0;
  }

  /** All instances of a collection. Hot: kept where the definition allows it. */
  list(number: number, definition: CollectionDefinition): readonly Variable[] {
    if (definition.changesIn === 'live') return definition.list(this);
    const known = this.#lists[number];
    if (known !== undefined) return known;
    const made = definition.list(this);
    this.#lists[number] = made;
    return made;
  }

  /**
   * The instance of a variable with one value; null when it does not exist.
   *
   * Hot: the same object, with its transformed values, while the value is the same.
   */
  single(number: number, definition: ScalarDefinition): Variable | null {
    const known = this.#lists[number]?.[0];
    if (known !== undefined && definition.isFixed) return known;
    const value = definition.read(this);
    if (value === null) return null;
    if (known !== undefined && known.value === value) return known;
    const made = new Variable('', '', value, '');
    this.#lists[number] = [made];
    return made;
  }

  /** The text of a macro with its references filled in; what is missing is ''. */
  expand(macro: Macro): string {
    let text = macro.literals[0]!;
    for (let i = 0; i < macro.references.length; i++) {
      text += this.#read(macro.references[i]!) + macro.literals[i + 1]!;
    }
    return text;
  }

  /** '' when there is none. The key is lower case already; see `lowerAscii`. */
  readTx(lowerKey: string): string {
    return this.tx.get(lowerKey)?.value ?? '';
  }

  /** Hot: `lowerKey` is `key` in lower case, made once where the key is constant. */
  setTx(key: string, lowerKey: string, value: string): void {
    if (value.length > txValueBytesMax || (this.tx.size >= txEntriesMax && !this.tx.has(lowerKey))) {
      const what = value.length > txValueBytesMax ? `a value of ${value.length} bytes` : 'one more entry';
      const rule = this.currentRule?.id ?? 0;
      const message = `rule ${rule} gave TX ${what}; it holds ${txEntriesMax} entries of ${txValueBytesMax} bytes; correct its setvar`;
      throw new Fault('waf-tx-full', message, { source: 'operator' });
    }
    this.tx.set(lowerKey, new Variable(key, lowerKey, value, ''));
  }

  deleteTx(lowerKey: string): void {
    this.tx.delete(lowerKey);
  }

  /** TX:0 to TX:9 become the groups of the last match; those it does not have are deleted, as in ModSecurity 2. */
  setCaptures(match: OperatorMatch): void {
    for (let i = 0; i < captureKeys.length; i++) {
      const key = captureKeys[i]!;
      if (i < match.captureCount) this.setTx(key, key, match.captures[i] ?? '');
      else this.tx.delete(key);
    }
  }

  /** `ctl:ruleEngine`. A rule can lower the mode and restore it, never make it stricter than the policy's. */
  setEngineMode(mode: EngineMode): void {
    this.engineMode = mode === 'on' ? this.#policyMode : mode;
  }

  isRemoved(ordinal: number): boolean {
    return this.#removed !== null && this.#removed[ordinal] === 1;
  }

  removeRules(ordinals: readonly number[]): void {
    if (this.#removed === null || this.#sharesRemoved) {
      const own = new Uint8Array(this.plan.ruleCount);
      if (this.#removed !== null) own.set(this.#removed);
      this.#removed = own;
      this.#sharesRemoved = false;
    }
    for (const ordinal of ordinals) this.#removed[ordinal] = 1;
  }

  excludedTargets(ordinal: number): readonly TargetExclusion[] | undefined {
    return this.#excludedTargets?.get(ordinal);
  }

  /** Takes instances out of the targets of rules, their links included, for the rest of the transaction. */
  excludeTargets(ordinals: readonly number[], exclusions: readonly TargetExclusion[]): void {
    this.#excludedTargets ??= new Map();
    for (const ordinal of ordinals) {
      const known = this.#excludedTargets.get(ordinal);
      if (known === undefined) {
        this.#excludedTargets.set(ordinal, [...exclusions]);
        continue;
      }
      // A ctl may run once for each of a thousand arguments; the same exclusion is kept once.
      for (const each of exclusions) if (!known.includes(each)) known.push(each);
    }
  }

  #parsedQuery(): ParsedBody {
    this.#query ??= parseArguments(this.request.query, this.plan.settings);
    return this.#query;
  }

  #read(reference: MacroReference): string {
    const definition = variables[reference.variable]!;
    if (definition.kind === 'scalar') return this.single(reference.variable, definition)?.value ?? '';
    if (reference.lowerKey !== '' && definition.find !== null) {
      return definition.find(this, reference.lowerKey)?.value ?? '';
    }
    const list = this.list(reference.variable, definition);
    for (const variable of list) {
      if (reference.lowerKey === '' || variable.lowerKey === reference.lowerKey) return variable.value;
    }
    return '';
  }
}

const captureKeys: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
