/** The whole Core Rule Set through the compiler and a few exchanges. Needs the shared data folder (SECBEAT_SHARED). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { compileRuleset, formatDiagnostic, type RulesetOptions, type RulesetResult } from '../engine.ts';
import { sharedPath } from '../operators/shared-vectors.ts';
import { fixturePolicy, runExchange } from '../transaction/exchange-fixture.ts';

/** The set as an operator would give it: set-up, rules in order of their names, and `more` behind them. */
function readCoreRules(more: string): RulesetOptions {
  const folder = sharedPath('crs', 'rules');
  const names = readdirSync(folder).sort();
  const read = (path: string): string => readFileSync(path, 'latin1');
  const setup = 'crs-setup.conf.example';
  return {
    sources: [
      { file: setup, text: read(sharedPath('crs', setup)) },
      ...names
        .filter((name) => name.endsWith('.conf'))
        .map((file) => ({ file, text: read(join(folder, file)) })),
      { file: 'own.conf', text: more },
    ],
    dataFiles: Object.fromEntries(
      names.filter((name) => name.endsWith('.data')).map((name) => [name, read(join(folder, name))]),
    ),
    clock: { nowMs: () => 0 },
  };
}

/** 901320 makes persistent collections, and only when it is switched on. */
const withoutCollections = 'SecRuleRemoveById 901320';

const browser = [
  'Host: shop.test',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.5',
].join('\n');

const exchanges: readonly (readonly [
  subject: string,
  request: string,
  interruptedBy: number,
  ids: readonly number[],
])[] = [
  ['an ordinary page', `GET /search?q=summer+dress&page=2 HTTP/1.1\n${browser}`, 0, []],
  [
    'an ordinary form',
    `POST /login HTTP/1.1\n${browser}\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 27\n\nuser=alice&comment=see+you!`,
    0,
    [],
  ],
  [
    'a path traversal',
    `GET /?file=../../../../etc/passwd HTTP/1.1\n${browser}`,
    949110,
    [930100, 930110, 930120, 932160, 949110, 980170],
  ],
  [
    'a scanner',
    `GET / HTTP/1.1\n${browser.replace(/Mozilla[^\n]*/, 'Nikto')}`,
    949110,
    [913100, 949110, 980170],
  ],
  [
    'a command in JSON',
    `POST /api HTTP/1.1\n${browser}\nContent-Type: application/json\nContent-Length: 33\n\n{"host":"a;cat /etc/passwd|sh"}  `,
    949110,
    [930120, 932160, 949110, 980170],
  ],
];

describe('the Core Rule Set', () => {
  let result: RulesetResult;
  before(() => {
    result = compileRuleset(readCoreRules(withoutCollections));
  });

  it('what is refused: the two initcol of rule 901320, and nothing else', () => {
    const whole = compileRuleset(readCoreRules(''));
    assert(whole.kind === 'refused');
    assert.deepEqual(
      whole.diagnostics
        .filter((each) => each.severity === 'error')
        .map((each) => `${each.file}: ${each.message}`),
      [
        'REQUEST-901-INITIALIZATION.conf: action "initcol" is not supported: persistent collections are not supported here yet',
        'REQUEST-901-INITIALIZATION.conf: action "initcol" is not supported: persistent collections are not supported here yet',
      ],
    );
  });

  it('without that rule it compiles, and says only that XML is empty', () => {
    assert(result.kind === 'ruleset', 'compiled');
    assert.equal(result.ruleset.ruleCount, 629, '630 rules without 901320');
    assert.equal(result.warnings.length, 1);
    assert.match(formatDiagnostic(result.warnings[0]!), /warning: XML never has a value here/);
  });

  for (const [subject, request, interruptedBy, ids] of exchanges) {
    it(`${subject}: interrupted by ${interruptedBy}`, () => {
      assert(result.kind === 'ruleset', 'compiled');
      const { interruption, report } = runExchange(result.ruleset, request, { policy: fixturePolicy });
      assert.equal(interruption?.ruleId ?? 0, interruptedBy);
      assert.deepEqual(
        report.matches.map((match) => match.ruleId),
        ids,
      );
    });
  }
});
