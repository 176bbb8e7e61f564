import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BodyLimits, ParsedBody } from './body-processor.ts';
import { multipart } from './multipart.ts';

const limits: BodyLimits = { argumentsMax: 10, depthMax: 10, partsMax: 5 };
const plainType = 'multipart/form-data; boundary=XX';
const prefix = 'Multipart parsing error: ';

function parse(
  body: string,
  contentType = plainType,
  isPartial = false,
  changed: Partial<BodyLimits> = {},
): ParsedBody {
  return multipart.parse(body, contentType, { ...limits, ...changed }, isPartial);
}

/** A part with lines of CRLF. */
function part(headers: readonly string[], data: string): string {
  return `--XX\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n${data}\r\n`;
}

function field(name: string, data: string): string {
  return part([`Content-Disposition: form-data; name="${name}"`], data);
}

const end = '--XX--\r\n';

interface Row {
  readonly title: string;
  readonly body: string;
  readonly contentType?: string;
  readonly isPartial?: boolean;
  readonly args?: readonly (readonly [string, string])[];
  readonly files?: readonly (readonly [name: string, fileName: string, size: number])[];
  readonly flags?: readonly string[];
  readonly unmatched?: number;
  readonly error?: string;
}

const one = field('a', '1') + end;
const disposition = 'Content-Disposition: form-data; name="a"';

