/**
 * SecRuleRemoveBy* and SecRuleUpdate*: changes to other rules.
 *
 * A directive changes the rules above it that fit. When none does, it waits for the end of the set and changes what fits
 * then: ModSecurity 2 and Coraza want it behind the rules, ModSecurity 3 takes it anywhere.
 */
import { applyActions } from '../actions/action-list.ts';
import { parseActions } from './action-syntax.ts';
import type { Assembly } from './assembly.ts';
import { Diagnostics } from './diagnostic.ts';
import type { Directive } from './directive.ts';
import type { RuleDraft } from './rule-draft.ts';
import { isInRanges, parseIdRanges } from './rule-ids.ts';
import type { Word } from './source-text.ts';
import type { Statement } from './statement.ts';
import { parseTargets } from './target-syntax.ts';

type Fits = (rule: RuleDraft) => boolean;

/** Which rules a word means; null when it was reported. */
type Select = (assembly: Assembly, word: Word) => Fits | null;

export const exclusionDirectives: readonly Directive[] = [
  {
    name: 'SecRuleRemoveById',
    wordsMin: 1,
    wordsMax: Number.POSITIVE_INFINITY,
    usage: 'SecRuleRemoveById ID|FIRST-LAST ...',
    isRule: false,
    apply: (assembly, statement) => removeRules(assembly, statement, selectById),
  },
  removal('SecRuleRemoveByTag', 'TAG', selectByTag),
  removal('SecRuleRemoveByMsg', 'MSG', selectByMessage),
  targetUpdate('SecRuleUpdateTargetById', 'ID', selectById),
  targetUpdate('SecRuleUpdateTargetByTag', 'TAG', selectByTag),
  targetUpdate('SecRuleUpdateTargetByMsg', 'MSG', selectByMessage),
  {
    name: 'SecRuleUpdateActionById',
    wordsMin: 2,
    wordsMax: 2,
    usage: 'SecRuleUpdateActionById ID "ACTIONS"',
    isRule: false,
    apply: updateActions,
  },
];

function removal(name: string, what: string, select: Select): Directive {
  return {
    name,
    wordsMin: 1,
    wordsMax: 1,
    usage: `${name} ${what}`,
    isRule: false,
    apply: (assembly, statement) => removeRules(assembly, statement, select),
  };
}

function removeRules(assembly: Assembly, { words }: Statement, select: Select): void {
  for (const word of words) {
    const fits = select(assembly, word);
    if (fits === null) continue;
    assembly.changeRules(word, fits, (rules) => {
      for (const rule of rules) rule.isRemoved = true;
    });
  }
}

/** Appended to the starter's targets: `!ARGS:a` takes an instance out, `ARGS:a` puts one in. */
function targetUpdate(name: string, what: string, select: Select): Directive {
  return {
    name,
    wordsMin: 2,
    wordsMax: 3,
    usage: `${name} ${what} "TARGETS" [REPLACED]`,
    isRule: false,
    apply: (assembly, { words }) => {
      const { diagnostics } = assembly;
      const [selection, targetWord, replacedWord] = words;
      const targets = parseTargets(targetWord!, diagnostics);
      const replaced = replacedWord === undefined ? [] : parseTargets(replacedWord, diagnostics);
      const isReplaced = (variable: string, key: string): boolean =>
        replaced.some(
          (each) =>
            each.variable.toUpperCase() === variable.toUpperCase() &&
            each.key.toLowerCase() === key.toLowerCase(),
        );
      const fits = select(assembly, selection!);
      if (fits === null) return;
      assembly.changeRules(selection!, fits, (rules) => {
        for (const rule of rules) {
          if (rule.operator === null) {
            const message = `rule ${rule.actions.id} is a SecAction and has no targets`;
            diagnostics.warning(selection!.placeAt(0), message);
            continue;
          }
          const kept = rule.targets.filter((each) => !isReplaced(each.variable, each.key));
          rule.targets.length = 0;
          rule.targets.push(...kept, ...targets);
        }
      });
    },
  };
}

/** `ID:N` means the Nth rule behind the starter. */
function updateActions(assembly: Assembly, { words }: Statement): void {
  const { diagnostics } = assembly;
  const [idWord, actionWord] = words;
  const linked = /^(\d+):(\d+)$/.exec(idWord!.text);
  const linkNumber = linked === null ? 0 : Number(linked[2]);
  const actions = parseActions(actionWord!, diagnostics);
  const fixed = actions.find((each) => ['id', 'phase', 'chain'].includes(each.name.toLowerCase()));
  if (fixed !== undefined) {
    diagnostics.error(fixed.place, `"${fixed.name}" of a rule cannot be changed; write a rule of your own`);
    return;
  }
  const fits: Fits | null =
    linked === null
      ? selectById(assembly, idWord!)
      : (rule) => rule.actions.id === Number(linked[1]) && linkAt(rule, linkNumber) !== null;
  if (fits === null) return;
  assembly.changeRules(idWord!, fits, (rules) => {
    // What is wrong with the list is said once, not once for each rule.
    let report = diagnostics;
    for (const starter of rules) {
      const rule = linkAt(starter, linkNumber);
      if (rule === null) continue;
      applyActions(rule.actions, actions, report);
      const { starterOnly } = rule.actions;
      if (linkNumber > 0 && starterOnly !== undefined) {
        report.error(
          starterOnly.place,
          `"${starterOnly.name}" belongs to the first rule of a chain, not to a later one`,
        );
      }
      report = new Diagnostics();
    }
  });
}

function linkAt(starter: RuleDraft, number: number): RuleDraft | null {
  let rule: RuleDraft | null = starter;
  for (let n = number; n > 0 && rule !== null; n--) rule = rule.link;
  return rule;
}

function selectById(assembly: Assembly, word: Word): Fits | null {
  const ranges = parseIdRanges(word.text);
  if (typeof ranges === 'string') {
    assembly.diagnostics.error(word.placeAt(0), ranges);
    return null;
  }
  return ({ actions }) => actions.id !== undefined && isInRanges(actions.id, ranges);
}

/** Tags and messages are compared as whole texts. */
function selectByTag(_assembly: Assembly, word: Word): Fits {
  return ({ actions }) => actions.tags.some((tag) => tag.text === word.text);
}

function selectByMessage(_assembly: Assembly, word: Word): Fits {
  return ({ actions }) => actions.message?.text === word.text;
}
