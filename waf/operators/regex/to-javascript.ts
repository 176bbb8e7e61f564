/**
 * Pattern -> source of a JavaScript RegExp without flags, with the same meaning on byte strings.
 *
 * Sets are written out, so neither the case folding of JavaScript (it folds Latin-1 letters) nor its `\s` (it takes U+00A0)
 * has a say. Without the flag `m`, `^` and `$` mean the very start and end.
 *
 * One difference stays: JavaScript forgets captures at each turn of a repetition, PCRE keeps the last ones.
 */

import { type ByteSet, invertSet, rangesOf } from './byte-set.ts';
import type { Assertion, Pattern, PatternNode } from './pattern.ts';

const assertionSources: Readonly<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  'end-or-last-newline': '(?=\\n?$)',
  'line-start': '(?<![^\\n])',
  'line-end': '(?![^\\n])',
  'word-boundary': '\\b',
  'no-word-boundary': '\\B',
};

function byteSource(byte: number): string {
  const isPlain = /[0-9A-Za-z]/.test(String.fromCharCode(byte));
  return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}

function setSource(set: ByteSet): string {
  const ranges = rangesOf(set);
  const others = rangesOf(invertSet(set));
  if (others.length === 0) return '[^]';
  const [first] = ranges;
  if (ranges.length === 1 && first !== undefined && first[0] === first[1]) return byteSource(first[0]);
  const isShorterInverted = others.length < ranges.length;
  const written = (isShorterInverted ? others : ranges).map(([low, high]) =>
    low === high ? byteSource(low) : `${byteSource(low)}-${byteSource(high)}`,
  );
  return `[${isShorterInverted ? '^' : ''}${written.join('')}]`;
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function nodeSource(node: PatternNode): string {
  switch (node.kind) {
    case 'set':
      return setSource(node.set);
    case 'assertion':
      return assertionSources[node.assertion];
    case 'capture':
      return `(${nodeSource(node.node)})`;
    case 'look': {
      const mark = `${node.isAhead ? '' : '<'}${node.isNegative ? '!' : '='}`;
      return `(?${mark}${nodeSource(node.node)})`;
    }
    case 'sequence':
      return node.items.map((item) => grouped(item, 'choice')).join('');
    case 'choice':
      return node.options.map(nodeSource).join('|');
    case 'repeat': {
      const isSingle = node.node.kind === 'set' || node.node.kind === 'capture';
      const body = isSingle ? nodeSource(node.node) : `(?:${nodeSource(node.node)})`;
      return body + quantifier(node.min, node.max) + (node.isLazy ? '?' : '');
    }
  }
}

/** Puts `node` in a group when it is of the kind that would swallow its neighbours. */
function grouped(node: PatternNode, kind: PatternNode['kind']): string {
  return node.kind === kind ? `(?:${nodeSource(node)})` : nodeSource(node);
}

/** Writes a pattern as the source of a RegExp. */
export function javascriptSource(pattern: Pattern): string {
  return nodeSource(pattern.root);
}
