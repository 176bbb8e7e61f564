import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsHtml } from './accept.ts';

const rows: readonly (readonly [accept: string, expected: boolean])[] = [
  // Browsers navigating.
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8', true],
  ['text/vnd.turbo-stream.html, text/html, application/xhtml+xml', true],
  ['text/html', true],
  ['TEXT/HTML', true],
  ['text/*', true],
  ['application/xhtml+xml', true],
  ['text/html;level=1;q=0.5', true],
  // Browsers fetching what nobody reads, and programs.
  ['', false],
  ['*/*', false],
  ['image/avif,image/webp,*/*;q=0.8', false],
  ['text/css,*/*;q=0.1', false],
  ['application/json', false],
  ['application/json, text/plain, */*', false],
  ['application/problem+json', false],
  // Both: the better quality, and JSON when they are equal.
  ['application/json, text/html;q=0.9', false],
  ['application/json;q=0.8, text/html', true],
  ['text/html, application/json', false],
  ['text/html;q=0.5, application/*;q=0.6', false],
  ['text/html;q=0.6, application/*;q=0.5', true],
  ['text/html;q=0.1, */*;q=0.9', true],
  // The most exact range decides.
  ['text/*, text/html;q=0', false],
  ['text/*;q=0, text/html', true],
  ['text/html;q=0, */*', false],
  ['text/html;q=0', false],
  ['text/html;q=0.000', false],
  ['text/html;q=0.001', true],
  ['text/html;q=1.000', true],
  // Malformed: no page for what cannot be read.
  ['text/html;q=2', false],
  ['text/html;q=1.001', false],
  ['text/html;q=-1', false],
  ['text/html;q=', false],
  ['text/html;q=0.1234', false],
  ['text/html;q', false],
  [',,;;=,', false],
  ['text/htmlx', false],
  ['text', false],
  ['*', false],
  ['/', false],
  ['text/html ; Q=0.5 ', true],
];

for (const [accept, expected] of rows) {
  test(`wantsHtml: ${JSON.stringify(accept)} ${expected ? 'is a person' : 'is a program'}`, () => {
    assert.equal(wantsHtml(accept), expected);
  });
}

for (const [length, expected] of [
  [1023, true],
  [1024, true],
  [1025, false],
] as const) {
  test(`wantsHtml: text/html that ends at character ${length} is ${expected ? 'read' : 'cut off'}`, () => {
    const filler = `${'x'.repeat(length - 'text/html'.length - 1)},`;
    assert.equal(wantsHtml(`${filler}text/html`), expected);
  });
}
