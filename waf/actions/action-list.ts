/**
 * The actions of one rule, sorted out: what was written, checked word by word, before it is known what other rules
 * there are. Later lists (`SecRuleUpdateActionById`) are applied on top of it in the same way.
 */

import type { ActionSyntax } from '../seclang/action-syntax.ts';
import type { Diagnostics, Place } from '../seclang/diagnostic.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import { ruleIdMax } from '../seclang/rule-ids.ts';
import type { Phase } from '../variables/definition.ts';
import { type ActionDefinition, actionDefinitions, actionsByName } from './catalog.ts';
import { parseSeverity, severityNames } from './severity.ts';

/** What a rule decides when its whole chain matched. */
export type DisruptiveKind =
  | 'block'
  | 'pass'
  | 'deny'
  | 'drop'
  | 'redirect'
  | 'allow'
  | 'allow-phase'
  | 'allow-request';

/** A text with the place of each of its characters. */
export interface PlacedText {
  readonly text: string;
  readonly placeAt: (index: number) => Place;
}

/** The sorted actions. `undefined` and null mean that the list did not say. */
export class ActionList {
  id: number | undefined;
  idPlace: Place | undefined;
  phase: Phase | undefined;
  message: PlacedText | null = null;
  logData: PlacedText | null = null;
  severity: number | undefined;
  readonly tags: PlacedText[] = [];
  revision = '';
  ver = '';
  logs: boolean | undefined;
  auditLogs: boolean | undefined;
  disruptive: DisruptiveKind | undefined;
  disruptivePlace: Place | undefined;
  status: number | undefined;
  location: PlacedText | null = null;
  isChainStart = false;
  skip = 0;
  skipAfter: PlacedText | null = null;
  flowPlace: Place | undefined;
  readonly transformations: PlacedText[] = [];
  isCapturing = false;
  isMultiMatch = false;
  /** `setvar`, `setenv`, `ctl` in order, with values. */
  readonly immediate: { readonly name: string; readonly value: PlacedText }[] = [];
  /** Names of the actions of refused and inert groups are reported when the rule is compiled. */
  readonly reported: { readonly definition: ActionDefinition; readonly place: Place }[] = [];
  /** The first action that only the starter of a chain may have. */
  starterOnly: { readonly name: string; readonly place: Place } | undefined;
}

/** Applies written actions to `list`; what is wrong is reported and has no effect. */
export function applyActions(
  list: ActionList,
  actions: readonly ActionSyntax[],
  diagnostics: Diagnostics,
): void {
  for (const action of actions) {
    const definition = actionsByName.get(action.name.toLowerCase());
    if (definition === undefined) {
      const hint = didYouMean(
        action.name,
        actionDefinitions.map((each) => each.name),
      );
      diagnostics.error(action.place, `unknown action "${action.name}"${hint}`);
    } else if (definition.value === 'required' && (action.value === undefined || action.value === '')) {
      diagnostics.error(
        action.place,
        `action "${definition.name}" needs a value: write "${definition.name}:..."`,
      );
    } else if (definition.value === 'none' && action.value !== undefined) {
      diagnostics.error(
        action.valuePlaceAt(0),
        `action "${definition.name}" takes no value, met "${action.value}"`,
      );
    } else {
      applyAction(list, definition, action, diagnostics);
    }
  }
}

function applyAction(
  list: ActionList,
  definition: ActionDefinition,
  action: ActionSyntax,
  diagnostics: Diagnostics,
): void {
  const value: PlacedText = { text: action.value ?? '', placeAt: action.valuePlaceAt };
  switch (definition.group) {
    case 'metadata':
      list.starterOnly ??= { name: definition.name, place: action.place };
      applyMetadata(list, definition.name, value, action.place, diagnostics);
      break;
    case 'logging':
      applyLogging(list, definition.name);
      break;
    case 'disruptive':
      // ModSecurity 3 takes a status on any rule of a chain.
      if (definition.name !== 'status') list.starterOnly ??= { name: definition.name, place: action.place };
      applyDisruptive(list, definition.name, value, action.place, diagnostics);
      break;
    case 'flow':
      applyFlow(list, definition.name, value, action.place, diagnostics);
      break;
    case 'matching':
      if (definition.name === 't') list.transformations.push(value);
      else if (definition.name === 'capture') list.isCapturing = true;
      else list.isMultiMatch = true;
      break;
    case 'immediate':
      list.immediate.push({ name: definition.name, value });
      break;
    case 'inert':
    case 'refused':
      list.reported.push({ definition, place: action.place });
      break;
  }
}

