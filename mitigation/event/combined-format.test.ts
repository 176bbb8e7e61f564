import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { formatCombined } from './combined-format.ts';
import { servedEvent } from './event-samples.ts';

const rows: readonly (readonly [what: string, fields: Partial<ExchangeEvent>, line: string])[] = [
  [
    'an ordinary exchange',
    {},
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /search HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n',
  ],
  [
    'no user agent and no body',
    { userAgent: '', responseBytes: 0 },
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /search HTTP/1.1" 200 - "-" "-"\n',
  ],
  [
    'a connection without a request',
    { method: '', path: '', protocol: '', status: 408, responseBytes: 0, userAgent: '' },
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "-" 408 - "-" "-"\n',
  ],
  [
    'an IPv6 client on the last second of a year',
    { clientAddress: '2001:db8::7', timeMs: Date.UTC(2025, 11, 31, 23, 59, 59, 999) },
    '2001:db8::7 - - [31/Dec/2025:23:59:59 +0000] "GET /search HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n',
  ],
  [
    'a user agent that tries to end its field and forge a line',
    { userAgent: 'x" 200 1 "-" "y\r\n203.0.113.9 - - [02/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1' },
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /search HTTP/1.1" 200 5120 "-" ' +
      '"x\\x22 200 1 \\x22-\\x22 \\x22y\\x0D\\x0A203.0.113.9 - - [02/Jan/2026:00:00:00 +0000] \\x22GET / HTTP/1.1\\x22 200 1"\n',
  ],
  [
    'a backslash before the closing quote',
    { userAgent: 'x\\' },
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /search HTTP/1.1" 200 5120 "-" "x\\x5C"\n',
  ],
  [
    'escape sequences of a terminal, C1 included',
    { path: '/\x1b]0;owned\x07\x9b31m' },
    '198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /\\x1B]0;owned\\x07\\x9B31m HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n',
  ],
  [
    'a client address that is not one',
    { clientAddress: 'a b"', userAgent: '\u{1f600}' },
    'a\\x20b\\x22 - - [02/Jan/2026:03:04:05 +0000] "GET /search HTTP/1.1" 200 5120 "-" "\\xF0\\x9F\\x98\\x80"\n',
  ],
  [
    'a time that is none',
    { timeMs: 1e300, userAgent: '' },
    '198.51.100.7 - - [-] "GET /search HTTP/1.1" 200 5120 "-" "-"\n',
  ],
];

for (const [what, fields, line] of rows) {
  test(`formatCombined: ${what}`, () => {
    assert.equal(formatCombined(servedEvent(fields)), line);
  });
}
