/** `ctl`: changes how the rest of this one transaction is inspected. Rules that ran already are not taken back. */
import type { TargetExclusion } from '../plan/target-exclusion.ts';
import type { Place } from '../seclang/diagnostic.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import { isInRanges, parseIdRanges } from '../seclang/rule-ids.ts';
import type { AuditEngine, EngineMode, TransactionState } from '../transaction/state.ts';
import type { CompiledAction } from './action.ts';
import type { PlacedText } from './action-list.ts';

/** What a `ctl` may ask about the rule set that it belongs to. */
export interface ControlContext {
  /** Ordinals of the starters whose rule fits. */
  selectRules(fits: (rule: SelectableRule) => boolean): number[];
  /** Reads a target list in which each entry is taken out, whether or not it has a `!`. */
  compileExclusions(text: string, placeAt: (index: number) => Place): TargetExclusion[];
  error(place: Place, message: string): void;
  warning(place: Place, message: string): void;
}

export interface SelectableRule {
  readonly id: number;
  readonly tags: readonly string[];
  readonly message: string;
}

type Change = (state: TransactionState) => void;

/** Compiles the value of a `ctl`; null when it was reported, or has no effect. */
export function compileControl(value: PlacedText, context: ControlContext): CompiledAction | null {
  const equals = value.text.indexOf('=');
  const name = (equals === -1 ? value.text : value.text.slice(0, equals)).trim();
  if (equals === -1) {
    context.error(value.placeAt(0), `expected "ctl:${name}=value", met "${value.text}"`);
    return null;
  }
  const setting: PlacedText = {
    text: value.text.slice(equals + 1).trim(),
    placeAt: (index) => value.placeAt(equals + 1 + index),
  };
  const compile = controls.get(name.toLowerCase());
  if (compile === undefined) {
    const hint = didYouMean(name, controlNames);
    context.error(value.placeAt(0), `unknown setting "${name}" of ctl${hint}`);
    return null;
  }
  const change = compile(setting, context);
  return change === null ? null : { run: change };
}

const onOff: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['off', false],
]);

const engineModes: ReadonlyMap<string, EngineMode> = new Map([
  ['on', 'on'],
  ['off', 'off'],
  ['detectiononly', 'detection-only'],
]);

const auditEngines: ReadonlyMap<string, AuditEngine> = new Map([
  ['on', 'on'],
  ['off', 'off'],
  ['relevantonly', 'relevant-only'],
]);

const processors: ReadonlyMap<string, string> = new Map([
  ['urlencoded', 'URLENCODED'],
  ['multipart', 'MULTIPART'],
  ['json', 'JSON'],
  ['raw', 'RAW'],
  ['xml', 'XML'],
]);

type Compile = (setting: PlacedText, context: ControlContext) => Change | null;

const controlNames: readonly string[] = [
  'ruleEngine',
  'auditEngine',
  'auditLogParts',
  'requestBodyAccess',
  'requestBodyLimit',
  'requestBodyProcessor',
  'forceRequestBodyVariable',
  'responseBodyAccess',
  'responseBodyLimit',
  'responseBodyProcessor',
  'forceResponseBodyVariable',
  'ruleRemoveById',
  'ruleRemoveByTag',
  'ruleRemoveByMsg',
  'ruleRemoveTargetById',
  'ruleRemoveTargetByTag',
  'ruleRemoveTargetByMsg',
  'debugLogLevel',
  'hashEngine',
  'hashEnforcement',
];

const controls: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ['ruleengine', choice(engineModes, 'On, Off or DetectionOnly', (state, mode) => state.setEngineMode(mode))],
  [
    'auditengine',
    choice(auditEngines, 'On, Off or RelevantOnly', (state, mode) => {
      state.auditEngine = mode;
    }),
  ],
  [
    'requestbodyaccess',
    choice(onOff, 'On or Off', (state, on) => {
      state.requestBodyAccess = on;
    }),
  ],
  [
    'responsebodyaccess',
    choice(onOff, 'On or Off', (state, on) => {
      state.responseBodyAccess = on;
    }),
  ],
  [
    'forcerequestbodyvariable',
    choice(onOff, 'On or Off', (state, on) => {
      state.forcesRequestBody = on;
    }),
  ],
  ['requestbodyprocessor', requestBodyProcessor],
  ['ruleremovebyid', removeRulesById],
  ['ruleremovebytag', removeRulesBy((rule, text) => rule.tags.includes(text), 'tag')],
  ['ruleremovebymsg', removeRulesBy((rule, text) => rule.message === text, 'msg')],
  ['ruleremovetargetbyid', removeTargets('id')],
  ['ruleremovetargetbytag', removeTargets('tag')],
  ['ruleremovetargetbymsg', removeTargets('msg')],
  ['auditlogparts', inert('there is no audit log with parts yet')],
  ['requestbodylimit', inert('the inspection cap is configured in the node')],
  ['responsebodylimit', inert('the inspection cap is configured in the node')],
  ['responsebodyprocessor', inert('response bodies are inspected as they are')],
  ['forceresponsebodyvariable', inert('RESPONSE_BODY is always filled when the body is inspected')],
  ['debugloglevel', inert('there is no debug log')],
  ['hashengine', inert('links are not hashed')],
  ['hashenforcement', inert('links are not hashed')],
]);

