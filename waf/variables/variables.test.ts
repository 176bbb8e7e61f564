import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules, type ExchangeOptions, runExchange } from '../transaction/exchange-fixture.ts';
import { variables } from './catalog.ts';

const form = [
  'POST /shop/a%2Fb/File%20one.php?q=x+y&q=%zz&=e&flag HTTP/1.1',
  'Host: a.test',
  'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
  'Authorization: Basic YWxpY2U6c2VjcmV0',
  'Cookie: sid=abc=d; theme= "dark";; =none; bare',
  'cookie: late=1',
  '',
  'p=1&q=two%21',
].join('\n');

const boundary = '------b';
const upload = [
  'POST /upload HTTP/1.1',
  `Content-Type: multipart/form-data; boundary=${boundary.slice(2)}`,
  '',
  [
    boundary,
    'Content-Disposition: form-data; name="title"',
    '',
    'hello',
    boundary,
    'Content-Disposition: form-data; name="doc"; filename="a.txt"',
    'Content-Type: text/plain',
    '',
    '12345',
    `${boundary}--`,
    '',
  ].join('\r\n'),
].join('\n');

const answer = 'HTTP/1.1 404\nContent-Type: text/plain\nContent-Length: 4\nX-Two: 2\n\ngone';

interface Row {
  /** As a rule names it. */
  readonly target: string;
  readonly request?: string;
  readonly options?: ExchangeOptions;
  readonly phase?: number;
  /** Rules before the one that looks. */
  readonly before?: string;
  /** Every instance, as `name=value`. */
  readonly expected: readonly string[];
}

const multipartFlags = [
  'STRICT_ERROR',
  'BOUNDARY_QUOTED',
  'BOUNDARY_WHITESPACE',
  'DATA_BEFORE',
  'DATA_AFTER',
  'HEADER_FOLDING',
  'INVALID_HEADER_FOLDING',
  'LF_LINE',
  'CRLF_LF_LINES',
  'INVALID_QUOTING',
  'INVALID_PART',
  'FILE_LIMIT_EXCEEDED',
  'UNMATCHED_BOUNDARY',
  'MISSING_SEMICOLON',
  'SEMICOLON_MISSING',
];

