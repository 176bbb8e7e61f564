/** What the compiler says, word for word and place for place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRuleset, formatDiagnostic, type RulesetOptions } from '../engine.ts';

/** Every diagnostic of `text`, warnings behind errors. */
function diagnose(text: string, options: Partial<RulesetOptions> = {}): string[] {
  const result = compileRuleset({
    sources: [{ file: 'r.conf', text }],
    dataFiles: {},
    clock: { nowMs: () => 0 },
    ...options,
  });
  return (result.kind === 'refused' ? result.diagnostics : result.warnings).map(formatDiagnostic);
}

const rows: readonly (readonly [subject: string, text: string, expected: readonly string[]])[] = [
  // Lines, words, quotes.
  ['an empty text', '', []],
  ['comments and empty lines', '# a\n\n   # b\r\n\t\r\n', []],
  ['a byte order mark', '\xef\xbb\xbfSecMarker A', []],
  ['CRLF and continued lines', 'SecRule ARGS \\\r\n  "@rx \\\r\na" \\\r\n  "id:1,\\\r\n   pass"\r\n', []],
  [
    'an open quote',
    'SecMarker "A\nSecMarkr B',
    [
      'r.conf:1:11: expected a closing " before the end of the line; close it, or end the line with a backslash to continue it',
      'r.conf:2:1: unknown directive "SecMarkr"; did you mean "SecMarker"?',
    ],
  ],
  [
    'blanks behind a backslash',
    'SecAction "id:1,\\  \n  pass"\nSecMarker B',
    ['r.conf:1:17: a backslash continues a line only as its last character; remove the blanks behind it'],
  ],
  [
    'text behind a closing quote',
    'SecAction "id:1,msg:"a",pass"',
    [
      'r.conf:1:22: expected a blank after the closing ", met "a"; put a backslash before a " that belongs to the word',
    ],
  ],
  [
    'a comment with a backslash before rules',
    '# off \\\nSecMarker A',
    [
      'r.conf:1:7: warning: a comment ends with its line: the next line is read as rules, although Apache would take it into the comment; remove the backslash or comment the next line too',
    ],
  ],
  ['a commented rule of several lines', '# SecRule ARGS \\\n#   "@rx a"\n', []],
  [
    'a text that was decoded',
    'SecMarker \u2013',
    ['r.conf:1:11: expected bytes, met the character "\u2013"; read rule files as latin1, not as UTF-8'],
  ],

  // Directives.
  [
    'an unknown directive',
    '\n  SecRul ARGS "@rx a"',
    ['r.conf:2:3: unknown directive "SecRul"; did you mean "SecRule"?'],
  ],
  ['a directive like none', 'Frobnicate', ['r.conf:1:1: unknown directive "Frobnicate"']],
  [
    'too few words',
    'SecRule ARGS',
    [
      'r.conf:1:1: expected "SecRule TARGETS OPERATOR "ACTIONS"", met 1 word behind SecRule; put words with blanks in quotes',
    ],
  ],
  [
    'too many words',
    'SecMarker A B',
    ['r.conf:1:1: expected "SecMarker NAME", met 2 words behind SecMarker; put words with blanks in quotes'],
  ],
  [
    'a directive without effect',
    'SecRuleEngine On',
    [
      'r.conf:1:1: warning: SecRuleEngine has no effect here: the mode is configured per route in the node; ctl:ruleEngine works',
    ],
  ],
  [
    'a refused directive',
    'SecRemoteRules key https://a.test/',
    ['r.conf:1:1: SecRemoteRules is not supported: rules are never fetched from elsewhere by a rule file'],
  ],
  [
    'On or Off',
    'SecRequestBodyAccess Onn',
    ['r.conf:1:22: expected On or Off, met "Onn"; did you mean "On"?'],
  ],
  ['a count', 'SecArgumentsLimit 0', ['r.conf:1:19: expected a number from 1 to 999999999, met "0"']],

  // Targets.
  [
    'an unknown variable',
    'SecRule ARGS|REQUEST_HEADER:Host "@rx a" "id:1"',
    ['r.conf:1:14: unknown variable "REQUEST_HEADER"; did you mean "REQUEST_HEADERS"?'],
  ],
  [
    'a dot for a colon',
    'SecRule tx.a "@rx a" "id:1"',
    ['r.conf:1:9: unknown variable "tx.a"; write "TX:a" for a key'],
  ],
  [
    'a place in a continued target list',
    'SecRule "ARGS|\\\n  ARGZ" "@rx a" "id:1"',
    ['r.conf:2:3: unknown variable "ARGZ"; did you mean "ARGS"?'],
  ],
  [
    'a persistent collection',
    'SecRule IP:count "@gt 1" "id:1"',
    [
      'r.conf:1:9: IP cannot be used: persistent collections (IP, GLOBAL, SESSION, USER, RESOURCE) are not supported here yet',
    ],
  ],
  [
    'an empty target',
    'SecRule ARGS||FILES "@rx a" "id:1"',
    ['r.conf:1:14: expected a variable, met "|FILES"'],
  ],
  [
    'an empty key',
    'SecRule ARGS:|FILES "@rx a" "id:1"',
    ['r.conf:1:14: expected a key behind "ARGS:", met nothing; leave the colon out to take all of ARGS'],
  ],
  [
    'an open regex selector',
    'SecRule ARGS:/a "@rx a" "id:1"',
    ['r.conf:1:14: expected a closing / for the regex selector of ARGS'],
  ],
  [
    'an open quoted selector',
    'SecRule "ARGS:\'a" "@rx a" "id:1"',
    ["r.conf:1:15: expected a closing ' for the selector of ARGS"],
  ],
  [
    'text behind a selector',
    'SecRule ARGS:/a/b "@rx a" "id:1"',
    ['r.conf:1:17: expected "|" or the end of the list behind a selector, met "b"'],
  ],
  [
    'a key of a variable with one value',
    'SecRule REQUEST_METHOD:a "@rx a" "id:1"',
    ['r.conf:1:9: REQUEST_METHOD has one value and no keys; remove ":a"'],
  ],
  [
    'exclusions only',
    'SecRule !ARGS:a "@rx a" "id:1"',
    ['r.conf:1:9: expected a variable to look at; every target of this rule is an exclusion'],
  ],
  [
    'an excluded count',
    'SecRule ARGS|!&ARGS:a "@rx a" "id:1"',
    ['r.conf:1:14: a count ("&") cannot be excluded; write "!" without "&"'],
  ],
  [
    'a variable that is always empty, said once',
    'SecRule XML:/* "@rx a" "id:1"\nSecRule XML:/* "@rx a" "id:2"',
    [
      'r.conf:1:9: warning: XML never has a value here: XML bodies are not parsed yet; with the processor XML the raw body is in REQUEST_BODY (said once for the whole set)',
    ],
  ],
  [
    'a variable of a later phase',
    'SecRule ARGS_POST "@rx a" "id:1,phase:1"',
    ['r.conf:1:9: warning: ARGS_POST has no value before phase 2, and this rule runs in phase 1'],
  ],

  // Operators.
  [
    'an unknown operator',
    'SecRule ARGS "@contians a" "id:1"',
    ['r.conf:1:15: unknown operator "@contians"; did you mean "@contains"?'],
  ],
  [
    'a refused operator',
    'SecRule ARGS "!@geoLookup" "id:1"',
    ['r.conf:1:16: operator "@geoLookup" is not supported: there is no location database yet'],
  ],
  [
    'an operator without its argument',
    'SecRule ARGS "@eq" "id:1"',
    ['r.conf:1:18: operator "@eq" needs an argument, met nothing'],
  ],
  [
    'an operator with an argument too many',
    'SecRule ARGS "@detectSQLi abc" "id:1"',
    ['r.conf:1:27: warning: operator "@detectSQLi" takes no argument: "abc" has no effect'],
  ],
  [
    'a macro with an unknown variable',
    'SecRule ARGS "@streq %{ARG.a}" "id:1"',
    ['r.conf:1:22: unknown variable "ARG"; did you mean "ARGS"?'],
  ],
  [
    'a macro where none is expanded',
    'SecRule ARGS "@rx %{tx.a}" "id:1"',
    ['r.conf:1:19: @rx does not expand macros; use @streq, @contains, @within or a comparison'],
  ],

  // Actions.
  [
    'an unknown action',
    'SecAction "id:1,\\\n  dney"',
    ['r.conf:2:3: unknown action "dney"; did you mean "deny"?'],
  ],
  [
    'an action without its value',
    'SecAction "id:1,msg"',
    ['r.conf:1:17: action "msg" needs a value: write "msg:..."'],
  ],
  ['a value too many', 'SecAction "id:1,deny:403"', ['r.conf:1:22: action "deny" takes no value, met "403"']],
  [
    'an open quoted value',
    'SecAction "id:1,msg:\'a,pass"',
    ['r.conf:1:21: expected a closing \' for the value of "msg"'],
  ],
  [
    'text behind a quoted value',
    "SecAction \"id:1,msg:'it's',pass\"",
    [
      'r.conf:1:25: expected "," behind the quoted value of "msg", met "s\',pass"; put a backslash before a \' that belongs to the value',
    ],
  ],
  [
    'two commas',
    'SecAction "id:1,,pass"',
    ['r.conf:1:17: expected an action, met ","; remove one of the commas'],
  ],
  [
    'no id',
    'SecAction "pass"\nSecRule ARGS a',
    [
      'r.conf:1:1: expected an id among the actions of the rule; add "id:..." with a number that no other rule has',
      'r.conf:2:1: expected an id among the actions of the rule; add "id:..." with a number that no other rule has',
    ],
  ],
  [
    'an id twice',
    'SecAction "id:1"\nSecAction "id:1"',
    ['r.conf:2:15: the id 1 belongs to the rule at r.conf:1:1 already; ids are unique'],
  ],
  [
    'id 0',
    'SecAction "id:0"',
    [
      'r.conf:1:15: expected a number from 1 to 2147483647 for "id", met "0"',
      'r.conf:1:1: expected an id among the actions of the rule; add "id:..." with a number that no other rule has',
    ],
  ],
  ['the greatest id', 'SecAction "id:2147483647"', []],
  [
    'an id too great',
    'SecAction "id:1"\nSecRuleRemoveById 2147483648',
    ['r.conf:2:19: a rule id is at most 2147483647, met "2147483648"'],
  ],
  [
    'phase 0 and 6',
    'SecAction "id:1,phase:0"\nSecAction "id:2,phase:6"',
    [
      'r.conf:1:23: expected 1 to 5, request (2), response (4) or logging (5) for "phase", met "0"',
      'r.conf:2:23: expected 1 to 5, request (2), response (4) or logging (5) for "phase", met "6"',
    ],
  ],
  [
    'severities',
    'SecAction "id:1,severity:7"\nSecAction "id:2,severity:8"',
    [
      'r.conf:2:26: expected 0 to 7 or one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG for "severity", met "8"',
    ],
  ],
  [
    'maturity',
    'SecAction "id:1,maturity:9"\nSecAction "id:2,accuracy:10"',
    ['r.conf:2:26: expected a number from 1 to 9 for "accuracy", met "10"'],
  ],
  [
    'statuses',
    'SecAction "id:1,status:200"\nSecAction "id:2,status:599"\nSecAction "id:3,status:199"\nSecAction "id:4,status:600"',
    [
      'r.conf:3:24: expected a status from 200 to 599, met "199"',
      'r.conf:4:24: expected a status from 200 to 599, met "600"',
    ],
  ],
  [
    'allow with another word',
    'SecAction "id:1,allow:phse"',
    [
      'r.conf:1:23: expected "allow", "allow:phase" or "allow:request", met "allow:phse"; did you mean "phase"?',
    ],
  ],
  ['skip 0', 'SecAction "id:1,skip:0"', ['r.conf:1:22: expected the number of rules to skip, met "0"']],
  [
    'skipAfter to nowhere',
    'SecAction "id:1,skipAfter:EDN"\nSecMarker END',
    ['r.conf:1:27: no SecMarker has the name "EDN"; did you mean "END"?'],
  ],
  [
    'skipAfter backwards',
    'SecMarker TOP\nSecAction "id:1,phase:1,skipAfter:TOP"',
    ['r.conf:2:35: warning: the marker "TOP" stands only before this rule: it skips to the end of phase 1'],
  ],
  [
    'an unknown transformation',
    'SecAction "id:1,t:lowercas"',
    ['r.conf:1:19: unknown transformation "lowercas"; did you mean "lowercase"?'],
  ],
  [
    'an action without effect',
    'SecAction "id:1,sanitiseArg:password"',
    [
      'r.conf:1:17: warning: action "sanitiseArg" has no effect here: values are masked where they are captured, by the rules of the node',
    ],
  ],
  [
    'a refused action',
    'SecAction "id:1,exec:/bin/true"',
    ['r.conf:1:17: action "exec" is not supported: rules cannot start programs'],
  ],
  [
    'initcol',
    'SecAction "id:1,initcol:ip=%{REMOTE_ADDR}"',
    ['r.conf:1:17: action "initcol" is not supported: persistent collections are not supported here yet'],
  ],
  [
    'setvar of a persistent collection',
    'SecAction "id:1,setvar:ip.a=1"',
    [
      'r.conf:1:24: ip cannot be set: persistent collections (IP, GLOBAL, SESSION, USER, RESOURCE) are not supported here yet',
    ],
  ],
  [
    'setvar of something else',
    'SecAction "id:1,setvar:ARGS.a=1"',
    ['r.conf:1:24: "ARGS" cannot be set; expected TX'],
  ],
  [
    'setvar without a name',
    'SecAction "id:1,setvar:tx.=1"',
    ['r.conf:1:27: expected a name behind "tx.", met nothing'],
  ],
  [
    'setvar without a dot',
    'SecAction "id:1,setvar:a=1.5"',
    ['r.conf:1:24: expected "tx.name" or "tx.name=value", met "a=1.5"'],
  ],
  [
    'setvar that deletes and sets',
    'SecAction "id:1,setvar:!tx.a=1"',
    ['r.conf:1:29: a variable that is deleted ("!") cannot have a value'],
  ],
  [
    'a macro in setvar',
    'SecAction "id:1,setvar:\'tx.a=+%{tx.b}%{nope}\'"',
    ['r.conf:1:40: unknown variable "nope"'],
  ],
  [
    'a macro in msg',
    'SecAction "id:1,msg:\'a %{MATCHED_VR}\'"',
    ['r.conf:1:26: unknown variable "MATCHED_VR"; did you mean "MATCHED_VAR"?'],
  ],

  [
    'a regex in a macro',
    'SecAction "id:1,msg:%{TX:/a/}"',
    ['r.conf:1:26: a macro names one instance by its key; a regex cannot stand here'],
  ],
  [
    'a macro in a tag',
    'SecAction "id:1,tag:%{TXX.a}"',
    ['r.conf:1:23: unknown variable "TXX"; did you mean "TX"?'],
  ],

  // ctl.
  [
    'ctl without a value',
    'SecAction "id:1,ctl:ruleEngine"',
    ['r.conf:1:21: expected "ctl:ruleEngine=value", met "ruleEngine"'],
  ],
  [
    'an unknown ctl',
    'SecAction "id:1,ctl:ruleEngin=On"',
    ['r.conf:1:21: unknown setting "ruleEngin" of ctl; did you mean "ruleEngine"?'],
  ],
  [
    'a ctl with another word',
    'SecAction "id:1,ctl:ruleEngine=Maybe"',
    ['r.conf:1:32: expected On, Off or DetectionOnly, met "Maybe"'],
  ],
  [
    'an unknown processor',
    'SecAction "id:1,ctl:requestBodyProcessor=JSN"',
    ['r.conf:1:42: expected URLENCODED, MULTIPART, JSON, XML or RAW, met "JSN"; did you mean "JSON"?'],
  ],
  [
    'the XML processor',
    'SecAction "id:1,ctl:requestBodyProcessor=XML"',
    ['r.conf:1:42: warning: XML bodies are not parsed yet: only REQUEST_BODY holds them'],
  ],
  [
    'a ctl without effect',
    'SecAction "id:1,ctl:auditLogParts=+E"',
    ['r.conf:1:35: warning: this ctl has no effect: there is no audit log with parts yet'],
  ],
  [
    'a ctl for a rule that is not there',
    'SecAction "id:1,ctl:ruleRemoveById=2"',
    ['r.conf:1:36: warning: this ctl has no effect: no rule of the set fits "2"'],
  ],
  [
    'a range upside down',
    'SecAction "id:1,ctl:ruleRemoveById=9-2"',
    ['r.conf:1:36: the range "9-2" is upside down; write 2-9'],
  ],
  [
    'a target without a rule',
    'SecAction "id:1,ctl:ruleRemoveTargetById=ARGS"',
    ['r.conf:1:42: expected "id;TARGET", met "ARGS"'],
  ],
  [
    'an unknown target in ctl',
    'SecAction "id:1,ctl:ruleRemoveTargetById=1;ARG:a"',
    ['r.conf:1:44: unknown variable "ARG"; did you mean "ARGS"?'],
  ],

  // Chains.
  [
    'a chain at the end',
    'SecRule ARGS a "id:1,chain"',
    ['r.conf:1:1: this rule has "chain" and no rule follows; remove "chain" or add the rule'],
  ],
  [
    'a chain that something else ends',
    'SecRule ARGS a "id:1,chain"\nSecMarker A',
    [
      'r.conf:2:1: expected the next SecRule of the chain from r.conf:1:1, met SecMarker; remove "chain" there or add the rule',
    ],
  ],
  [
    'metadata on a link',
    'SecRule ARGS a "id:1,chain"\n  SecRule ARGS b "id:2"',
    ['r.conf:2:19: "id" belongs to the first rule of a chain, not to a later one'],
  ],
  [
    'a disruptive action on a link',
    'SecRule ARGS a "id:1,chain"\n  SecRule ARGS b "t:none,deny"',
    ['r.conf:2:26: "deny" belongs to the first rule of a chain, not to a later one'],
  ],
  [
    'a jump on a link',
    'SecMarker A\nSecRule ARGS a "id:1,chain"\n  SecRule ARGS b "skipAfter:A"',
    ['r.conf:3:19: "skipAfter" belongs to the first rule of a chain, not to a later one'],
  ],

  // SecDefaultAction, updates, removals.
  [
    'default actions without phase',
    'SecDefaultAction "pass"',
    ['r.conf:1:1: SecDefaultAction needs a phase: add "phase:1" to "phase:5"'],
  ],
  [
    'default actions without decision',
    'SecDefaultAction "phase:1,log"',
    ['r.conf:1:1: SecDefaultAction needs a disruptive action: add deny, drop, redirect, allow or pass'],
  ],
  [
    'default actions that block',
    'SecDefaultAction "phase:1,block"',
    ['r.conf:1:27: "block" means the default action itself; expected deny, drop, redirect, allow or pass'],
  ],
  [
    'default actions with metadata',
    'SecDefaultAction "phase:1,pass,msg:a,t:none"',
    ['r.conf:1:1: SecDefaultAction cannot have id, msg, chain, skip or skipAfter; put them into the rules'],
  ],
  [
    'default actions with a transformation',
    'SecDefaultAction "phase:1,pass,t:lowercase"',
    ['r.conf:1:34: SecDefaultAction cannot have transformations; put them into the rules'],
  ],
  [
    'default actions twice',
    'SecDefaultAction "phase:1,pass"\nSecDefaultAction "phase:1,deny"',
    ['r.conf:2:1: phase 1 has a SecDefaultAction already (r.conf:1:1); remove one of them'],
  ],
  [
    'a removal of a rule that is not there',
    'SecRuleRemoveById 1\nSecAction "id:2"',
    ['r.conf:1:19: warning: this has no effect: no rule of the set fits "1"'],
  ],
  [
    'a removal of no id',
    'SecRuleRemoveById one',
    ['r.conf:1:19: expected a rule id or a range of ids (942100 or 942100-942199), met "one"'],
  ],
  [
    'an update of what is fixed',
    'SecAction "id:1"\nSecRuleUpdateActionById 1 "pass,phase:2"',
    ['r.conf:2:33: "phase" of a rule cannot be changed; write a rule of your own'],
  ],
  [
    'an update with mistakes, said once',
    'SecAction "id:1"\nSecAction "id:2"\nSecRuleUpdateActionById 1-2 "pss"',
    ['r.conf:3:30: unknown action "pss"; did you mean "pass"?'],
  ],
  [
    'a decision for a link',
    'SecRule ARGS a "id:1,chain"\n SecRule ARGS b\nSecRuleUpdateActionById 1:1 "deny"',
    ['r.conf:3:30: "deny" belongs to the first rule of a chain, not to a later one'],
  ],
  [
    'an update of a link that is not there',
    'SecAction "id:1"\nSecRuleUpdateActionById 1:1 "nolog"',
    ['r.conf:2:25: warning: this has no effect: no rule of the set fits "1:1"'],
  ],
  [
    'new targets for a SecAction',
    'SecAction "id:1"\nSecRuleUpdateTargetById 1 "!ARGS:a"',
    ['r.conf:2:25: warning: rule 1 is a SecAction and has no targets'],
  ],
  [
    'an unknown target in an update',
    'SecRule ARGS a "id:1"\nSecRuleUpdateTargetById 1 "!ARGZ:a"',
    ['r.conf:2:28: unknown variable "ARGZ"; did you mean "ARGS"?'],
  ],
  ['mistakes of a rule that is removed', 'SecAction "id:1,initcol:ip=a"\nSecRuleRemoveById 1', []],

  // All at once.
  [
    'several mistakes',
    'SecRule ARGZ "@rxx a" "id:1,dney"\nSecMarkre',
    [
      'r.conf:1:29: unknown action "dney"; did you mean "deny"?',
      'r.conf:2:1: unknown directive "SecMarkre"; did you mean "SecMarker"?',
      'r.conf:1:15: unknown operator "@rxx"; did you mean "@rx"?',
      'r.conf:1:9: unknown variable "ARGZ"; did you mean "ARGS"?',
    ],
  ],
];