function choice<T>(
  words: ReadonlyMap<string, T>,
  expected: string,
  apply: (state: TransactionState, chosen: T) => void,
): Compile {
  return (setting, context) => {
    const chosen = words.get(setting.text.toLowerCase());
    if (chosen === undefined) {
      context.error(setting.placeAt(0), `expected ${expected}, met "${setting.text}"`);
      return null;
    }
    return (state) => apply(state, chosen);
  };
}

function inert(why: string): Compile {
  return (setting, context) => {
    context.warning(setting.placeAt(0), `this ctl has no effect: ${why}`);
    return null;
  };
}

function requestBodyProcessor(setting: PlacedText, context: ControlContext): Change | null {
  const processor = processors.get(setting.text.toLowerCase());
  if (processor === undefined) {
    const hint = didYouMean(setting.text, processors.values());
    context.error(
      setting.placeAt(0),
      `expected URLENCODED, MULTIPART, JSON, XML or RAW, met "${setting.text}"${hint}`,
    );
    return null;
  }
  if (processor === 'XML') {
    context.warning(setting.placeAt(0), 'XML bodies are not parsed yet: only REQUEST_BODY holds them');
  }
  return (state) => {
    state.body.processor = processor;
  };
}

function removeRulesById(setting: PlacedText, context: ControlContext): Change | null {
  const ranges = parseIdRanges(setting.text);
  if (typeof ranges === 'string') {
    context.error(setting.placeAt(0), ranges);
    return null;
  }
  return removal(
    context.selectRules((rule) => isInRanges(rule.id, ranges)),
    setting,
    context,
  );
}

/** Tags and messages are compared as whole texts, as in ModSecurity 3 and Coraza. */
function removeRulesBy(fits: (rule: SelectableRule, text: string) => boolean, what: string): Compile {
  return (setting, context) => {
    if (setting.text === '') {
      context.error(setting.placeAt(0), `expected a ${what}, met nothing`);
      return null;
    }
    return removal(
      context.selectRules((rule) => fits(rule, setting.text)),
      setting,
      context,
    );
  };
}

function removal(ordinals: readonly number[], setting: PlacedText, context: ControlContext): Change | null {
  if (ordinals.length === 0) {
    warnOfNoRule(setting.text, setting.placeAt(0), context);
    return null;
  }
  return (state) => state.removeRules(ordinals);
}

function removeTargets(by: 'id' | 'tag' | 'msg'): Compile {
  return (setting, context) => {
    const semicolon = setting.text.indexOf(';');
    const selection = setting.text.slice(0, semicolon === -1 ? undefined : semicolon).trim();
    if (semicolon === -1 || selection === '') {
      context.error(setting.placeAt(0), `expected "${by};TARGET", met "${setting.text}"`);
      return null;
    }
    const ranges = by === 'id' ? parseIdRanges(selection) : [];
    if (typeof ranges === 'string') {
      context.error(setting.placeAt(0), ranges);
      return null;
    }
    const ordinals = context.selectRules((rule) => {
      if (by === 'id') return isInRanges(rule.id, ranges);
      return by === 'tag' ? rule.tags.includes(selection) : rule.message === selection;
    });
    const exclusions = context.compileExclusions(setting.text.slice(semicolon + 1), (index) =>
      setting.placeAt(semicolon + 1 + index),
    );
    if (exclusions.length === 0) return null;
    if (ordinals.length === 0) {
      warnOfNoRule(selection, setting.placeAt(0), context);
      return null;
    }
    return (state) => state.excludeTargets(ordinals, exclusions);
  };
}

function warnOfNoRule(selection: string, place: Place, context: ControlContext): void {
  context.warning(place, `this ctl has no effect: no rule of the set fits "${selection}"`);
}