const rows: readonly Row[] = [
  { target: 'REQUEST_LINE', request: 'GET /a?b HTTP/1.0', expected: ['REQUEST_LINE=GET /a?b HTTP/1.0'] },
  { target: 'REQUEST_METHOD', expected: ['REQUEST_METHOD=POST'] },
  { target: 'REQUEST_PROTOCOL', request: 'GET / HTTP/1.0', expected: ['REQUEST_PROTOCOL=HTTP/1.0'] },
  {
    target: 'REQUEST_URI_RAW|REQUEST_URI',
    request: 'GET http://b.test:80/p%20q?x=1#part HTTP/1.1',
    expected: ['REQUEST_URI_RAW=http://b.test:80/p%20q?x=1#part', 'REQUEST_URI=/p%20q?x=1'],
  },
  { target: 'REQUEST_URI', request: 'GET http://b.test?x HTTP/1.1', expected: ['REQUEST_URI=/?x'] },
  { target: 'REQUEST_URI', request: 'OPTIONS * HTTP/1.1', expected: ['REQUEST_URI=*'] },
  { target: 'QUERY_STRING', expected: ['QUERY_STRING=q=x+y&q=%zz&=e&flag'] },
  { target: 'QUERY_STRING', request: 'GET / HTTP/1.1', expected: ['QUERY_STRING='] },
  {
    target: 'REQUEST_FILENAME|PATH_INFO',
    expected: ['REQUEST_FILENAME=/shop/a/b/File one.php', 'PATH_INFO=/shop/a/b/File one.php'],
  },
  { target: 'REQUEST_FILENAME', request: 'GET /a+b%2 HTTP/1.1', expected: ['REQUEST_FILENAME=/a+b%2'] },
  { target: 'REQUEST_BASENAME', expected: ['REQUEST_BASENAME=File one.php'] },
  { target: 'REQUEST_BASENAME', request: 'GET /a/b\\c HTTP/1.1', expected: ['REQUEST_BASENAME=c'] },
  { target: 'REQUEST_BASENAME', request: 'GET /a/ HTTP/1.1', expected: ['REQUEST_BASENAME='] },
  { target: 'REQUEST_HEADERS:host', expected: ['REQUEST_HEADERS:Host=a.test'] },
  {
    target: 'REQUEST_HEADERS_NAMES',
    request: 'GET / HTTP/1.1\nHost: a\nX-y: 1',
    expected: ['REQUEST_HEADERS_NAMES:Host=Host', 'REQUEST_HEADERS_NAMES:X-y=X-y'],
  },
  {
    target: 'REQUEST_COOKIES',
    expected: [
      'REQUEST_COOKIES:sid=abc=d',
      'REQUEST_COOKIES:theme= "dark"',
      'REQUEST_COOKIES:bare=',
      'REQUEST_COOKIES:late=1',
    ],
  },
  { target: 'REQUEST_COOKIES_NAMES:bare', expected: ['REQUEST_COOKIES_NAMES:bare=bare'] },
  { target: 'AUTH_TYPE', expected: ['AUTH_TYPE=Basic'] },
  { target: 'AUTH_TYPE|REMOTE_USER', request: 'GET / HTTP/1.1', expected: [] },
  { target: 'REMOTE_USER', expected: ['REMOTE_USER=alice'] },
  { target: 'REMOTE_USER', request: 'GET / HTTP/1.1\nAuthorization: Bearer YTpi', expected: [] },

  { target: 'ARGS', phase: 1, expected: ['ARGS:q=x y', 'ARGS:q=%zz', 'ARGS:=e', 'ARGS:flag='] },
  {
    target: 'ARGS',
    expected: ['ARGS:q=x y', 'ARGS:q=%zz', 'ARGS:=e', 'ARGS:flag=', 'ARGS:p=1', 'ARGS:q=two!'],
  },
  { target: 'ARGS_GET:q', expected: ['ARGS_GET:q=x y', 'ARGS_GET:q=%zz'] },
  { target: 'ARGS_POST', expected: ['ARGS_POST:p=1', 'ARGS_POST:q=two!'] },
  { target: 'ARGS_NAMES:/^[pf]/', expected: ['ARGS_NAMES:flag=flag', 'ARGS_NAMES:p=p'] },
  { target: 'ARGS_GET_NAMES:flag', expected: ['ARGS_GET_NAMES:flag=flag'] },
  { target: 'ARGS_POST_NAMES', expected: ['ARGS_POST_NAMES:p=p', 'ARGS_POST_NAMES:q=q'] },
  // q=3+1, q=3+1, =e, flag, p=1, q=4+1
  { target: 'ARGS_COMBINED_SIZE', expected: ['ARGS_COMBINED_SIZE=20'] },

  { target: 'REQUEST_BODY', expected: ['REQUEST_BODY=p=1&q=two%21'] },
  { target: 'REQUEST_BODY', request: 'POST / HTTP/1.1\nContent-Type: application/json\n\n{}', expected: [] },
  { target: 'REQUEST_BODY', request: 'GET / HTTP/1.1', expected: [] },
  { target: 'REQUEST_BODY_LENGTH', expected: ['REQUEST_BODY_LENGTH=12'] },
  {
    target: 'FULL_REQUEST',
    request: 'POST /?a HTTP/1.1\nHost: b\n\nbody',
    expected: ['FULL_REQUEST=POST /?a HTTP/1.1\nHost: b\n\nbody'],
  },
  {
    target: 'FULL_REQUEST_LENGTH',
    request: 'POST /?a HTTP/1.1\nHost: b\n\nbody',
    expected: ['FULL_REQUEST_LENGTH=31'],
  },
  { target: 'REQBODY_PROCESSOR', phase: 1, expected: ['REQBODY_PROCESSOR=URLENCODED'] },
  { target: 'REQBODY_PROCESSOR', phase: 1, request: upload, expected: ['REQBODY_PROCESSOR=MULTIPART'] },
  {
    target: 'REQBODY_ERROR|REQBODY_PROCESSOR_ERROR|REQBODY_ERROR_MSG|REQBODY_PROCESSOR_ERROR_MSG',
    expected: [
      'REQBODY_ERROR=0',
      'REQBODY_PROCESSOR_ERROR=0',
      'REQBODY_ERROR_MSG=',
      'REQBODY_PROCESSOR_ERROR_MSG=',
    ],
  },
  {
    target: 'REQBODY_ERROR|REQBODY_PROCESSOR_ERROR',
    request: 'POST / HTTP/1.1\nContent-Type: application/json\n\n{"a":',
    expected: ['REQBODY_ERROR=1', 'REQBODY_PROCESSOR_ERROR=1'],
  },
  { target: 'INBOUND_DATA_ERROR', expected: ['INBOUND_DATA_ERROR=0'] },
  { target: 'INBOUND_DATA_ERROR', options: { isPartial: true }, expected: ['INBOUND_DATA_ERROR=1'] },
  { target: 'URLENCODED_ERROR', expected: ['URLENCODED_ERROR=1'] },
  { target: 'URLENCODED_ERROR', request: 'GET /?a=%20 HTTP/1.1', expected: ['URLENCODED_ERROR=0'] },
  {
    target: 'FILES|FILES_NAMES|FILES_SIZES',
    request: upload,
    expected: ['FILES:doc=a.txt', 'FILES_NAMES:doc=doc', 'FILES_SIZES:doc=5'],
  },
  { target: 'FILES_COMBINED_SIZE', request: upload, expected: ['FILES_COMBINED_SIZE=5'] },
  { target: 'MULTIPART_FILENAME', request: upload, expected: ['MULTIPART_FILENAME:doc=a.txt'] },
  {
    target: 'MULTIPART_NAME',
    request: upload,
    expected: ['MULTIPART_NAME:title=title', 'MULTIPART_NAME:doc=doc'],
  },
  {
    target: 'MULTIPART_PART_HEADERS:doc',
    request: upload,
    expected: [
      'MULTIPART_PART_HEADERS:doc=Content-Disposition: form-data; name="doc"; filename="a.txt"',
      'MULTIPART_PART_HEADERS:doc=Content-Type: text/plain',
    ],
  },
  ...multipartFlags.map(
    (flag): Row => ({ target: `MULTIPART_${flag}`, request: upload, expected: [`MULTIPART_${flag}=0`] }),
  ),
  {
    target:
      'MULTIPART_STRICT_ERROR|MULTIPART_DATA_BEFORE|MULTIPART_MISSING_SEMICOLON|MULTIPART_SEMICOLON_MISSING',
    request: upload.replace('\n\n', '\n\nbefore\r\n').replace('form-data; b', 'form-data b'),
    expected: [
      'MULTIPART_STRICT_ERROR=1',
      'MULTIPART_DATA_BEFORE=1',
      'MULTIPART_MISSING_SEMICOLON=1',
      'MULTIPART_SEMICOLON_MISSING=1',
    ],
  },
  { target: 'FILES_TMPNAMES|FILES_TMP_CONTENT', request: upload, expected: [] },
  {
    target: 'XML:/*|XML://@*',
    request: 'POST / HTTP/1.1\nContent-Type: text/xml\n\n<a b="c">d</a>',
    expected: [],
  },

  { target: 'REMOTE_ADDR|REMOTE_HOST', expected: ['REMOTE_ADDR=192.0.2.7', 'REMOTE_HOST=192.0.2.7'] },
  { target: 'REMOTE_PORT', expected: ['REMOTE_PORT=40123'] },
  { target: 'SERVER_ADDR|SERVER_PORT', expected: ['SERVER_ADDR=198.51.100.1', 'SERVER_PORT=443'] },
  { target: 'SERVER_NAME', expected: ['SERVER_NAME=a.test'] },
  { target: 'UNIQUE_ID', expected: ['UNIQUE_ID=fixture-1'] },
  { target: 'DURATION', expected: ['DURATION=0'] },
  { target: 'TIME', expected: ['TIME=22:05:09'] },
  { target: 'TIME_EPOCH', expected: ['TIME_EPOCH=1772402709'] },
  {
    target: 'TIME_YEAR|TIME_MON|TIME_DAY|TIME_WDAY',
    expected: ['TIME_YEAR=2026', 'TIME_MON=2', 'TIME_DAY=1', 'TIME_WDAY=0'],
  },
  { target: 'TIME_HOUR|TIME_MIN|TIME_SEC', expected: ['TIME_HOUR=22', 'TIME_MIN=5', 'TIME_SEC=9'] },

  {
    target: 'RESPONSE_STATUS|STATUS|RESPONSE_PROTOCOL|STATUS_LINE',
    phase: 3,
    options: { response: answer },
    expected: ['RESPONSE_STATUS=404', 'STATUS=404', 'RESPONSE_PROTOCOL=HTTP/1.1', 'STATUS_LINE=HTTP/1.1 404'],
  },
  { target: 'RESPONSE_STATUS|STATUS|RESPONSE_PROTOCOL|STATUS_LINE|RESPONSE_HEADERS', phase: 2, expected: [] },
  {
    target: 'RESPONSE_HEADERS:x-two',
    phase: 3,
    options: { response: answer },
    expected: ['RESPONSE_HEADERS:X-Two=2'],
  },
  {
    target: 'RESPONSE_HEADERS_NAMES:x-two',
    phase: 3,
    options: { response: answer },
    expected: ['RESPONSE_HEADERS_NAMES:X-Two=X-Two'],
  },
  {
    target: 'RESPONSE_CONTENT_TYPE|RESPONSE_CONTENT_LENGTH',
    phase: 3,
    options: { response: answer },
    expected: ['RESPONSE_CONTENT_TYPE=text/plain', 'RESPONSE_CONTENT_LENGTH=4'],
  },
  { target: 'RESPONSE_BODY', phase: 3, options: { response: answer }, expected: [] },
  {
    target: 'RESPONSE_BODY|OUTBOUND_DATA_ERROR',
    phase: 4,
    options: { response: answer },
    expected: ['RESPONSE_BODY=gone', 'OUTBOUND_DATA_ERROR=0'],
  },
  {
    target: 'OUTBOUND_DATA_ERROR',
    phase: 4,
    options: { response: answer, isPartial: true },
    expected: ['OUTBOUND_DATA_ERROR=1'],
  },

  {
    target: 'TX',
    expected: ['TX:inbound_anomaly_score_threshold=5', 'TX:outbound_anomaly_score_threshold=4'],
  },
  {
    target: 'TX:0',
    before: 'SecRule REQUEST_METHOD "@rx ." "id:1,phase:1,pass,nolog,capture"',
    expected: ['TX:0=P'],
  },
  { target: 'ENV:a', before: 'SecAction "id:1,phase:1,pass,nolog,setenv:A=1"', expected: ['ENV:A=1'] },
  {
    target: 'MATCHED_VAR|MATCHED_VAR_NAME',
    before: 'SecRule ARGS:flag "@rx ^" "id:1,phase:1,pass,nolog"',
    expected: ['ARGS:flag=', 'MATCHED_VAR_NAME=ARGS:flag'],
  },
  { target: 'MATCHED_VARS|MATCHED_VARS_NAMES|MATCHED_VAR|MATCHED_VAR_NAME', expected: [] },
  {
    target: 'RULE',
    expected: ['RULE:id=9', 'RULE:msg=', 'RULE:logdata=', 'RULE:severity=', 'RULE:rev=', 'RULE:ver='],
  },
  { target: 'HIGHEST_SEVERITY', expected: ['HIGHEST_SEVERITY=255'] },
  {
    target: 'MSC_PCRE_ERROR|MSC_PCRE_LIMITS_EXCEEDED',
    expected: ['MSC_PCRE_ERROR=0', 'MSC_PCRE_LIMITS_EXCEEDED=0'],
  },
  { target: 'MODSEC_BUILD|WEBAPPID|SESSIONID|USERID', expected: [] },
];

