/**
 * Cost of `@rx` over all patterns of the Core Rule Set: compiling them, a short value, long prose, beside V8.
 *
 * Run: `node waf/operators/regex/lazy-automaton.bench.ts`. Read ratios: the machine is shared.
 */

import { compileRx } from '../rx.ts';
import { readCrsPatterns } from './crs-pattern-files.ts';
import { parsePattern } from './parse.ts';
import { javascriptSource } from './to-javascript.ts';

const words = [
  'the',
  'order',
  'of',
  'select',
  'items',
  'was',
  '(changed)',
  'on',
  '2024-05-01;',
  "it's",
  'fine',
  '=',
  'ok.',
];
const prose = Array.from({ length: 20_000 }, (_, i) => words[(i * 7 + (i >> 3)) % words.length])
  .join(' ')
  .slice(0, 102_400);
const short = "name=O'Reilly & Sons (books), page 12";
const rounds = 5;

function bestOf(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const sources = readCrsPatterns();
const startMs = performance.now();
const operators = sources.map((source) => {
  const operator = compileRx(source);
  if (typeof operator === 'string') throw new Error(operator);
  return operator;
});
console.log(`compile ${sources.length} patterns: ${(performance.now() - startMs).toFixed(0)} ms`);
const oracles = sources.map((source) => {
  const pattern = parsePattern(source);
  if ('message' in pattern) throw new Error(pattern.message);
  return new RegExp(javascriptSource(pattern));
});
const repeats = 200;
const shortMs = bestOf(() => {
  for (let i = 0; i < repeats; i++) for (const operator of operators) operator.test(short, null, '');
});
const shortV8Ms = bestOf(() => {
  for (let i = 0; i < repeats; i++) for (const oracle of oracles) oracle.test(short);
});
const perTest = 1e6 / (repeats * sources.length);
console.log(
  `value of ${short.length} bytes: ${(shortMs * perTest).toFixed(0)} ns per test, V8 ${(shortV8Ms * perTest).toFixed(0)} ns`,
);
/** V8 gets less of it: several patterns cost it the square of the length or more. */
const shorterProse = prose.slice(0, 4096);
const longMs = bestOf(() => {
  for (const operator of operators) operator.test(prose, null, '');
});
const longV8Ms = bestOf(() => {
  for (const oracle of oracles) oracle.test(shorterProse);
});
const perByte = (ms: number, length: number): string => ((ms * 1e6) / sources.length / length).toFixed(2);
console.log(
  `prose: ${perByte(longMs, prose.length)} ns per byte and pattern on ${prose.length} bytes, V8 ${perByte(longV8Ms, shorterProse.length)} on ${shorterProse.length}`,
);
console.log(
  `heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB, array buffers ${(process.memoryUsage().arrayBuffers / 1e6).toFixed(0)} MB`,
);
