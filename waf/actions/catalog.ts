/** Every action of SecLang: what group it belongs to, and whether it takes a value. */

/**
 * The groups. `metadata` describes, `logging` says what is recorded, `disruptive` decides over the exchange, `flow`
 * moves within the phase, `matching` changes how the rule is evaluated, `immediate` runs once per match; `inert` words
 * are accepted with a warning, `refused` ones are errors.
 */
export type ActionGroup =
  | 'metadata'
  | 'logging'
  | 'disruptive'
  | 'flow'
  | 'matching'
  | 'immediate'
  | 'inert'
  | 'refused';

export interface ActionDefinition {
  /** As in SecLang. */
  readonly name: string;
  readonly group: ActionGroup;
  readonly value: 'required' | 'optional' | 'none';
  /** Why it has no effect, or is refused; '' otherwise. */
  readonly reason: string;
}

const noPersistence = 'persistent collections are not supported here yet';
const noContentChange = 'the engine never changes a message';
const masking = 'values are masked where they are captured, by the rules of the node';

/** All actions. */
export const actionDefinitions: readonly ActionDefinition[] = [
  define('id', 'metadata', 'required'),
  define('phase', 'metadata', 'required'),
  define('msg', 'metadata', 'required'),
  define('logdata', 'metadata', 'required'),
  define('severity', 'metadata', 'required'),
  define('tag', 'metadata', 'required'),
  define('rev', 'metadata', 'required'),
  define('ver', 'metadata', 'required'),
  define('maturity', 'metadata', 'required'),
  define('accuracy', 'metadata', 'required'),

  define('log', 'logging', 'none'),
  define('nolog', 'logging', 'none'),
  define('auditlog', 'logging', 'none'),
  define('noauditlog', 'logging', 'none'),

  define('deny', 'disruptive', 'none'),
  define('drop', 'disruptive', 'none'),
  define('block', 'disruptive', 'none'),
  define('pass', 'disruptive', 'none'),
  define('allow', 'disruptive', 'optional'),
  define('redirect', 'disruptive', 'required'),
  define('status', 'disruptive', 'required'),

  define('chain', 'flow', 'none'),
  define('skip', 'flow', 'required'),
  define('skipAfter', 'flow', 'required'),

  define('t', 'matching', 'required'),
  define('capture', 'matching', 'none'),
  define('multiMatch', 'matching', 'none'),

  define('setvar', 'immediate', 'required'),
  define('setenv', 'immediate', 'required'),
  define('ctl', 'immediate', 'required'),

  define('xmlns', 'inert', 'required', 'XPath is not supported'),
  define('sanitiseArg', 'inert', 'required', masking),
  define('sanitiseMatched', 'inert', 'none', masking),
  define('sanitiseMatchedBytes', 'inert', 'optional', masking),
  define('sanitiseRequestHeader', 'inert', 'required', masking),
  define('sanitiseResponseHeader', 'inert', 'required', masking),

  define('initcol', 'refused', 'required', noPersistence),
  define('setsid', 'refused', 'required', noPersistence),
  define('setuid', 'refused', 'required', noPersistence),
  define('setrsc', 'refused', 'required', noPersistence),
  define('expirevar', 'refused', 'required', noPersistence),
  define('deprecatevar', 'refused', 'required', noPersistence),
  define('exec', 'refused', 'required', 'rules cannot start programs'),
  define('append', 'refused', 'required', noContentChange),
  define('prepend', 'refused', 'required', noContentChange),
  define('pause', 'refused', 'required', 'a rule cannot hold an exchange; use a limit or a decision'),
  define('proxy', 'refused', 'required', 'routes are configured in the node, not in rules'),
];

/** Lower-case name -> definition. */
export const actionsByName: ReadonlyMap<string, ActionDefinition> = new Map(
  actionDefinitions.map((definition) => [definition.name.toLowerCase(), definition]),
);

function define(
  name: string,
  group: ActionGroup,
  value: ActionDefinition['value'],
  reason = '',
): ActionDefinition {
  return { name, group, value, reason };
}