/** Runs a rule that matches every instance of the targets, and returns what it saw. */
function look(row: Row): string[] {
  const rule = `SecRule ${row.target} "@unconditionalMatch" "id:9,phase:${row.phase ?? 2},pass"`;
  const ruleset = compileRules(`SecResponseBodyAccess On\n${row.before ?? ''}\n${rule}`);
  const { report } = runExchange(ruleset, row.request ?? form, row.options);
  return report.matches.flatMap((match) => match.variables.map((each) => `${each.name}=${each.value}`));
}

describe('variables', () => {
  for (const row of rows) {
    it(`${row.target}: ${row.expected.join(', ') || 'no instance'}`, () => {
      assert.deepEqual(look(row), row.expected);
    });
  }

  it('MATCHED_VARS and MATCHED_VARS_NAMES: hold what the earlier link matched', () => {
    const ruleset = compileRules(
      'SecRule ARGS:q "@rx ^" "id:1,phase:1,pass,chain"\nSecRule MATCHED_VARS_NAMES|MATCHED_VARS "@rx ^[A%]"',
    );
    const { report } = runExchange(ruleset, form);
    assert.deepEqual(
      report.matches[0]?.variables.map((each) => `${each.name}=${each.value}`),
      ['ARGS:q=x y', 'ARGS:q=%zz', 'MATCHED_VARS_NAMES:ARGS:q=ARGS:q', 'MATCHED_VARS_NAMES:ARGS:q=ARGS:q'],
    );
  });

  it('catalog: every variable has a row', () => {
    const named = new Set(
      rows.flatMap((row) => row.target.split('|').map((each) => each.replace(/:.*/, ''))),
    );
    assert.deepEqual(
      variables.map((each) => each.name).filter((name) => !named.has(name)),
      [],
    );
  });

  it('catalog: no name is defined twice', () => {
    const names = variables.map((each) => each.name);
    assert.deepEqual(
      names.filter((name, at) => names.indexOf(name) !== at),
      [],
    );
  });
});
