/** What takes single instances of a variable out of a rule's targets: `!ARGS:password`, `ctl:ruleRemoveTargetById`. */
import type { CompiledOperator } from '../operators/operator.ts';
import type { Variable } from '../variables/variable.ts';

export interface TargetExclusion {
  /** The variable's number. */
  readonly variable: number;
  /** `all`: every instance. */
  readonly selector: 'all' | 'key' | 'regex';
  /** '' unless the selector is a key. */
  readonly lowerKey: string;
  /** Tested against the key in the client's spelling; null unless the selector is a regex. */
  readonly pattern: CompiledOperator | null;
}

/** Tells whether an instance of the variable `number` is taken out. */
export function isExcluded(
  exclusions: readonly TargetExclusion[],
  number: number,
  variable: Variable,
): boolean {
  for (let i = 0; i < exclusions.length; i++) {
    const exclusion = exclusions[i]!;
    if (exclusion.variable !== number) continue;
    if (exclusion.selector === 'all') return true;
    if (exclusion.pattern === null) {
      if (exclusion.lowerKey === variable.lowerKey) return true;
    } else if (exclusion.pattern.test(variable.key, null, '')) {
      return true;
    }
  }
  return false;
}
