/**
 * The life of one exchange in the engine, in this order; a phase may be left out, none may be repeated:
 *
 *     inspectRequestHead -> inspectRequestBody -> inspectResponseHead -> inspectResponseBody -> finish
 *           phase 1               phase 2               phase 3                phase 4          phase 5
 *
 * An interruption ends phases 1 to 4; phase 5 always runs, because it records. An exception means that the engine or a
 * rule is at fault: the caller refuses the exchange and counts it.
 */
import assert from 'node:assert/strict';
import type { CompiledRule } from '../plan/plan.ts';
import type { Phase } from '../variables/definition.ts';
import { runPhase } from './evaluate.ts';
import { copyResponse, firstField, mediaType, type ResponseView } from './message-view.ts';
import {
  describeMatch,
  type MatchedRule,
  readScores,
  readTruncations,
  reportRulesMax,
  type TransactionReport,
} from './report.ts';
import { readRequestBody } from './request-body.ts';
import type { TransactionState } from './state.ts';

/** What a rule wants done with the exchange. */
export interface Interruption {
  readonly action: 'deny' | 'drop' | 'redirect';
  readonly status: number;
  /** Where to; '' unless the action is `redirect`. */
  readonly location: string;
  readonly ruleId: number;
}

export class Transaction {
  readonly #state: TransactionState;
  /** The last phase that ran. */
  #phase: 0 | Phase = 0;
  /** No phase up to this one runs any more, because a rule allowed the exchange. */
  #allowedUntil = 0;
  #interruption: Interruption | null = null;
  #interruptedBy = 0;
  readonly #matches: MatchedRule[] = [];
  #matchesDropped = 0;

  constructor(state: TransactionState) {
    this.#state = state;
  }

  /** Phase 1. The request view given to `begin` may be reused afterwards. */
  inspectRequestHead(): Interruption | null {
    return this.#inspect(1);
  }

  /** False when no rule has a use for the body; phase 2 is to be run all the same. */
  get wantsRequestBody(): boolean {
    return this.#state.requestBodyAccess && this.#isInspecting(2) && this.#state.plan.usesRequestBody;
  }

  /**
   * Phase 2, which runs also without a body.
   *
   * Borrowed: `body` may be reused after the call.
   *
   * @param isPartial The body was cut at the inspection cap; INBOUND_DATA_ERROR is 1.
   */
  inspectRequestBody(body: Buffer | null, isPartial: boolean): Interruption | null {
    const state = this.#state;
    if (body !== null && this.wantsRequestBody) {
      const { settings } = state.plan;
      readRequestBody(state.body, body, {
        contentType: firstField(state.request.headers, 'content-type'),
        // One bound for query and body together.
        limits: { ...settings, argumentsMax: settings.argumentsMax - state.queryArguments().length },
        isPartial,
        forcesVariable: state.forcesRequestBody,
      });
    }
    return this.#inspect(2);
  }

  /** Phase 3. Borrowed: `response` may be reused after the call. */
  inspectResponseHead(response: ResponseView): Interruption | null {
    this.#state.response = copyResponse(response);
    return this.#inspect(3);
  }

  /** True when the rule set inspects response bodies of this type. */
  get wantsResponseBody(): boolean {
    const { response, plan, responseBodyAccess } = this.#state;
    if (response === null || !responseBodyAccess || !this.#isInspecting(4)) return false;
    if (!plan.usesResponseBody) return false;
    return plan.settings.responseBodyTypes.has(mediaType(firstField(response.headers, 'content-type')));
  }

  /**
   * Phase 4, which runs also without a body.
   *
   * Borrowed: `body` may be reused after the call.
   *
   * @param isPartial The body was cut at the inspection cap; OUTBOUND_DATA_ERROR is 1.
   */
  inspectResponseBody(body: Buffer | null, isPartial: boolean): Interruption | null {
    const state = this.#state;
    if (body !== null && this.wantsResponseBody) {
      state.responseBody = body.toString('latin1');
      state.isResponseBodyPartial = isPartial;
    }
    return this.#inspect(4);
  }

  /** Phase 5 and the end: exactly once. */
  finish(): TransactionReport {
    assert(this.#phase !== 5, 'finish() is called once');
    this.#enter(5);
    if (this.#state.engineMode !== 'off') this.#run(5);
    return {
      matches: this.#matches,
      matchesDropped: this.#matchesDropped,
      ...readScores(this.#state),
      interruptedBy: this.#interruptedBy,
      truncatedBy: readTruncations(this.#state),
      auditEngine: this.#state.auditEngine,
    };
  }

  #inspect(phase: Exclude<Phase, 5>): Interruption | null {
    const runs = this.#isInspecting(phase);
    this.#enter(phase);
    if (runs) this.#run(phase);
    return this.#interruption;
  }

  #enter(phase: Phase): void {
    assert(phase > this.#phase, `phase ${phase} cannot follow phase ${this.#phase}`);
    this.#phase = phase;
    this.#state.enterPhase(phase);
  }

  /** True while nothing has ended or skipped `phase`. */
  #isInspecting(phase: Phase): boolean {
    return this.#interruption === null && this.#allowedUntil < phase && this.#state.engineMode !== 'off';
  }

  #run(phase: Phase): void {
    runPhase(this.#state, this.#state.plan.phases[phase]!, (rule) => this.#apply(rule, phase));
  }

  /** What a rule that matched does beyond its immediate actions. Returns true when the phase is over. */
  #apply(rule: CompiledRule, phase: Phase): boolean {
    const state = this.#state;
    if (rule.severity >= 0) state.highestSeverity = Math.min(state.highestSeverity, rule.severity);
    if (rule.logs) {
      if (this.#matches.length < reportRulesMax) this.#matches.push(describeMatch(state, rule));
      else this.#matchesDropped++;
    }
    switch (rule.disruptive) {
      case 'pass':
        return false;
      case 'allow':
        return this.#allow(phase, 4);
      case 'allow-request':
        return this.#allow(phase, 2);
      case 'allow-phase':
        return this.#allow(phase, phase);
      case 'deny':
      case 'drop':
      case 'redirect':
        return this.#interrupt(rule, rule.disruptive, phase);
      default:
        return rule.disruptive satisfies never;
    }
  }

  /**
   * Holds in detection-only mode too: that mode reports what mode `on` would do, and mode `on` would have stopped
   * looking here.
   */
  #allow(phase: Phase, until: number): boolean {
    this.#allowedUntil = Math.max(this.#allowedUntil, until);
    return phase !== 5;
  }

  /** In phase 5 there is nothing left to interrupt; in detection-only mode it is noted, and the rules go on. */
  #interrupt(rule: CompiledRule, action: Interruption['action'], phase: Phase): boolean {
    if (phase === 5) return false;
    if (this.#interruptedBy === 0) this.#interruptedBy = rule.id;
    if (this.#state.engineMode !== 'on') return false;
    const location = rule.location === null ? '' : this.#state.expand(rule.location);
    this.#interruption = { action, status: rule.status, location, ruleId: rule.id };
    return true;
  }
}
