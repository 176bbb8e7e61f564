/** SecRule, SecAction, SecMarker, SecDefaultAction. */
import { ActionList, applyActions } from '../actions/action-list.ts';
import { parseActions } from './action-syntax.ts';
import type { Assembly } from './assembly.ts';
import type { Directive } from './directive.ts';
import { parseOperator } from './operator-syntax.ts';
import type { RuleDraft } from './rule-draft.ts';
import type { Word } from './source-text.ts';
import type { Statement } from './statement.ts';
import { parseTargets } from './target-syntax.ts';

export const ruleDirectives: readonly Directive[] = [
  {
    name: 'SecRule',
    wordsMin: 2,
    wordsMax: 3,
    usage: 'SecRule TARGETS OPERATOR "ACTIONS"',
    isRule: true,
    apply: (assembly, { directive, words }) => {
      const targets = parseTargets(words[0]!, assembly.diagnostics);
      const operator = parseOperator(words[1]!);
      addRule(assembly, directive, words[2], { targets, operator });
    },
  },
  {
    name: 'SecAction',
    wordsMin: 1,
    wordsMax: 1,
    usage: 'SecAction "ACTIONS"',
    isRule: true,
    apply: (assembly, { directive, words }) =>
      addRule(assembly, directive, words[0], { targets: [], operator: null }),
  },
  {
    name: 'SecMarker',
    wordsMin: 1,
    wordsMax: 1,
    usage: 'SecMarker NAME',
    isRule: false,
    apply: (assembly, { words }) => assembly.addMarker(words[0]!.text, words[0]!.placeAt(0)),
  },
  {
    name: 'SecDefaultAction',
    wordsMin: 1,
    wordsMax: 1,
    usage: 'SecDefaultAction "phase:N,DISRUPTIVE,..."',
    isRule: false,
    apply: applyDefaults,
  },
];

function addRule(
  assembly: Assembly,
  directive: Word,
  actionWord: Word | undefined,
  matched: Pick<RuleDraft, 'targets' | 'operator'>,
): void {
  const actions = new ActionList();
  if (actionWord !== undefined) {
    applyActions(actions, parseActions(actionWord, assembly.diagnostics), assembly.diagnostics);
  }
  const isLink = assembly.isChainOpen;
  if (isLink && actions.starterOnly !== undefined) {
    const { name, place } = actions.starterOnly;
    assembly.diagnostics.error(place, `"${name}" belongs to the first rule of a chain, not to a later one`);
  }
  actions.phase ??= 2;
  const defaults = isLink ? null : assembly.defaultsFor(actions.phase);
  assembly.addRule({
    place: directive.placeAt(0),
    ...matched,
    actions,
    defaults,
    link: null,
    isRemoved: false,
  });
}

/**
 * The defaults hold for the rules that follow, one list per phase.
 *
 * Source: evidence/waf.md, 3.1: they need a phase and a disruptive action, and may have neither `id` nor `msg` nor `t:`. A tag is taken: CRS 3 set-ups tag
 * all rules with the host that way.
 */
function applyDefaults(assembly: Assembly, { directive, words }: Statement): void {
  const { diagnostics } = assembly;
  const word = words[0]!;
  const list = new ActionList();
  applyActions(list, parseActions(word, diagnostics), diagnostics);
  const place = directive.placeAt(0);
  const transformation = list.transformations.find((each) => each.text.toLowerCase() !== 'none');
  if (transformation !== undefined) {
    diagnostics.error(
      transformation.placeAt(0),
      'SecDefaultAction cannot have transformations; put them into the rules',
    );
  }
  const isRuleOnly =
    list.id !== undefined || list.message !== null || list.isChainStart || list.flowPlace !== undefined;
  if (isRuleOnly) {
    diagnostics.error(
      place,
      'SecDefaultAction cannot have id, msg, chain, skip or skipAfter; put them into the rules',
    );
  }
  if (list.phase === undefined) {
    diagnostics.error(place, 'SecDefaultAction needs a phase: add "phase:1" to "phase:5"');
    return;
  }
  if (list.disruptive === undefined) {
    diagnostics.error(
      place,
      'SecDefaultAction needs a disruptive action: add deny, drop, redirect, allow or pass',
    );
    return;
  }
  if (list.disruptive === 'block') {
    const message = '"block" means the default action itself; expected deny, drop, redirect, allow or pass';
    diagnostics.error(list.disruptivePlace ?? place, message);
    return;
  }
  assembly.setDefaults(list.phase, list, place);
}
