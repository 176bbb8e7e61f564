import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '@secbeat/base/fault.ts';
import type { Ruleset } from '../engine.ts';
import {
  compileRules,
  fixturePolicy,
  fixtureTimeMs,
  readRequest,
  readResponse,
  runExchange,
} from './exchange-fixture.ts';
import { txEntriesMax, txValueBytesMax } from './state.ts';

/** The texts that a rule's message shows after a request. */
function messages(ruleset: Ruleset, request: string): string[] {
  return runExchange(ruleset, request).report.matches.map((match) => match.message);
}

const form = 'POST /%s HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\n';

describe('transaction: order of phases', () => {
  const open = () => {
    const ruleset = compileRules('SecRule ARGS "@streq x" "id:1,phase:1,deny"');
    return (request: string) => ruleset.begin(readRequest(request).view, fixturePolicy);
  };

  it('a phase that was passed over cannot follow, and none runs twice', () => {
    const transaction = open()('GET / HTTP/1.1');
    transaction.inspectRequestBody(null, false);
    assert.throws(() => transaction.inspectRequestHead(), /phase 1 cannot follow phase 2/);
    assert.throws(() => transaction.inspectRequestBody(null, false), /phase 2 cannot follow phase 2/);
  });

  it('finish is called once and ends everything', () => {
    const transaction = open()('GET / HTTP/1.1');
    transaction.finish();
    assert.throws(() => transaction.finish(), /finish\(\) is called once/);
    assert.throws(() => transaction.inspectRequestHead(), /phase 1 cannot follow phase 5/);
  });

  it('an interruption is given again by every later phase, and no body is wanted any more', () => {
    const transaction = open()('GET /?q=x HTTP/1.1');
    assert.equal(transaction.wantsRequestBody, false, 'the set has no rule that could look at a body');
    const interruption = transaction.inspectRequestHead();
    assert.deepEqual(interruption, { action: 'deny', status: 403, location: '', ruleId: 1 });
    assert.equal(transaction.inspectRequestBody(Buffer.from('a=1'), false), interruption);
    assert.equal(transaction.inspectResponseHead(readResponse('HTTP/1.1 200').view), interruption);
    assert.equal(transaction.inspectResponseBody(null, false), interruption);
    assert.equal(transaction.finish().interruptedBy, 1);
  });

  it('the request view may change after phase 1', () => {
    const ruleset = compileRules('SecRule REQUEST_HEADERS:Host|REQUEST_METHOD "@rx ^" "id:1,phase:2,pass"');
    const { view } = readRequest('GET / HTTP/1.1\nHost: a.test');
    const borrowed = { ...view, fields: { ...view.fields } };
    const transaction = ruleset.begin(borrowed, fixturePolicy);
    transaction.inspectRequestHead();
    Object.assign(borrowed, { method: 'XXX', fields: { count: 0 } });
    transaction.inspectRequestBody(null, false);
    assert.deepEqual(
      transaction.finish().matches[0]?.variables.map((each) => each.value),
      ['a.test', 'GET'],
    );
  });
});

