/** The operator of one rule: its word, its argument, its macros. */
import { operators } from '../operators/catalog.ts';
import type { CompiledOperator, OperatorContext } from '../operators/operator.ts';
import type { Diagnostics } from '../seclang/diagnostic.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import type { OperatorSyntax } from '../seclang/operator-syntax.ts';
import { compileMacro, constantMacro, type Macro } from './macro.ts';

export interface CompiledTest {
  readonly operator: CompiledOperator;
  readonly argument: Macro;
}

/** Operators whose arguments may hold macros: they compare with one text, which is cheap to make anew. Lower case. */
const operatorsWithMacros: ReadonlySet<string> = new Set([
  'streq',
  'contains',
  'containsword',
  'beginswith',
  'endswith',
  'within',
  'strmatch',
  'eq',
  'ge',
  'gt',
  'le',
  'lt',
]);

/** Words that exist elsewhere. Lower case -> why they are refused. */
const refusedOperators: ReadonlyMap<string, string> = new Map([
  ['geolookup', 'there is no location database yet'],
  ['inspectfile', 'rules cannot start programs'],
  ['rbl', 'rules cannot ask the network; use a feed of addresses'],
  ['gsblookup', 'rules cannot ask the network; use a feed of addresses'],
  ['fuzzyhash', 'files are not kept'],
  ['validatedtd', 'XML bodies are not parsed yet'],
  ['validateschema', 'XML bodies are not parsed yet'],
  ['validatehash', 'links are not hashed'],
  ['rsub', 'the engine never changes a message'],
  ['restpath', 'it belongs to another engine'],
  ['pmfromdataset', 'put the phrases into a file and use @pmFromFile'],
  ['ipmatchfromdataset', 'put the addresses into a file and use @ipMatchFromFile'],
]);

/** Compiles an operator; null when it was reported. */
export function compileOperator(
  syntax: OperatorSyntax,
  context: OperatorContext,
  diagnostics: Diagnostics,
): CompiledTest | null {
  const lowerName = syntax.name.toLowerCase();
  const definition = operators.get(lowerName);
  if (definition === undefined) {
    const refusal = refusedOperators.get(lowerName);
    const names = [...operators.values()].map((each) => each.name);
    const message =
      refusal === undefined
        ? `unknown operator "@${syntax.name}"${didYouMean(syntax.name, names, '@')}`
        : `operator "@${syntax.name}" is not supported: ${refusal}`;
    diagnostics.error(syntax.place, message);
    return null;
  }
  if (definition.argument === 'required' && syntax.argument === '') {
    diagnostics.error(syntax.argumentPlace, `operator "@${definition.name}" needs an argument, met nothing`);
    return null;
  }
  if (definition.argument === 'none' && syntax.argument.trim() !== '') {
    const message = `operator "@${definition.name}" takes no argument: "${syntax.argument}" has no effect`;
    diagnostics.warning(syntax.argumentPlace, message);
  }
  const argument = compileArgument(syntax, lowerName, diagnostics);
  if (argument === null) return null;
  const operator = definition.compile(syntax.argument, context);
  if (typeof operator === 'string') {
    diagnostics.error(syntax.argumentPlace, `@${definition.name}: ${operator}`);
    return null;
  }
  return { operator, argument };
}

function compileArgument(syntax: OperatorSyntax, lowerName: string, diagnostics: Diagnostics): Macro | null {
  if (operatorsWithMacros.has(lowerName)) {
    const macro = compileMacro(syntax.argument);
    if (!('error' in macro)) return macro;
    diagnostics.error(syntax.argumentPlace, macro.error);
    return null;
  }
  if (/%\{(?:tx|args|request_headers|matched_var)[.:}]/i.test(syntax.argument)) {
    const message = `@${syntax.name} does not expand macros; use @streq, @contains, @within or a comparison`;
    diagnostics.error(syntax.argumentPlace, message);
    return null;
  }
  return constantMacro(syntax.argument);
}
