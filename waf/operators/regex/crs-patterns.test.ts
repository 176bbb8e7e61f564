import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompiledOperator, OperatorMatch } from '../operator.ts';
import { compileRx } from '../rx.ts';
import { hasByte } from './byte-set.ts';
import { readCrsPatterns } from './crs-pattern-files.ts';
import { parsePattern } from './parse.ts';
import type { Pattern, PatternNode } from './pattern.ts';
import { javascriptSource } from './to-javascript.ts';

/** A small linear congruential generator: the same samples in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Writes a text that the node is likely to match. */
function sample(node: PatternNode, random: (below: number) => number): string {
  switch (node.kind) {
    case 'set': {
      for (let i = 0, byte = random(256); i < 256; i++, byte = (byte + 1) % 256) {
        if (hasByte(node.set, byte)) return String.fromCharCode(byte);
      }
      return '';
    }
    case 'sequence':
      return node.items.map((item) => sample(item, random)).join('');
    case 'choice':
      return sample(node.options[random(node.options.length)]!, random);
    case 'repeat': {
      const count = node.min + random(Math.min(node.max - node.min, 2) + 1);
      return Array.from({ length: Math.min(count, 40) }, () => sample(node.node, random)).join('');
    }
    case 'capture':
      return sample(node.node, random);
    case 'assertion':
    case 'look':
      return random(4) === 0 ? '\n' : '';
  }
}

/** Changes a few bytes, so that near misses are met as often as matches. */
function mutate(text: string, random: (below: number) => number): string {
  const bytes = [...text];
  const alphabet = ' \n\r\t\0aZ0_-/.\'"<>()=;\xa0\xe9\xff';
  for (let i = random(4); i > 0; i--) {
    const at = random(bytes.length + 1);
    bytes.splice(at, random(2), alphabet.charAt(random(alphabet.length)));
  }
  return bytes.join('');
}

const SAMPLE_LENGTH_MAX = 60;

function compiledOf(source: string): { pattern: Pattern; operator: CompiledOperator } {
  const pattern = parsePattern(source);
  assert.ok(!('message' in pattern), `${source}: ${JSON.stringify(pattern)}`);
  const operator = compileRx(source);
  assert.ok(typeof operator !== 'string', `${source}: ${String(operator)}`);
  return { pattern, operator };
}

test('rx: all 294 patterns of the Core Rule Set compile and agree with V8 on seeded samples', () => {
  const sources = readCrsPatterns();
  assert.equal(sources.length, 294);
  const match: OperatorMatch = { captures: [], captureCount: 0 };
  let matches = 0;
  let misses = 0;
  for (const [index, source] of sources.entries()) {
    const { pattern, operator } = compiledOf(source);
    const oracle = new RegExp(javascriptSource(pattern));
    const random = createRandom(index + 1);
    for (let i = 0; i < 24; i++) {
      const plain = sample(pattern.root, random).slice(0, SAMPLE_LENGTH_MAX);
      const text = i % 3 === 0 ? plain : mutate(i % 3 === 1 ? plain : `x ${plain} y`, random);
      const found = oracle.exec(text);
      const context = `pattern ${index} ${source.slice(0, 80)} on ${JSON.stringify(text)}`;
      assert.equal(operator.test(text, null, ''), found !== null, context);
      assert.equal(operator.test(text, match, ''), found !== null, context);
      if (found === null) {
        misses++;
        continue;
      }
      matches++;
      assert.equal(match.captures[0], found[0], context);
    }
  }
  assert.ok(
    matches > 1500 && misses > 500,
    `${matches} matches, ${misses} misses: the samples are one-sided`,
  );
});