const rows: readonly Row[] = [
  {
    title: 'a form',
    body: field('a', '1') + field('b', '2\r\n3') + end,
    args: [
      ['a', '1'],
      ['b', '2\r\n3'],
    ],
  },
  { title: 'no line end behind the last delimiter', body: `${field('a', '1')}--XX--`, args: [['a', '1']] },
  { title: 'an empty value', body: field('a', '') + end, args: [['a', '']] },
  {
    title: 'a delimiter directly behind the headers',
    body: `--XX\r\n${disposition}\r\n\r\n--XX--\r\n`,
    args: [['a', '']],
  },
  {
    title: 'a file',
    body: part([`${disposition}; filename="x.php"`, 'Content-Type: text/plain'], '<?php') + end,
    args: [],
    files: [['a', 'x.php', 5]],
  },
  {
    title: 'a file without a name but with content',
    body: part([`${disposition}; filename=""`], '<script>') + end,
    args: [['a', '<script>']],
    files: [['a', '', 8]],
  },
  {
    title: 'a file that was not chosen',
    body: part([`${disposition}; filename=""`], '') + end,
    args: [],
    files: [['a', '', 0]],
  },
  {
    title: 'two names for one file',
    body: part([`${disposition}; filename="x.txt"; filename*=UTF-8''x%2ephp`], 'data') + end,
    args: [],
    files: [
      ['a', 'x.txt', 4],
      ['a', 'x.php', 0],
    ],
  },
  {
    title: 'an extended name alone',
    body: part([`${disposition}; filename*=utf-8'en'%C3%A9.txt`], 'x') + end,
    args: [],
    files: [['a', '\xc3\xa9.txt', 1]],
  },
  {
    title: 'an extended name that is none',
    body: part([`${disposition}; filename*=x.php`], 'x') + end,
    args: [],
    files: [['a', 'x.php', 1]],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid Content-Disposition header (filename*)',
  },
  {
    title: 'escapes in quotes',
    body: part(['Content-Disposition: form-data; name="a\\"b"; filename="C:\\dir\\x\\\\y"'], '') + end,
    args: [],
    files: [['a"b', 'C:\\dir\\x\\y', 0]],
  },
  {
    title: 'names without quotes',
    body: part(['content-disposition:form-data;name=a'], '1') + end,
    args: [['a', '1']],
  },
  {
    title: 'single quotes around a name',
    body: part(["Content-Disposition: form-data; name='a'"], '1') + end,
    args: [["'a'", '1']],
    flags: ['INVALID_QUOTING', 'STRICT_ERROR'],
  },
  {
    title: 'a single quote in a quoted name',
    body: part(['Content-Disposition: form-data; name="a\'b"'], '1') + end,
    args: [["a'b", '1']],
  },
  {
    title: 'two names',
    body: part([`${disposition}; name="b"`], '1') + end,
    args: [['a', '1']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid Content-Disposition header (two names)',
  },
  {
    title: 'two dispositions',
    body: part([disposition, 'Content-Disposition: form-data; name="b"'], '1') + end,
    args: [['a', '1']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Part has two Content-Disposition headers',
  },
  {
    title: 'no disposition',
    body: part(['Content-Type: text/plain'], 'x') + end,
    args: [['', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Part missing Content-Disposition header',
  },
  {
    title: 'a disposition without a name',
    body: part(['Content-Disposition: form-data;'], 'x') + end,
    args: [['', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Content-Disposition header missing name field',
  },
  {
    title: 'a disposition without a semicolon',
    body: part(['Content-Disposition: form-data name="a"'], 'x') + end,
    args: [['', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid Content-Disposition header (syntax at byte 9)',
  },
  {
    title: 'a disposition that is no form-data',
    body: part(['Content-Disposition: attachment; name="a"'], 'x') + end,
    args: [['a', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid Content-Disposition header (no form-data)',
  },
  {
    title: 'folded headers',
    body: part(['Content-Disposition: form-data;', '\tname="a"'], 'x') + end,
    args: [['a', 'x']],
    flags: ['HEADER_FOLDING', 'STRICT_ERROR'],
  },
  {
    title: 'folding with a form feed',
    body: part(['Content-Disposition: form-data;', '\fname="a"'], 'x') + end,
    args: [['a', 'x']],
    flags: ['HEADER_FOLDING', 'INVALID_HEADER_FOLDING', 'STRICT_ERROR'],
  },
  {
    title: 'folding of nothing',
    body: part([' x', disposition], 'x') + end,
    args: [['a', 'x']],
    flags: ['HEADER_FOLDING', 'STRICT_ERROR'],
    error: 'Multipart: Invalid part header (folding error)',
  },
  {
    title: 'a header without a name',
    body: part([disposition, ':x'], 'x') + end,
    args: [['a', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid part header (header name missing)',
  },
  {
    title: 'a header without a colon',
    body: part([disposition, 'x'], 'x') + end,
    args: [['a', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid part header (colon missing)',
  },
  {
    title: 'an invalid character in a header name',
    body: part([disposition, '\x0eX: y'], 'x') + end,
    args: [['a', 'x']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid part header (contains invalid character)',
  },
  {
    title: 'lines of LF',
    body: '--XX\nContent-Disposition: form-data; name="a"\n\n1\n--XX--\n',
    args: [['a', '1']],
    flags: ['LF_LINE', 'STRICT_ERROR'],
  },
  {
    title: 'lines of both kinds',
    body: `--XX\n${disposition}\r\n\r\n1\r\n--XX--\r\n`,
    args: [['a', '1']],
    flags: ['CRLF_LF_LINES', 'LF_LINE', 'STRICT_ERROR'],
  },
  { title: 'LF in data is data', body: field('a', 'x\ny\n') + end, args: [['a', 'x\ny\n']] },
  { title: 'data before', body: `x\r\n${one}`, args: [['a', '1']], flags: ['DATA_BEFORE', 'STRICT_ERROR'] },
  { title: 'data behind', body: `${one}x`, args: [['a', '1']], flags: ['DATA_AFTER', 'STRICT_ERROR'] },
  {
    title: 'a form behind the form',
    body: one + one,
    args: [['a', '1']],
    flags: ['DATA_AFTER', 'STRICT_ERROR'],
  },
  {
    title: 'no last delimiter',
    body: field('a', '1'),
    args: [['a', '1\r\n']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Final boundary missing',
  },
  {
    title: 'no delimiter at all',
    body: 'a=1',
    args: [],
    flags: ['DATA_BEFORE', 'STRICT_ERROR'],
    error: 'Multipart: No boundaries found in payload',
  },
  {
    title: 'nothing',
    body: '',
    args: [],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: No boundaries found in payload',
  },
  {
    title: 'a part of headers only',
    body: `--XX\r\n${disposition}\r\n--XX--\r\n`,
    args: [['a', '']],
    flags: ['INVALID_PART', 'STRICT_ERROR'],
  },
  {
    title: 'a delimiter with bytes behind it',
    body: `--XX \r\n${disposition}\r\n\r\n1\r\n--XX--\r\n`,
    args: [['a', '1']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid boundary: it is followed by other bytes',
  },
  {
    title: 'a last delimiter with bytes behind it',
    body: `${field('a', '1')}--XX--X\r\n`,
    args: [['a', '1']],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Invalid boundary: it is followed by other bytes',
  },
  {
    title: 'dashes in a text',
    body: field('a', '--\r\n--x') + end,
    args: [['a', '--\r\n--x']],
    flags: ['UNMATCHED_BOUNDARY'],
    unmatched: 2,
  },
  {
    title: 'dashes behind the last delimiter that matches',
    body: `${field('a', '1')}${field('b', '2')}--YY--\r\n`,
    args: [
      ['a', '1'],
      ['b', '2\r\n--YY--\r\n'],
    ],
    flags: ['STRICT_ERROR', 'UNMATCHED_BOUNDARY'],
    unmatched: 1,
    error: 'Multipart: Final boundary missing',
  },
  {
    title: 'cut in data',
    body: field('a', '1') + field('b', '<scr').slice(0, -2),
    isPartial: true,
    args: [
      ['a', '1'],
      ['b', '<scr'],
    ],
  },
  {
    title: 'cut in headers',
    body: `${field('a', '1')}--XX\r\nContent-Disp`,
    isPartial: true,
    args: [
      ['a', '1'],
      ['', ''],
    ],
    flags: ['STRICT_ERROR'],
    error: 'Multipart: Part missing Content-Disposition header',
  },
  { title: 'cut in a delimiter', body: `${field('a', '1')}--X`, isPartial: true, args: [['a', '1\r\n--X']] },
  { title: 'cut before the first delimiter', body: '', isPartial: true, args: [] },
];

for (const row of rows) {
  test(`multipart: ${row.title}`, () => {
    const body = parse(row.body, row.contentType ?? plainType, row.isPartial ?? false);
    assert.deepEqual(
      body.args.map(({ name, value }) => [name, value]),
      row.args,
    );
    assert.deepEqual(
      body.files.map(({ name, fileName, size }) => [name, fileName, size]),
      row.files ?? [],
    );
    assert.deepEqual(Object.keys(body.flags).sort(), row.flags ?? []);
    assert.equal(body.flags['UNMATCHED_BOUNDARY'] ?? 0, row.unmatched ?? 0);
    assert.equal(body.error, row.error === undefined ? '' : prefix + row.error);
  });
}

test('multipart: every part header is kept under the name of its part', () => {
  const body = parse(part([disposition, 'Content-Type:', ' text/html', 'X-Y: z'], '1') + end);
  assert.deepEqual(body.partHeaders, [
    { name: 'a', value: disposition },
    { name: 'a', value: 'Content-Type: text/html' },
    { name: 'a', value: 'X-Y: z' },
  ]);
});

for (const [count, truncatedBy] of [
  [4, ''],
  [5, ''],
  [6, 'parts'],
] as const) {
  test(`multipart: ${count} parts with room for 5`, () => {
    const body = parse(field('a', '1').repeat(count) + end);
    assert.equal(body.args.length, Math.min(count, 5));
    assert.equal(body.truncatedBy, truncatedBy);
    assert.equal(body.flags['FILE_LIMIT_EXCEEDED'] ?? 0, truncatedBy === '' ? 0 : 1);
  });
}

for (const [count, truncatedBy] of [
  [2, ''],
  [3, ''],
  [4, 'arguments'],
] as const) {
  test(`multipart: ${count} fields with room for 3`, () => {
    const body = parse(field('a', '1').repeat(count) + end, plainType, false, { argumentsMax: 3 });
    assert.equal(body.args.length, Math.min(count, 3));
    assert.equal(body.truncatedBy, truncatedBy);
  });
}

for (const [count, error] of [
  [31, ''],
  [32, ''],
  [33, `${prefix}Multipart: A part has more than 32 headers`],
] as const) {
  test(`multipart: a part of ${count} headers`, () => {
    const headers = [disposition, ...Array.from({ length: count - 1 }, () => 'X: y')];
    assert.equal(parse(part(headers, '1') + end).error, error);
  });
}

for (const [length, error] of [
  [4095, ''],
  [4096, ''],
  [4097, `${prefix}Multipart: Part header too long`],
] as const) {
  test(`multipart: a header of ${length} bytes`, () => {
    assert.equal(parse(part([disposition, 'X: '.padEnd(length, 'y')], '1') + end).error, error);
  });
}

test('multipart: hostile bodies of 256 KiB end', () => {
  const size = 262_144;
  const pieces = [
    '--XX\r\n',
    '--X',
    '\n',
    '\r\n',
    ' \r\n',
    ':\n',
    '--XX\r\n\r\n',
    `--XX\r\n${disposition}`,
    '; name="\\',
  ];
  for (const piece of pieces) {
    const body = parse(piece.repeat(Math.floor(size / piece.length)));
    assert.equal(body.flags['STRICT_ERROR'], 1, piece);
  }
  const header = parse(part([`Content-Disposition: form-data${'; x="\\"'.repeat(30_000)}`], '') + end);
  assert.equal(header.flags['STRICT_ERROR'], 1);
});