describe('diagnostics', () => {
  for (const [subject, text, expected] of rows) {
    it(subject, () => assert.deepEqual(diagnose(text), expected));
  }

  it('a data file: a name that was not given is an error at the argument', () => {
    const [message = ''] = diagnose('SecRule ARGS "@pmFromFile words.data" "id:1"');
    assert.match(message, /^r\.conf:1:27: @pmFromFile: .*words\.data/);
    assert.deepEqual(
      diagnose('SecRule ARGS "@pmFromFile words.data" "id:1"', { dataFiles: { 'words.data': 'a\n' } }),
      [],
    );
  });

  it('a broken pattern: the place is the argument', () => {
    const [message = ''] = diagnose('SecRule ARGS "@rx a(" "id:1"');
    assert.match(message, /^r\.conf:1:19: @rx: /);
    const [selector = ''] = diagnose('SecRule ARGS:/a(/ "@rx a" "id:1"');
    assert.match(selector, /^r\.conf:1:9: selector of ARGS: /);
  });

  it('many mistakes: at most 500 are listed', () => {
    const messages = diagnose('Nonsense\n'.repeat(502));
    assert.equal(messages.length, 501);
    assert.equal(messages[500], 'r.conf:501:1: more than 500 errors; the rest is not listed');
    assert.equal(diagnose('Nonsense\n'.repeat(500)).length, 500);
  });
});

