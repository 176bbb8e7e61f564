/** Where directives leave what they say: the rules so far, the chain that is open, the defaults in force. */
import type { ActionList } from '../actions/action-list.ts';
import type { Phase } from '../variables/definition.ts';
import type { Diagnostics, Place } from './diagnostic.ts';
import { formatPlace } from './diagnostic.ts';
import type { DraftItem, RuleDraft, RulesetDraft, SettingsDraft } from './rule-draft.ts';
import type { Word } from './source-text.ts';

/** A directive that changes rules and found none above it. */
interface WaitingChange {
  readonly word: Word;
  readonly fits: (rule: RuleDraft) => boolean;
  readonly change: (rules: readonly RuleDraft[]) => void;
}

/** Directives act in the order in which they stand, so this is filled from top to bottom. */
export class Assembly {
  readonly diagnostics: Diagnostics;
  readonly items: DraftItem[] = [];
  readonly settings: SettingsDraft = {
    requestBodyAccess: true,
    responseBodyAccess: false,
    responseBodyTypes: new Set(['text/plain', 'text/html', 'text/xml']),
    argumentsMax: undefined,
    depthMax: undefined,
  };
  readonly #rulesById: Map<number, RuleDraft> = new Map();
  readonly #defaults: Map<Phase, { readonly list: ActionList; readonly place: Place }> = new Map();
  readonly #waiting: WaitingChange[] = [];
  /** The last rule of a chain that expects one more. */
  #openLink: RuleDraft | null = null;

  constructor(diagnostics: Diagnostics) {
    this.diagnostics = diagnostics;
  }

  get isChainOpen(): boolean {
    return this.#openLink !== null;
  }

  /** The default actions for rules of `phase` that follow here. */
  defaultsFor(phase: Phase): ActionList | null {
    return this.#defaults.get(phase)?.list ?? null;
  }

  setDefaults(phase: Phase, list: ActionList, place: Place): void {
    const known = this.#defaults.get(phase);
    if (known !== undefined) {
      const message = `phase ${phase} has a SecDefaultAction already (${formatPlace(known.place)}); remove one of them`;
      this.diagnostics.error(place, message);
      return;
    }
    this.#defaults.set(phase, { list, place });
  }

  /** Appends a starter or the next link of the open chain. */
  addRule(rule: RuleDraft): void {
    if (this.#openLink === null) {
      this.#addStarter(rule);
    } else {
      this.#openLink.link = rule;
    }
    this.#openLink = rule.actions.isChainStart ? rule : null;
  }

  /** Names may repeat: a rule jumps to the next one behind it. */
  addMarker(marker: string, place: Place): void {
    this.items.push({ marker, place });
  }

  /** Ends a chain that lacks its next rule, because something else stands there. */
  closeChain(place: Place, met: string): void {
    if (this.#openLink === null) return;
    const start = formatPlace(this.#openLink.place);
    this.diagnostics.error(
      place,
      `expected the next SecRule of the chain from ${start}, met ${met}; remove "chain" there or add the rule`,
    );
    this.#openLink = null;
  }

  /** Changes the starters above that fit; if there is none, waits for the end of the set. */
  changeRules(
    word: Word,
    fits: (rule: RuleDraft) => boolean,
    change: (rules: readonly RuleDraft[]) => void,
  ): void {
    const selected = this.#selectRules(fits);
    if (selected.length > 0) change(selected);
    else this.#waiting.push({ word, fits, change });
  }

  finish(): RulesetDraft {
    const last = this.#openLink;
    if (last !== null) {
      this.diagnostics.error(
        last.place,
        'this rule has "chain" and no rule follows; remove "chain" or add the rule',
      );
      this.#openLink = null;
    }
    for (const { word, fits, change } of this.#waiting) {
      const selected = this.#selectRules(fits);
      if (selected.length > 0) change(selected);
      else
        this.diagnostics.warning(
          word.placeAt(0),
          `this has no effect: no rule of the set fits "${word.text}"`,
        );
    }
    return { items: this.items, settings: this.settings };
  }

  #selectRules(fits: (rule: RuleDraft) => boolean): RuleDraft[] {
    const selected: RuleDraft[] = [];
    for (const item of this.items) {
      if (!('marker' in item) && !item.isRemoved && fits(item)) selected.push(item);
    }
    return selected;
  }

  #addStarter(rule: RuleDraft): void {
    this.items.push(rule);
    const { id, idPlace } = rule.actions;
    if (id === undefined) {
      this.diagnostics.error(
        rule.place,
        'expected an id among the actions of the rule; add "id:..." with a number that no other rule has',
      );
      return;
    }
    const known = this.#rulesById.get(id);
    if (known !== undefined && !known.isRemoved) {
      const message = `the id ${id} belongs to the rule at ${formatPlace(known.place)} already; ids are unique`;
      this.diagnostics.error(idPlace ?? rule.place, message);
      return;
    }
    this.#rulesById.set(id, rule);
  }
}