describe('transaction: what it wants', () => {
  const rows: readonly (readonly [subject: string, rules: string, wanted: boolean])[] = [
    ['a rule of phase 2', 'SecAction "id:1,phase:2,pass"', true],
    ['a rule of phase 5', 'SecAction "id:1,phase:5,pass"', true],
    ['no rule behind phase 1', 'SecAction "id:1,phase:1,pass"', false],
    ['access switched off', 'SecRequestBodyAccess Off\nSecAction "id:1,phase:2,pass"', false],
    [
      'access switched off by a rule',
      'SecAction "id:1,phase:1,pass,ctl:requestBodyAccess=Off"\nSecAction "id:2,pass"',
      false,
    ],
    [
      'a request that is allowed',
      'SecAction "id:1,phase:1,allow:request"\nSecAction "id:2,phase:2,pass"',
      false,
    ],
    ['only phase 1 allowed', 'SecAction "id:1,phase:1,allow:phase"\nSecAction "id:2,phase:2,pass"', true],
    [
      'an engine that is off',
      'SecAction "id:1,phase:1,pass,ctl:ruleEngine=Off"\nSecAction "id:2,pass"',
      false,
    ],
  ];
  for (const [subject, rules, wanted] of rows) {
    it(`request body, ${subject}: ${wanted}`, () => {
      const transaction = compileRules(rules).begin(readRequest('POST / HTTP/1.1').view, fixturePolicy);
      transaction.inspectRequestHead();
      assert.equal(transaction.wantsRequestBody, wanted);
    });
  }

  const looks = 'SecRule RESPONSE_BODY "@rx ^" "id:1,phase:4,pass"';
  const responseRows: readonly (readonly [subject: string, rules: string, type: string, wanted: boolean])[] =
    [
      ['access is off by default', looks, 'text/html', false],
      [
        'a default type with parameters',
        `SecResponseBodyAccess On\n${looks}`,
        'Text/HTML; charset=utf-8',
        true,
      ],
      ['another type', `SecResponseBodyAccess On\n${looks}`, 'application/json', false],
      [
        'a type of the rules',
        `SecResponseBodyAccess On\nSecResponseBodyMimeType a/b application/json\n${looks}`,
        'application/json',
        true,
      ],
      [
        'a default type that the rules replaced',
        `SecResponseBodyAccess On\nSecResponseBodyMimeType a/b\n${looks}`,
        'text/html',
        false,
      ],
      [
        'all types cleared',
        `SecResponseBodyAccess On\nSecResponseBodyMimeTypesClear\n${looks}`,
        'text/html',
        false,
      ],
      ['no rule of phase 4', 'SecResponseBodyAccess On\nSecAction "id:1,phase:3,pass"', 'text/html', false],
    ];
  for (const [subject, rules, type, wanted] of responseRows) {
    it(`response body, ${subject}: ${wanted}`, () => {
      const transaction = compileRules(rules).begin(readRequest('GET / HTTP/1.1').view, fixturePolicy);
      assert.equal(transaction.wantsResponseBody, false, 'not before there is a response');
      transaction.inspectResponseHead(readResponse(`HTTP/1.1 200\nContent-Type: ${type}`).view);
      assert.equal(transaction.wantsResponseBody, wanted);
    });
  }
});

