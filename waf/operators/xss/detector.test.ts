import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCrossSiteScripting } from './detector.ts';

const attacks: readonly (readonly [value: string, evidence: string])[] = [
  ['<script>alert(1)</script>', 'script-element'],
  ['x<ScRiPt/src=//evil>', 'script-element'],
  ['</script><svg>', 'script-element'],
  ["'><script", 'script-element'],
  ['<img src=x onerror=alert(1)>', 'event-handler'],
  ['<svg/onload=alert(1)>', 'event-handler'],
  ['<x\nonclick\n=\n"alert(1)">', 'event-handler'],
  ['<body onpageshow=alert(1)', 'event-handler'],
  ['<details open ontoggle=alert`1`>', 'event-handler'],
  ['<a ">"<img src=x onerror=alert(1)>', 'event-handler'],
  ['<svg><set attributeName=onmouseover to=alert(1)>', 'event-handler'],
  ['<a href="javascript:alert(1)">x', 'script-url'],
  ['<a href=" &#106;ava\tscript&colon;alert(1)">', 'script-url'],
  ["<form action='vbscript:msgbox(1)'>", 'script-url'],
  ['<button formaction=javascript:alert(1)>', 'script-url'],
  ['<animate values=javascript:alert(1) attributeName=href>', 'script-url'],
  ['<embed/src=data:text/html;base64,PHNjcmlwdD4=>', 'script-url'],
  ['<iframe src=//evil.example>', 'loading-element'],
  ['<iframe srcdoc="&lt;script&gt;">', 'loading-element'],
  ['<object data=x>', 'loading-element'],
  ['<base href=//evil/>', 'loading-element'],
  ['<meta http-equiv=refresh content=0>', 'loading-element'],
  ['<div style="width:expression(alert(1))">', 'script-style'],
  ["<style>@import'//evil'</style>", 'script-style'],
  ['<!--[if gte IE 4]>', 'active-markup'],
  ['<?xml-stylesheet href="x"?>', 'active-markup'],
  ['javascript:alert(1)', 'script-url'],
  [' JaVa\nScRiPt:alert(1)', 'script-url'],
  ['javascript&colon;alert&lpar;1&rpar;', 'script-url'],
  ['javascript:document.location=1', 'script-url'],
  ['data:text/html,<b>', 'script-url'],
  ['[x](javascript:alert(1))', 'script-url'],
  ['" onmouseover="alert(1)', 'event-handler'],
  ['x" autofocus onfocus=alert(1) y="', 'event-handler'],
  ["' onclick='alert(1)", 'event-handler'],
  ['` onerror=alert(1)', 'event-handler'],
  ['x onfocus=alert(1) autofocus', 'event-handler'],
  ['x/onfocus=alert(1)', 'event-handler'],
  ['"href=javascript:alert(1) "', 'script-url'],
  ["';alert(1)//", 'script-string'],
  ['"-alert(1)-"', 'script-string'],
  ["');eval(name)//", 'script-string'],
  ["'+window['alert'](1)+'", 'script-string'],
];

for (const [value, evidence] of attacks) {
  test(`detectXSS: ${JSON.stringify(value)} is ${evidence}`, () => {
    assert.equal(findCrossSiteScripting(value), evidence);
  });
}

const benign: readonly string[] = [
  '',
  'plain prose, with a comma: and a colon',
  'if (a < b && c > d) return;',
  'a<b && c>d',
  'I <3 you',
  'List<Object> x = new ArrayList<Base>();',
  'Vec<iframe>',
  '<b>bold</b> and <i class="x">italic</i>',
  '<a href="https://example.com/?a=1&b=2" title="x">link</a>',
  '<img src="/x.png" alt="on time">',
  '<john@example.com>',
  '<https://example.com>',
  '# Title\n\n`code` and [link](https://example.com) "quoted"',
  "O'Reilly & Sons",
  'JavaScript: The Good Parts (2008)',
  'javascript: is a scheme',
  'data: 5 rows',
  'He said "on Monday = payday"',
  'turn it on = yes',
  'the "online" option = true',
  '<!-- a comment --> <!doctype html>',
  'style="color: red"',
  '<p style="color: red">x</p>',
  'x = "y"; z = \'w\'',
  "don't alert (anyone)",
  'the onclick handler',
  'caf\xc3\xa9 <\xc3\xa9t\xc3\xa9>',
  '{"a": "b", "on": "c"}',
  '1 < 2 > 0',
  '->  <-  =>',
];

for (const value of benign) {
  test(`detectXSS: ${JSON.stringify(value)} is ordinary`, () => {
    assert.equal(findCrossSiteScripting(value), undefined);
  });
}

test('detectXSS: padding of 64 KiB hides nothing', () => {
  for (const padding of [' ', '/', 'a ', 'a=1 ', '<a ', '"']) {
    const value = `<img ${padding.repeat(Math.floor(65_536 / padding.length))}`;
    assert.equal(findCrossSiteScripting(`${value} onerror=alert(1)>`), 'event-handler', padding);
  }
});

test('detectXSS: hostile text of 128 KiB is read in little time', () => {
  const pieces = [
    '<',
    '<a',
    '<a ',
    '<style',
    '<a b="',
    '"',
    "'",
    '`',
    '&',
    '&#',
    ':',
    '](',
    'on',
    'javascript:',
    '=',
    '</',
    '<!',
    ' (',
  ];
  for (const piece of pieces) {
    const evidence = findCrossSiteScripting(piece.repeat(Math.floor(131_072 / piece.length)));
    assert.ok(evidence === undefined || evidence.length > 0, piece);
  }
});
