/**
 * Runs the cases of testdata/*.md. A case is a heading and its code blocks:
 *
 *     ## what it shows
 *     ```seclang                         rules
 *     ```http mode=detection-only        request; options: mode, excluded=1,2, partial
 *     ```response                        optional
 *     ```expect                          the outcome as describeOutcome writes it
 *
 * One set of rules may be followed by several request, response, expect groups.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { actionDefinitions } from './actions/catalog.ts';
import { compileRules, describeOutcome, fixturePolicy, runExchange } from './transaction/exchange-fixture.ts';

const folder = new URL('./testdata/', import.meta.url);

interface Block {
  readonly kind: string;
  readonly options: string;
  readonly text: string;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  describe(`engine: ${file}`, () => {
    for (const section of readFileSync(new URL(file, folder), 'utf8').split(/^## /m).slice(1)) {
      const title = section.slice(0, section.indexOf('\n'));
      it(title, () => runCase(readBlocks(section)));
    }
  });
}

describe('engine: coverage of testdata', () => {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const rules = texts.flatMap((text) => readBlocks(text).filter((block) => block.kind === 'seclang'));
  const words = new Set(rules.flatMap((block) => block.text.match(/[A-Za-z]+/g) ?? []));

  it('every action that has an effect is in a case', () => {
    const effective = actionDefinitions.filter(({ group }) => group !== 'inert' && group !== 'refused');
    const missing = effective.map(({ name }) => name).filter((name) => !words.has(name));
    assert.deepEqual(missing, []);
  });
});

function readBlocks(section: string): Block[] {
  const blocks = section.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms);
  return [...blocks].map((match) => ({
    kind: match[1]!,
    options: match[2]!.trim(),
    text: match[3]!.slice(0, -1),
  }));
}

function runCase(blocks: readonly Block[]): void {
  let rules: string | undefined;
  let request: Block | undefined;
  let response: string | undefined;
  let compared = 0;
  for (const block of blocks) {
    if (block.kind === 'seclang') {
      rules = block.text;
    } else if (block.kind === 'http') {
      request = block;
      response = undefined;
    } else if (block.kind === 'response') {
      response = block.text;
    } else {
      assert.equal(block.kind, 'expect', 'a block of a known kind');
      assert(rules !== undefined && request !== undefined, 'rules and a request before an expectation');
      assert.deepEqual(runBlock(rules, request, response), block.text.split('\n'));
      compared++;
    }
  }
  assert(compared > 0, 'a case expects something');
}

function runBlock(rules: string, request: Block, response: string | undefined): string[] {
  const options = new URLSearchParams(request.options.replaceAll(' ', '&'));
  const excluded = (options.get('excluded') ?? '').split(',').filter((id) => id !== '');
  const outcome = runExchange(compileRules(rules), request.text, {
    policy: {
      ...fixturePolicy,
      mode: options.get('mode') === 'detection-only' ? 'detection-only' : 'on',
      excludedRuleIds: excluded.map(Number),
    },
    isPartial: options.has('partial'),
    ...(response === undefined ? {} : { response }),
  });
  return describeOutcome(outcome);
}