describe('transaction: bounds', () => {
  const count =
    'SecRule &ARGS "@ge 0" "id:1,phase:2,pass,msg:\'%{MATCHED_VAR} error %{REQBODY_ERROR} %{REQBODY_ERROR_MSG}\'"';
  const argumentRows: readonly (readonly [
    subject: string,
    request: string,
    message: string,
    truncatedBy: readonly string[],
  ])[] = [
    ['2 in the query', 'GET /?a&b HTTP/1.1', '2 error 0 ', []],
    ['3 in the query', 'GET /?a&b&c HTTP/1.1', '3 error 0 ', []],
    [
      '4 in the query',
      'GET /?a&b&c&d HTTP/1.1',
      '3 error 1 query: more arguments than the limit',
      ['query arguments'],
    ],
    ['1 and 1', `${form.replace('%s', '?a')}x=1`, '2 error 0 ', []],
    ['1 and 2', `${form.replace('%s', '?a')}x=1&y=2`, '3 error 0 ', []],
    [
      '1 and 3',
      `${form.replace('%s', '?a')}x=1&y=2&z=3`,
      '3 error 1 URLENCODED: more arguments than the limit',
      ['body arguments'],
    ],
    [
      '3 and 1',
      `${form.replace('%s', '?a&b&c')}x=1`,
      '3 error 1 URLENCODED: more arguments than the limit',
      ['body arguments'],
    ],
  ];
  for (const [subject, request, message, truncatedBy] of argumentRows) {
    it(`arguments, limit 3, ${subject}`, () => {
      const { report } = runExchange(compileRules(`SecArgumentsLimit 3\n${count}`), request);
      assert.equal(report.matches[0]?.message, message);
      assert.deepEqual(report.truncatedBy, truncatedBy);
    });
  }

  it('the JSON depth of the rules is the bound', () => {
    const rules = `SecRequestBodyJsonDepthLimit 2\n${count}`;
    const post = 'POST / HTTP/1.1\nContent-Type: application/json\n\n';
    assert.match(messages(compileRules(rules), `${post}{"a":{"b":1}}`)[0]!, /^1 error 0/);
    assert.match(messages(compileRules(rules), `${post}{"a":{"b":{"c":1}}}`)[0]!, /error 1/);
  });

  it('the caller gives bounds, and the rules win', () => {
    const bodyLimits = { argumentsMax: 1, depthMax: 8, partsMax: 8 };
    assert.match(messages(compileRules(count, { bodyLimits }), 'GET /?a&b HTTP/1.1')[0]!, /^1 error 1/);
    assert.match(
      messages(compileRules(`SecArgumentsLimit 2\n${count}`, { bodyLimits }), 'GET /?a&b HTTP/1.1')[0]!,
      /^2 error 0/,
    );
  });

  it('a report holds 64 rules and counts the rest', () => {
    const rules = (n: number) =>
      Array.from({ length: n }, (_, i) => `SecAction "id:${i + 1},phase:1,pass"`).join('\n');
    const report = (n: number) => runExchange(compileRules(rules(n)), 'GET / HTTP/1.1').report;
    assert.deepEqual([report(63).matches.length, report(63).matchesDropped], [63, 0]);
    assert.deepEqual([report(64).matches.length, report(64).matchesDropped], [64, 0]);
    assert.deepEqual([report(65).matches.length, report(65).matchesDropped], [64, 1]);
  });

  it('a report holds 8 variables of a rule, 256 characters of names and values, 512 of messages', () => {
    const ruleset = compileRules(
      'SecRule ARGS "@rx ^" "id:1,phase:1,pass,tag:\'%{ARGS.long}\',msg:\'%{ARGS.long}\'"',
    );
    const match = (query: string) => runExchange(ruleset, `GET /?${query} HTTP/1.1`).report.matches[0];
    assert.deepEqual(
      [7, 8, 9].map((n) => match('a&'.repeat(n))?.variables.length),
      [7, 8, 8],
    );
    assert.deepEqual(
      [255, 256, 257].map((n) => match(`a=${'v'.repeat(n)}`)?.variables[0]?.value.length),
      [255, 256, 256],
    );
    // `ARGS:` is part of the name.
    assert.deepEqual(
      [250, 251, 252].map((n) => match('n'.repeat(n))?.variables[0]?.name.length),
      [255, 256, 256],
    );
    assert.deepEqual(
      [511, 512, 513].map((n) => match(`long=${'m'.repeat(n)}`)?.message.length),
      [511, 512, 512],
    );
    assert.equal(match(`long=${'m'.repeat(300)}`)?.tags[0]?.length, 256);
  });

  it('TX holds 65,536 entries and values of 1 MiB; a rule that gives it more is a fault', () => {
    const isFault = (error: unknown) =>
      error instanceof Fault && error.code === 'waf-tx-full' && /rule 7 /.test(error.message);
    const ruleset = compileRules(
      'SecRule REQUEST_METHOD "@rx ^" "id:7,phase:1,pass,nolog,setvar:\'tx.a=%{REQUEST_URI}\'"',
    );
    const run = (n: number) => runExchange(ruleset, `GET ${'u'.repeat(n)} HTTP/1.1`);
    run(txValueBytesMax - 1);
    run(txValueBytesMax);
    assert.throws(() => run(txValueBytesMax + 1), isFault);
    // The two thresholds are entries too.
    const bodyLimits = { argumentsMax: 100_000, depthMax: 1, partsMax: 1 };
    const perArgument = compileRules(
      'SecRule ARGS_NAMES "@rx ^" "id:7,phase:1,pass,nolog,setvar:\'tx.%{MATCHED_VAR}=1\'"',
      { bodyLimits },
    );
    const runNames = (n: number) =>
      runExchange(perArgument, `GET /?${Array.from({ length: n }, (_, i) => `k${i}`).join('&')} HTTP/1.1`);
    runNames(txEntriesMax - 3);
    runNames(txEntriesMax - 2);
    assert.throws(() => runNames(txEntriesMax - 1), isFault);
  });
});

