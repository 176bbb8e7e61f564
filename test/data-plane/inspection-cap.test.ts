/** Bodies around the inspection cap: what is seen, what goes on unseen, and that the latter is never silent. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { metricOf } from './metric.ts';
import { ask, echoOf, eventOf } from './site-node.ts';

const cap = 4_096;
const attack = 'q=attack-word';

let origin: Origin;
const nodes = new Map<string, NodeProcess>();

before(async () => {
  origin = await openOrigin();
  for (const overCap of ['partial', 'deny']) {
    const node = await startNode({
      config: `
listen: ['127.0.0.1:0']
upstream: ${origin.url}
workers: 1
trustedProxies: [127.0.0.1]
waf: { baseline: false, rules: [own.conf], inspectionMax: ${cap}B, overCap: ${overCap} }
hosts:
  - { names: [watched.test], upstream: '${origin.url}', waf: { mode: detection-only } }
`,
      files: {
        'own.conf':
          'SecRuleEngine On\nSecRequestBodyAccess On\nSecRule ARGS:q "@streq attack-word" "id:900010,phase:2,deny,status:403"\n',
      },
    });
    nodes.set(overCap, node);
  }
});

after(async () => {
  for (const node of nodes.values()) await node[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

type Place = 'none' | 'first' | 'last' | 'up to the cap' | 'behind the cap';

/** A form of `bytes` bytes with the attack at `place`. */
function formOf(bytes: number, place: Place): string {
  const fill = (length: number): string => `a=${'x'.repeat(length - 2)}`;
  switch (place) {
    case 'none':
      return fill(bytes);
    case 'first':
      return `${attack}&${fill(bytes - attack.length - 1)}`;
    case 'last':
      return `${fill(bytes - attack.length - 1)}&${attack}`;
    case 'up to the cap':
      return `${fill(cap - attack.length - 1)}&${attack}${bytes > cap ? `&${'y'.repeat(bytes - cap - 1)}` : ''}`;
    case 'behind the cap':
      return `${fill(cap)}&${attack}${'&'.repeat(bytes - cap - 1 - attack.length)}`;
  }
}

type Row = readonly [
  bytes: number,
  place: Place,
  status: number,
  inspection: 'full' | 'partial' | 'off',
  reason: string,
  detail: string,
];

const rows: Readonly<Record<'partial' | 'deny', readonly Row[]>> = {
  partial: [
    [cap - 1, 'none', 200, 'full', 'none', ''],
    [cap - 1, 'first', 403, 'full', 'waf', 'rule-900010'],
    [cap - 1, 'last', 403, 'full', 'waf', 'rule-900010'],
    [cap, 'none', 200, 'full', 'none', ''],
    [cap, 'first', 403, 'full', 'waf', 'rule-900010'],
    [cap, 'last', 403, 'full', 'waf', 'rule-900010'],
    [cap + 1, 'none', 200, 'partial', 'none', ''],
    [cap + 1, 'first', 403, 'partial', 'waf', 'rule-900010'],
    [cap + 1, 'up to the cap', 403, 'partial', 'waf', 'rule-900010'],
    [cap + 1, 'last', 200, 'partial', 'none', ''],
    [cap + 100, 'behind the cap', 200, 'partial', 'none', ''],
    [10 * cap, 'none', 200, 'partial', 'none', ''],
    [10 * cap, 'first', 403, 'partial', 'waf', 'rule-900010'],
  ],
  deny: [
    [cap - 1, 'none', 200, 'full', 'none', ''],
    [cap - 1, 'last', 403, 'full', 'waf', 'rule-900010'],
    [cap, 'none', 200, 'full', 'none', ''],
    [cap, 'last', 403, 'full', 'waf', 'rule-900010'],
    [cap + 1, 'none', 413, 'full', 'body-too-large', 'inspection-cap'],
    [cap + 1, 'last', 413, 'full', 'body-too-large', 'inspection-cap'],
    [10 * cap, 'first', 413, 'full', 'body-too-large', 'inspection-cap'],
  ],
};

const framings: readonly (readonly [name: string, isChunked: boolean, pieceBytes: number])[] = [
  ['at once', false, 1_000_000],
  ['in pieces of 500 bytes', false, 500],
  ['in one chunk', true, 1_000_000],
  ['in one chunk and pieces of 500 bytes', true, 500],
];

let asked = 0;

for (const [policy, table] of Object.entries(rows)) {
  for (const [bytes, place, status, inspection, reason, detail] of table) {
    for (const [framing, isChunked, pieceBytes] of framings) {
      const attackAt = place === 'none' ? 'no attack' : `the attack ${place}`;
      test(`inspection cap: ${policy}: ${bytes} bytes ${framing}, ${attackAt}: ${status}, ${inspection}`, async () => {
        const node = nodes.get(policy)!;
        const before = await node.metrics();
        const seenBefore = origin.requests();
        const body = formOf(bytes, place);
        assert.equal(body.length, bytes);
        asked += 1;
        const requestId = `cap-${asked}`;
        const answer = await ask(node.port(), {
          method: 'POST',
          fields: ['Content-Type: application/x-www-form-urlencoded', `X-Request-ID: ${requestId}`],
          body,
          isChunked,
          pieceBytes,
        });
        assert.equal(answer.status, status);
        if (status === 200) {
          const seen = echoOf(answer);
          assert.equal(seen.bodyBytes, bytes);
          assert.equal(seen.body, body.slice(0, seen.body.length));
        }
        assert.equal(origin.requests() - seenBefore, status === 200 ? 1 : 0);
        const event = await eventOf(node, requestId);
        assert.deepEqual([event.waf?.inspection, event.reason, event.detail], [inspection, reason, detail]);
        const page = await node.metrics();
        const growth = (name: string): number => metricOf(page, name) - metricOf(before, name);
        assert.equal(growth('secbeat_waf_partial_total'), inspection === 'partial' ? 1 : 0);
        assert.equal(growth('secbeat_waf_over_cap_denied_total'), status === 413 ? 1 : 0);
        const inspected = status === 413 ? 0 : Math.min(bytes, cap);
        assert.equal(growth('secbeat_waf_inspected_bytes_total'), inspected);
      });
    }
  }
}

for (const policy of ['partial', 'deny']) {
  test(`inspection cap: ${policy}: what does not fit goes on where the WAF only watches, counted as partial`, async () => {
    const node = nodes.get(policy)!;
    const fields = ['Content-Type: application/x-www-form-urlencoded', `X-Request-ID: watched-${policy}`];
    const asked = { method: 'POST', host: 'watched.test', fields, body: formOf(2 * cap, 'first') };
    assert.equal(echoOf(await ask(node.port(), asked)).bodyBytes, 2 * cap);
    const event = await eventOf(node, `watched-${policy}`);
    assert.deepEqual(
      [event.verdict, event.waf?.inspection, event.waf?.interruptedBy],
      ['log', 'partial', 900010],
    );
  });
}
