import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PagesConfig } from '../../config/model.ts';
import type { AnswerKind } from './own-page.ts';
import { type AnswerOptions, answerFields, renderAnswer } from './render-answer.ts';

const denial: AnswerOptions = {
  kind: 'deny',
  status: 403,
  incidentId: '01JH6Z3K9W2QF5T8V7XN',
  accept: '*/*',
  title: 'Request refused',
  publicMessage: 'This request looks like an attack.',
};

function html(options: Partial<AnswerOptions>, overrides: PagesConfig = {}): string {
  const answer = renderAnswer({ ...denial, accept: 'text/html', ...options }, overrides);
  assert.equal(answer.contentType, 'text/html; charset=utf-8');
  return answer.body.toString('utf8');
}

function problem(options: Partial<AnswerOptions>): unknown {
  const answer = renderAnswer({ ...denial, ...options }, {});
  assert.equal(answer.contentType, 'application/problem+json');
  return JSON.parse(answer.body.toString('utf8'));
}

test('renderAnswer: a program gets problem details with the incident id', () => {
  assert.deepEqual(problem({}), {
    title: 'Request refused',
    status: 403,
    detail: 'This request looks like an attack.',
    incidentId: '01JH6Z3K9W2QF5T8V7XN',
  });
});

for (const [retryAfterSeconds, expected] of [
  [0, undefined],
  [1, 1],
  [30, 30],
] as const) {
  test(`renderAnswer: problem details ${expected === undefined ? 'leave out' : 'say'} a retry after ${retryAfterSeconds} s`, () => {
    const details = problem({ kind: 'limit', status: 429, retryAfterSeconds }) as Record<string, unknown>;
    assert.equal(details['retryAfterSeconds'], expected);
  });
}

for (const kind of ['deny', 'limit', 'error'] as const satisfies readonly AnswerKind[]) {
  test(`renderAnswer: the own page of ${kind} is complete, self-contained and says what to do`, () => {
    const page = html({ kind });
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    assert.match(page, /<title>403 Request refused<\/title>/);
    assert.match(page, /<h1>Request refused<\/h1>\n<p>This request looks like an attack\.<\/p>/);
    assert.match(page, /Incident <code>01JH6Z3K9W2QF5T8V7XN<\/code>/);
    assert.match(page, /incident number below/);
    assert.match(page, /prefers-color-scheme:dark/);
    assert.match(page, /<meta name="viewport"/);
    assert.equal(/<script|<link|<img|src=|href=|url\(|@import|\{\{/i.test(page), false);
    assert.ok(Buffer.byteLength(page) < 2048);
  });
}

for (const [kind, status, advice] of [
  ['error', 404, 'Please check the address and what you sent.'],
  ['error', 499, 'Please check the address and what you sent.'],
  ['error', 500, 'Please try again in a moment.'],
  ['error', 502, 'Please try again in a moment.'],
  ['limit', 429, 'Please wait a moment and try again.'],
  ['deny', 403, 'If you think this is a mistake,'],
] as const) {
  test(`renderAnswer: the own page of ${kind} ${status} advises: ${advice}`, () => {
    assert.ok(html({ kind, status }).includes(`<p>${advice}`));
  });
}

test('renderAnswer: an operator page for errors is used for all of them', () => {
  for (const status of [404, 502]) {
    assert.equal(html({ kind: 'error', status }, { errorHtml: '{{status}}' }), String(status));
  }
});

test('renderAnswer: every value on the page is escaped', () => {
  const evil = `"><script>alert('1')</script>&{{status}}`;
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;{{status}}';
  const page = html({ incidentId: evil, title: evil, publicMessage: evil });
  assert.equal(page.includes('<script>'), false);
  assert.equal(page.split(escaped).length - 1, 4);
});

test('renderAnswer: an operator page replaces the own one of its kind only', () => {
  const overrides: PagesConfig = {
    limitHtml:
      '<p>{{status}} {{title}} {{ message }} {{incidentId}} {{retryAfterSeconds}} {{unknown}} {status}</p>',
  };
  assert.equal(
    html({ kind: 'limit', status: 429, retryAfterSeconds: 7, title: 'A&B' }, overrides),
    '<p>429 A&amp;B This request looks like an attack. 01JH6Z3K9W2QF5T8V7XN 7 {{unknown}} {status}</p>',
  );
  assert.match(html({ kind: 'deny' }, overrides), /^<!doctype html>/);
});

test('renderAnswer: operator pages of two configurations are not mixed up', () => {
  const [first, second]: PagesConfig[] = [{ denyHtml: 'one {{status}}' }, { denyHtml: 'two {{status}}' }];
  assert.equal(html({}, first), 'one 403');
  assert.equal(html({}, second), 'two 403');
  assert.equal(html({}, first), 'one 403');
});

test('renderAnswer: an operator page without placeholders, and an empty one', () => {
  assert.equal(html({}, { denyHtml: 'just text é' }), 'just text é');
  assert.equal(html({}, { denyHtml: '' }), '');
});

test('renderAnswer: a program gets problem details even where the operator has a page', () => {
  const answer = renderAnswer(denial, { denyHtml: 'page' });
  assert.equal(answer.contentType, 'application/problem+json');
});

test('answerFields: header lines that end in CRLF each and forbid storing, sniffing and scripts', () => {
  const lines = answerFields.split('\r\n');
  assert.equal(lines.pop(), '');
  assert.deepEqual(
    lines.map((line) => line.split(': ', 1)[0]),
    ['Cache-Control', 'Content-Security-Policy', 'X-Content-Type-Options', 'Referrer-Policy'],
  );
  assert.match(answerFields, /default-src 'none'/);
  assert.equal(answerFields.includes('script-src'), false);
});