describe('ruleset', () => {
  it('version: equal texts, equal version; any other text, another', () => {
    const version = (text: string, dataFiles = {}) => compileRules(text, { dataFiles }).version;
    assert.match(version('SecMarker A'), /^[0-9a-f]{16}$/);
    assert.equal(version('SecMarker A'), version('SecMarker A'));
    assert.notEqual(version('SecMarker A'), version('SecMarker B'));
    assert.notEqual(version('SecMarker A'), version('SecMarker A', { 'x.data': '' }));
  });

  it('ruleCount: links and markers are not counted, removed rules neither', () => {
    const text =
      'SecMarker A\nSecAction "id:1,pass"\nSecRule ARGS a "id:2,chain"\nSecRule ARGS b\nSecAction "id:3"\nSecRuleRemoveById 3';
    assert.equal(compileRules(text).ruleCount, 2);
  });

  it('two transactions at a time do not see each other', () => {
    const ruleset = compileRules(
      'SecRule ARGS "@streq x" "id:1,phase:1,pass,nolog,setvar:tx.seen=1,ctl:ruleRemoveById=3"\nSecRule TX:seen "@eq 1" "id:2,phase:2,pass"\nSecAction "id:3,phase:2,pass"',
    );
    const first = ruleset.begin(readRequest('GET /?a=x HTTP/1.1').view, fixturePolicy);
    const second = ruleset.begin(readRequest('GET /?a=y HTTP/1.1').view, fixturePolicy);
    first.inspectRequestHead();
    second.inspectRequestHead();
    second.inspectRequestBody(null, false);
    first.inspectRequestBody(null, false);
    assert.deepEqual(
      first.finish().matches.map((match) => match.ruleId),
      [2],
    );
    assert.deepEqual(
      second.finish().matches.map((match) => match.ruleId),
      [3],
    );
  });

  it('rules removed by a ctl do not stay removed for the next transaction of the same policy', () => {
    const ruleset = compileRules(
      'SecRule ARGS "@streq x" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2"\nSecAction "id:2,phase:1,pass"\nSecAction "id:3,phase:1,pass"',
    );
    const policy = { ...fixturePolicy, excludedRuleIds: [3] };
    const ids = (request: string) =>
      runExchange(ruleset, request, { policy }).report.matches.map((match) => match.ruleId);
    assert.deepEqual(ids('GET /?a=x HTTP/1.1'), []);
    assert.deepEqual(ids('GET / HTTP/1.1'), [2]);
  });

  it('DURATION: milliseconds since the transaction began', () => {
    let nowMs = fixtureTimeMs;
    const ruleset = compileRules('SecRule DURATION "@rx ^" "id:1,phase:5,pass"', {
      clock: { nowMs: () => nowMs },
    });
    const transaction = ruleset.begin(readRequest('GET / HTTP/1.1').view, fixturePolicy);
    nowMs += 250;
    assert.equal(transaction.finish().matches[0]?.variables[0]?.value, '250');
  });

  it('scores: the plain names and those of CRS 4, the higher one counts', () => {
    const scores = (setvars: string) => {
      const { report } = runExchange(
        compileRules(`SecAction "id:1,phase:1,pass,nolog,${setvars}"`),
        'GET / HTTP/1.1',
      );
      return [report.inboundScore, report.outboundScore];
    };
    assert.deepEqual(scores('setvar:tx.x=1'), [0, 0]);
    assert.deepEqual(scores('setvar:tx.inbound_anomaly_score=3,setvar:tx.outbound_anomaly_score=4'), [3, 4]);
    assert.deepEqual(
      scores('setvar:tx.inbound_anomaly_score=3,setvar:tx.blocking_inbound_anomaly_score=8'),
      [8, 0],
    );
    assert.deepEqual(scores('setvar:tx.blocking_outbound_anomaly_score=2'), [0, 2]);
  });

  it('an engine fault is thrown to the caller', () => {
    const ruleset = compileRules('SecRule TIME_EPOCH "@rx ^" "id:1,phase:1,pass"', {
      clock: {
        nowMs: (() => {
          let calls = 0;
          return () => {
            if (calls++ > 0) throw new Error('clock');
            return 0;
          };
        })(),
      },
    });
    assert.throws(() => runExchange(ruleset, 'GET / HTTP/1.1'), /^Error: clock$/);
  });
});
