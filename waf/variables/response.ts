/** The origin's answer. Before phase 3 none of these exists. */
import type { TransactionState } from '../transaction/state.ts';
import { collection, scalar, type VariableDefinition } from './definition.ts';
import { namesOf } from './request-headers.ts';
import type { Variable } from './variable.ts';

export const responseVariables: readonly VariableDefinition[] = [
  scalar('RESPONSE_STATUS', status, 3),
  scalar('STATUS', status, 3),
  scalar('RESPONSE_PROTOCOL', (state) => state.response?.protocol ?? null, 3),
  scalar(
    'STATUS_LINE',
    (state) => (state.response === null ? null : `${state.response.protocol} ${state.response.status}`),
    3,
  ),
  collection('RESPONSE_HEADERS', headers, 3),
  collection('RESPONSE_HEADERS_NAMES', (state) => namesOf(headers(state)), 3),
  scalar('RESPONSE_CONTENT_TYPE', (state) => field(state, 'content-type'), 3),
  scalar('RESPONSE_CONTENT_LENGTH', (state) => field(state, 'content-length'), 3),
  scalar('RESPONSE_BODY', (state) => state.responseBody, 4),
  scalar('OUTBOUND_DATA_ERROR', (state) => (state.isResponseBodyPartial ? '1' : '0'), 4),
];

function status(state: TransactionState): string | null {
  return state.response === null ? null : String(state.response.status);
}

function headers(state: TransactionState): readonly Variable[] {
  return state.response === null ? [] : state.response.headers;
}

function field(state: TransactionState, lowerName: string): string | null {
  return headers(state).find((header) => header.lowerKey === lowerName)?.value ?? null;
}