const phaseNames: ReadonlyMap<string, Phase> = new Map([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['4', 4],
  ['5', 5],
  ['request', 2],
  ['response', 4],
  ['logging', 5],
]);

function applyMetadata(
  list: ActionList,
  name: string,
  value: PlacedText,
  place: Place,
  diagnostics: Diagnostics,
): void {
  const { text } = value;
  const expected = (what: string): void =>
    diagnostics.error(value.placeAt(0), `expected ${what} for "${name}", met "${text}"`);
  switch (name) {
    case 'id':
      if (!/^\d{1,10}$/.test(text) || Number(text) < 1 || Number(text) > ruleIdMax) {
        expected(`a number from 1 to ${ruleIdMax}`);
      } else {
        list.id = Number(text);
        list.idPlace = value.placeAt(0);
      }
      break;
    case 'phase': {
      const phase = phaseNames.get(text.toLowerCase());
      if (phase === undefined) expected('1 to 5, request (2), response (4) or logging (5)');
      else list.phase = phase;
      break;
    }
    case 'severity': {
      const severity = parseSeverity(text);
      if (severity === undefined) expected(`0 to 7 or one of ${severityNames.join(', ')}`);
      else list.severity = severity;
      break;
    }
    case 'maturity':
    case 'accuracy':
      if (!/^[1-9]$/.test(text)) expected('a number from 1 to 9');
      break;
    case 'msg':
      list.message = value;
      break;
    case 'logdata':
      list.logData = value;
      break;
    case 'tag':
      if (!list.tags.some((tag) => tag.text === text)) list.tags.push(value);
      break;
    case 'rev':
      list.revision = text;
      break;
    case 'ver':
      list.ver = text;
      break;
    default:
      diagnostics.error(place, `action "${name}" is not metadata`);
  }
}

/** `nolog` silences the audit log too, unless a later `auditlog` asks for it. Source: ModSecurity reference, "nolog". */
function applyLogging(list: ActionList, name: string): void {
  if (name === 'log' || name === 'nolog') list.logs = list.auditLogs = name === 'log';
  else list.auditLogs = name === 'auditlog';
}

function applyDisruptive(
  list: ActionList,
  name: string,
  value: PlacedText,
  place: Place,
  diagnostics: Diagnostics,
): void {
  if (name === 'status') {
    const status = Number(value.text);
    if (!/^\d{3}$/.test(value.text) || status < 200 || status > 599) {
      diagnostics.error(value.placeAt(0), `expected a status from 200 to 599, met "${value.text}"`);
    } else {
      list.status = status;
    }
    return;
  }
  let kind: DisruptiveKind;
  switch (name) {
    case 'allow':
      if (value.text === '') {
        kind = 'allow';
      } else if (value.text === 'phase' || value.text === 'request') {
        kind = value.text === 'phase' ? 'allow-phase' : 'allow-request';
      } else {
        const message = `expected "allow", "allow:phase" or "allow:request", met "allow:${value.text}"`;
        diagnostics.error(value.placeAt(0), message + didYouMean(value.text, ['phase', 'request']));
        return;
      }
      break;
    case 'redirect':
      kind = 'redirect';
      list.location = value;
      break;
    case 'deny':
    case 'drop':
    case 'block':
    case 'pass':
      kind = name;
      break;
    default:
      throw new Error(`no disruptive action: ${name}`);
  }
  list.disruptive = kind;
  list.disruptivePlace = place;
}

function applyFlow(
  list: ActionList,
  name: string,
  value: PlacedText,
  place: Place,
  diagnostics: Diagnostics,
): void {
  if (name === 'chain') {
    list.isChainStart = true;
    return;
  }
  list.starterOnly ??= { name, place };
  list.flowPlace = place;
  if (name === 'skipAfter') {
    list.skipAfter = value;
  } else if (/^[1-9]\d{0,5}$/.test(value.text)) {
    list.skip = Number(value.text);
  } else {
    diagnostics.error(value.placeAt(0), `expected the number of rules to skip, met "${value.text}"`);
  }
}
