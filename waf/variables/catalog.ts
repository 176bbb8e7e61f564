/** Every variable of SecLang that is known here, with its number. */
import { argumentVariables } from './arguments.ts';
import { connectionVariables } from './connection.ts';
import type { VariableDefinition } from './definition.ts';
import { requestBodyVariables } from './request-body.ts';
import { requestHeaderVariables } from './request-headers.ts';
import { requestLineVariables } from './request-line.ts';
import { responseVariables } from './response.ts';
import { workingVariables } from './working.ts';

/** All definitions; the position is the variable's number in compiled plans. */
export const variables: readonly VariableDefinition[] = [
  ...argumentVariables,
  ...requestHeaderVariables,
  ...requestLineVariables,
  ...requestBodyVariables,
  ...connectionVariables,
  ...responseVariables,
  ...workingVariables,
];

/** Upper-case name -> number. */
export const variableNumbers: ReadonlyMap<string, number> = new Map(
  variables.map((definition, number) => [definition.name, number]),
);

const persistent = 'persistent collections (IP, GLOBAL, SESSION, USER, RESOURCE) are not supported here yet';

/** Words that exist elsewhere and are refused here, with the reason. Upper-case name -> reason. */
export const refusedVariables: ReadonlyMap<string, string> = new Map([
  ['IP', persistent],
  ['GLOBAL', persistent],
  ['SESSION', persistent],
  ['USER', persistent],
  ['RESOURCE', persistent],
  ['GEO', '@geoLookup and its collection GEO are not supported here yet'],
]);

/** The variable of a name in any case: its number, or why there is none. */
export function resolveVariable(name: string): number | string {
  const upper = name.toUpperCase();
  const number = variableNumbers.get(upper);
  if (number !== undefined) return number;
  const refusal = refusedVariables.get(upper);
  return refusal === undefined ? `unknown variable "${name}"` : `${upper} cannot be used: ${refusal}`;
}

/** Numbers of the collections that change at the start of each phase; index 0 is empty. */
export const changingVariables: readonly (readonly number[])[] = [0, 1, 2, 3, 4, 5].map((phase) =>
  [...variables.keys()].filter((number) => {
    const definition = variables[number]!;
    return definition.kind === 'collection' && definition.changesIn === phase;
  }),
);
