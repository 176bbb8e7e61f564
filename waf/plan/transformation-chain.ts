/**
 * Chains of transformations as a tree of shared prefixes.
 *
 * CRS has 46 distinct chains that begin alike; two rules with the same beginning share its results. Each node has a
 * number, under which a variable instance keeps the value after that node. Node 0 is "none".
 *
 *     0 --urlDecodeUni--> 1 --lowercase--> 2
 *                         1 --htmlEntityDecode--> 3 --lowercase--> 4
 */
import type { Transformation } from '../transformations/transformation.ts';
import type { Variable } from '../variables/variable.ts';

export class TransformationChain {
  readonly number: number;
  /** null for the root. */
  readonly prefix: TransformationChain | null;
  readonly last: Transformation | null;
  /** Every node from the first transformation to this one; used by multiMatch. */
  readonly steps: readonly TransformationChain[];
  readonly #next: Map<string, TransformationChain> = new Map();

  constructor(number: number, prefix: TransformationChain | null, last: Transformation | null) {
    this.number = number;
    this.prefix = prefix;
    this.last = last;
    this.steps = prefix === null ? [] : [...prefix.steps, this];
  }

  /** The chain that does `transformation` after this one. `counter` numbers new nodes. */
  extend(transformation: Transformation, counter: { next: number }): TransformationChain {
    const known = this.#next.get(transformation.name);
    if (known !== undefined) return known;
    const made = new TransformationChain(counter.next++, this, transformation);
    this.#next.set(transformation.name, made);
    return made;
  }
}

/**
 * The value of `variable` after `chain`; the same string as before when the chain changes nothing.
 *
 * Hot: each node is computed once per instance.
 */
export function transformedValue(variable: Variable, chain: TransformationChain): string {
  if (chain.prefix === null || chain.last === null) return variable.value;
  variable.transformed ??= [];
  const known = variable.transformed[chain.number];
  if (known !== undefined) return known;
  const value = chain.last.apply(transformedValue(variable, chain.prefix));
  variable.transformed[chain.number] = value;
  return value;
}