const includeRows: readonly (readonly [
  subject: string,
  files: Record<string, string>,
  expected: readonly string[],
])[] = [
  [
    'a source named as written',
    { 'a.conf': 'Include b.conf\nSecAction "id:1"', 'b.conf': 'SecAction "id:1"' },
    ['a.conf:2:15: the id 1 belongs to the rule at b.conf:1:1 already; ids are unique'],
  ],
  [
    'a source relative to the including one',
    { '/etc/a.conf': 'Include rules/b.conf', '/etc/rules/b.conf': 'SecMarker A' },
    [],
  ],
  [
    'a glob, in order of names',
    {
      'a.conf': 'Include r/*.conf',
      'r/2.conf': 'SecAction "id:1"',
      'r/1.conf': 'SecAction "id:1"',
      'r/x.data': 'SecMarker A',
    },
    ['r/2.conf:1:15: the id 1 belongs to the rule at r/1.conf:1:1 already; ids are unique'],
  ],
  [
    'an unknown file',
    { 'a.conf': 'SecMarker A\nInclude rulez.conf', 'rules.conf': '' },
    [
      'a.conf:2:9: cannot include "rulez.conf": no rule file of that name was given to the engine; did you mean "rules.conf"?',
    ],
  ],
  ['without a name', { 'a.conf': 'Include' }, ['a.conf:1:1: expected "Include FILE", met 0 words']],
  [
    'a circle',
    { 'a.conf': 'Include b.conf', 'b.conf': 'Include c.conf', 'c.conf': 'Include b.conf' },
    ['c.conf:1:9: files include each other in a circle or too deep: a.conf -> b.conf -> c.conf -> b.conf'],
  ],
  [
    'a circle that nobody enters',
    { 'a.conf': 'Include b.conf', 'b.conf': 'Include a.conf', 'c.conf': '' },
    [
      'a.conf:1:1: this file is never read: it is included only by files that it includes; remove one Include',
      'b.conf:1:1: this file is never read: it is included only by files that it includes; remove one Include',
    ],
  ],
  [
    'inside a chain',
    { 'a.conf': 'SecRule ARGS a "id:1,chain"\nInclude b.conf', 'b.conf': 'SecRule ARGS b' },
    [
      'a.conf:2:1: expected the next SecRule of the chain from a.conf:1:1, met Include; remove "chain" there or add the rule',
      'b.conf:1:1: expected an id among the actions of the rule; add "id:..." with a number that no other rule has',
    ],
  ],
];

/** f1 includes f2 includes f3 ...; `count` files in all. */
function nestedIncludes(count: number): { file: string; text: string }[] {
  return Array.from({ length: count }, (_, i) => ({
    file: `f${i + 1}.conf`,
    text: i + 1 === count ? 'SecMarker A' : `Include f${i + 2}.conf`,
  }));
}

describe('Include', () => {
  for (const [subject, files, expected] of includeRows) {
    it(subject, () => {
      const sources = Object.entries(files).map(([file, text]) => ({ file, text }));
      assert.deepEqual(diagnose('', { sources }), expected);
    });
  }

  it('depth: 16 files deep are read, 17 are not', () => {
    assert.deepEqual(diagnose('', { sources: nestedIncludes(15) }), []);
    assert.deepEqual(diagnose('', { sources: nestedIncludes(16) }), []);
    assert.equal(diagnose('', { sources: nestedIncludes(17) }).length, 2);
  });
});
