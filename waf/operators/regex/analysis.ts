/**
 * What can be said of a pattern without running it: whether it is anchored, and whether a backtracking matcher can be trusted
 * with it.
 *
 * The criterion `isLinear`: the work that one attempt at one start position can cost, over all values, is at most
 * `ATTEMPT_STEPS_MAX`. Then a whole search costs at most that many steps per byte, whatever the value. The bound counts every
 * way through the pattern as if each alternative failed as late as it can:
 *
 *     set         1 way, 1 step                      choice      ways and steps add up
 *     sequence    ways multiply; each item is        repeat      at most `max` copies in sequence, any number of
 *                 tried once per way to reach it                 which may be taken
 *     look        its steps; 1 way to go on          assertion   1 way, 1 step
 *
 * An unbounded repetition has no bound. So the criterion is sound, not complete: it also refuses patterns that are linear for
 * better reasons. Nothing is lost by that, because every pattern without look-around runs on our own automaton and needs no
 * criterion; it decides only over patterns with look-around, which run on V8 or not at all.
 */

import type { Pattern, PatternNode } from './pattern.ts';

/** Steps that one attempt may cost. 941170-like patterns cost 10^9 on one kilobyte. */
export const ATTEMPT_STEPS_MAX = 5000;

interface Cost {
  /** Different ways to get through. */
  readonly ways: number;
  /** Steps of trying them all. */
  readonly steps: number;
}

const ONE: Cost = { ways: 1, steps: 1 };
const UNBOUNDED: Cost = { ways: Number.POSITIVE_INFINITY, steps: Number.POSITIVE_INFINITY };

function costOf(node: PatternNode): Cost {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return ONE;
    case 'capture':
      return costOf(node.node);
    case 'look':
      return { ways: 1, steps: 1 + costOf(node.node).steps };
    case 'sequence': {
      let ways = 1;
      let steps = 0;
      for (const item of node.items) {
        const cost = costOf(item);
        steps += ways * cost.steps;
        ways *= cost.ways;
      }
      return { ways, steps };
    }
    case 'choice': {
      let ways = 0;
      let steps = 1;
      for (const option of node.options) {
        const cost = costOf(option);
        ways += cost.ways;
        steps += cost.steps;
      }
      return { ways, steps };
    }
    case 'repeat': {
      if (node.max === Number.POSITIVE_INFINITY) return UNBOUNDED;
      const cost = costOf(node.node);
      let reached = 1;
      let ways = node.min === 0 ? 1 : 0;
      let steps = 1;
      for (let copies = 1; copies <= node.max && steps <= ATTEMPT_STEPS_MAX; copies++) {
        steps += reached * cost.steps;
        reached *= cost.ways;
        if (copies >= node.min) ways += reached;
      }
      return { ways, steps };
    }
  }
}

/** Tells whether a backtracking matcher needs at most `ATTEMPT_STEPS_MAX` steps per byte of any value. */
export function isLinear(pattern: Pattern): boolean {
  return costOf(pattern.root).steps <= ATTEMPT_STEPS_MAX;
}

function startsAnchored(node: PatternNode): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.assertion === 'start';
    case 'capture':
      return startsAnchored(node.node);
    case 'sequence':
      return node.items[0] !== undefined && startsAnchored(node.items[0]);
    case 'choice':
      return node.options.every(startsAnchored);
    case 'repeat':
      return node.min > 0 && startsAnchored(node.node);
    case 'set':
    case 'look':
      return false;
  }
}

/** Tells whether the pattern can only match at the start of a value. */
export function isAnchored(pattern: Pattern): boolean {
  return startsAnchored(pattern.root);
}
