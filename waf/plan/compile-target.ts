/** Target lists to numbers: which variables a rule looks at, and which instances of them it leaves out. */
import { operators } from '../operators/catalog.ts';
import type { CompiledOperator, OperatorContext } from '../operators/operator.ts';
import type { Diagnostics } from '../seclang/diagnostic.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import type { TargetSyntax } from '../seclang/target-syntax.ts';
import { refusedVariables, resolveVariable, variableNumbers, variables } from '../variables/catalog.ts';
import type { Phase } from '../variables/definition.ts';
import { lowerAscii } from '../variables/variable.ts';
import type { CompiledTarget } from './plan.ts';
import type { TargetExclusion } from './target-exclusion.ts';

/** What compiling targets needs to know of the set. */
export interface TargetContext {
  readonly diagnostics: Diagnostics;
  /** Variables without values that were warned about already; once for a set is enough. */
  readonly warnedVariables: Set<number>;
}

/** Compiles the target list of one rule. */
export function compileTargets(
  syntaxes: readonly TargetSyntax[],
  phase: Phase,
  context: TargetContext,
): CompiledTarget[] {
  const exclusions = compileExclusions(
    syntaxes.filter((syntax) => syntax.isExclusion),
    context,
  );
  const included = syntaxes.filter((syntax) => !syntax.isExclusion);
  if (included.length === 0 && syntaxes.length > 0) {
    context.diagnostics.error(
      syntaxes[0]!.place,
      'expected a variable to look at; every target of this rule is an exclusion',
    );
  }
  const targets: CompiledTarget[] = [];
  for (const syntax of included) {
    const selected = compileSelector(syntax, context);
    if (selected === null) continue;
    warnOfEmptiness(selected.variable, phase, syntax, context);
    const own = exclusions.filter((exclusion) => exclusion.variable === selected.variable);
    if (own.some((exclusion) => exclusion.selector === 'all')) continue;
    const key = syntax.selector === 'none' ? '' : `:${syntax.key}`;
    targets.push({
      ...selected,
      isCount: syntax.isCount,
      exclusions: own,
      countName: syntax.isCount ? `&${variables[selected.variable]!.name}${key}` : '',
    });
  }
  return targets;
}

/** Compiles targets that are taken out. */
export function compileExclusions(
  syntaxes: readonly TargetSyntax[],
  context: TargetContext,
): TargetExclusion[] {
  const exclusions: TargetExclusion[] = [];
  for (const syntax of syntaxes) {
    if (syntax.isCount)
      context.diagnostics.error(syntax.place, 'a count ("&") cannot be excluded; write "!" without "&"');
    const selected = compileSelector(syntax, context);
    if (selected !== null) exclusions.push(selected);
  }
  return exclusions;
}

function compileSelector(syntax: TargetSyntax, context: TargetContext): TargetExclusion | null {
  const variable = resolveVariable(syntax.variable);
  if (typeof variable === 'string') {
    context.diagnostics.error(syntax.place, variable + hintFor(syntax.variable));
    return null;
  }
  const definition = variables[variable]!;
  if (syntax.selector === 'none') return { variable, selector: 'all', lowerKey: '', pattern: null };
  if (definition.kind === 'scalar') {
    context.diagnostics.error(
      syntax.place,
      `${definition.name} has one value and no keys; remove ":${syntax.key}"`,
    );
    return null;
  }
  if (syntax.selector === 'key') {
    return { variable, selector: 'key', lowerKey: lowerAscii(syntax.key), pattern: null };
  }
  const pattern = compileKeyPattern(syntax.key);
  if (typeof pattern === 'string') {
    context.diagnostics.error(syntax.place, `selector of ${definition.name}: ${pattern}`);
    return null;
  }
  return { variable, selector: 'regex', lowerKey: '', pattern };
}

function hintFor(name: string): string {
  const dot = name.indexOf('.');
  const beforeDot = name.slice(0, dot).toUpperCase();
  if (dot > 0 && variableNumbers.has(beforeDot))
    return `; write "${beforeDot}:${name.slice(dot + 1)}" for a key`;
  return refusedVariables.has(name.toUpperCase())
    ? ''
    : didYouMean(name.toUpperCase(), variableNumbers.keys());
}

const noFiles: OperatorContext = { readDataFile: () => undefined };

/** Keys are matched without case by the flag, not by lower-casing the pattern: that would turn `\S` into `\s`. */
function compileKeyPattern(source: string): CompiledOperator | string {
  const rx = operators.get('rx');
  if (rx === undefined) throw new Error('the operator catalog has no "rx"');
  return rx.compile(`(?i)${source}`, noFiles);
}

function warnOfEmptiness(variable: number, phase: Phase, syntax: TargetSyntax, context: TargetContext): void {
  const definition = variables[variable]!;
  if (definition.whyEmpty !== '') {
    if (context.warnedVariables.has(variable)) return;
    context.warnedVariables.add(variable);
    const message = `${definition.name} never has a value here: ${definition.whyEmpty} (said once for the whole set)`;
    context.diagnostics.warning(syntax.place, message);
  } else if (phase < definition.fromPhase) {
    const message = `${definition.name} has no value before phase ${definition.fromPhase}, and this rule runs in phase ${phase}`;
    context.diagnostics.warning(syntax.place, message);
  }
}
