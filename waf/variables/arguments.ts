/** The arguments of the query and of the body. `ARGS` shares its instances, and so their transformed values, with the two. */
import type { TransactionState } from '../transaction/state.ts';
import { type CollectionDefinition, collection, scalar, type VariableDefinition } from './definition.ts';
import { namesOf } from './request-headers.ts';
import { keyed, type Variable } from './variable.ts';

export const argumentVariables: readonly VariableDefinition[] = [
  collection('ARGS_GET', argsGet),
  collection('ARGS_GET_NAMES', argsGetNames),
  collection('ARGS_POST', argsPost, 2),
  collection('ARGS_POST_NAMES', argsPostNames, 2),
  changingWithBody('ARGS', (state) => joined(argsGet(state), argsPost(state))),
  changingWithBody('ARGS_NAMES', (state) => joined(argsGetNames(state), argsPostNames(state))),
  scalar('ARGS_COMBINED_SIZE', (state) =>
    String(combinedSize(argsGet(state)) + combinedSize(argsPost(state))),
  ),
];

function argsGet(state: TransactionState): readonly Variable[] {
  state.argsGet ??= state.queryArguments().map((each) => keyed(each.name, each.value));
  return state.argsGet;
}

function argsGetNames(state: TransactionState): readonly Variable[] {
  state.argsGetNames ??= namesOf(argsGet(state));
  return state.argsGetNames;
}

function argsPost(state: TransactionState): readonly Variable[] {
  state.argsPost ??= state.body.parsed.args.map((each) => keyed(each.name, each.value));
  return state.argsPost;
}

function argsPostNames(state: TransactionState): readonly Variable[] {
  state.argsPostNames ??= namesOf(argsPost(state));
  return state.argsPostNames;
}

function changingWithBody(name: string, list: CollectionDefinition['list']): VariableDefinition {
  return { kind: 'collection', name, fromPhase: 1, whyEmpty: '', changesIn: 2, list, find: null };
}

function joined(first: readonly Variable[], second: readonly Variable[]): readonly Variable[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...first, ...second];
}

/** Bytes of all names and values. */
function combinedSize(variables: readonly Variable[]): number {
  let size = 0;
  for (const each of variables) size += each.key.length + each.value.length;
  return size;
}
