/** The request body: raw, its files and parts, and what its processor had to complain about. */
import type { TransactionState } from '../transaction/state.ts';
import { collection, emptyVariable, scalar, type VariableDefinition } from './definition.ts';
import { keyed } from './variable.ts';

export const requestBodyVariables: readonly VariableDefinition[] = [
  scalar('REQUEST_BODY', (state) => state.body.text, 2),
  scalar('REQUEST_BODY_LENGTH', (state) => String(state.body.lengthBytes), 2),
  scalar('FULL_REQUEST', fullRequest),
  scalar('FULL_REQUEST_LENGTH', (state) => String(fullRequest(state).length)),
  scalar('REQBODY_PROCESSOR', (state) => state.body.processor),
  scalar('REQBODY_ERROR', hasBodyError, 2),
  scalar('REQBODY_ERROR_MSG', (state) => state.bodyError(), 2),
  scalar('REQBODY_PROCESSOR_ERROR', hasBodyError, 2),
  scalar('REQBODY_PROCESSOR_ERROR_MSG', (state) => state.bodyError(), 2),
  scalar('INBOUND_DATA_ERROR', (state) => (state.body.isPartial ? '1' : '0'), 2),
  scalar('URLENCODED_ERROR', (state) => (state.hasUrlEncodingError() ? '1' : '0')),
  collection('FILES', (state) => state.body.parsed.files.map((file) => keyed(file.name, file.fileName)), 2),
  collection('FILES_NAMES', (state) => state.body.parsed.files.map((file) => keyed(file.name, file.name)), 2),
  collection(
    'FILES_SIZES',
    (state) => state.body.parsed.files.map((file) => keyed(file.name, String(file.size))),
    2,
  ),
  scalar(
    'FILES_COMBINED_SIZE',
    (state) => String(state.body.parsed.files.reduce((sum, file) => sum + file.size, 0)),
    2,
  ),
  collection(
    'MULTIPART_FILENAME',
    (state) => state.body.parsed.files.map((file) => keyed(file.name, file.fileName)),
    2,
  ),
  collection('MULTIPART_NAME', partNames, 2),
  collection(
    'MULTIPART_PART_HEADERS',
    (state) => state.body.parsed.partHeaders.map((each) => keyed(each.name, each.value)),
    2,
  ),
  emptyVariable('FILES_TMPNAMES', 'uploaded files are never written to disk'),
  emptyVariable('FILES_TMP_CONTENT', 'the content of uploaded files is not kept'),
  emptyVariable(
    'XML',
    'XML bodies are not parsed yet; with the processor XML the raw body is in REQUEST_BODY',
  ),
  ...[
    'STRICT_ERROR',
    'BOUNDARY_QUOTED',
    'BOUNDARY_WHITESPACE',
    'DATA_BEFORE',
    'DATA_AFTER',
    'HEADER_FOLDING',
    'INVALID_HEADER_FOLDING',
    'LF_LINE',
    'CRLF_LF_LINES',
    'INVALID_QUOTING',
    'INVALID_PART',
    'FILE_LIMIT_EXCEEDED',
    'UNMATCHED_BOUNDARY',
  ].map((flag) => multipartFlag(flag, flag)),
  multipartFlag('MISSING_SEMICOLON', 'SEMICOLON_MISSING'),
  multipartFlag('SEMICOLON_MISSING', 'MISSING_SEMICOLON'),
];

/** `alias` is the other name that the processor may know the flag by. */
function multipartFlag(flag: string, alias: string): VariableDefinition {
  const read = (state: TransactionState): string => {
    const flags = state.body.parsed.flags;
    return String(flags[flag] ?? flags[alias] ?? 0);
  };
  return scalar(`MULTIPART_${flag}`, read, 2);
}

function hasBodyError(state: TransactionState): string {
  return state.bodyError() === '' ? '0' : '1';
}

function partNames(state: TransactionState) {
  const names = new Set(state.body.parsed.partHeaders.map((each) => each.name));
  return [...names].map((name) => keyed(name, name));
}

/** The request as it may have looked on the wire, with the body as far as it is inspected; made once per phase. */
function fullRequest(state: TransactionState): string {
  if (state.fullRequest === null) {
    const lines = state.request.headers.map((header) => `${header.key}: ${header.value}\n`);
    state.fullRequest = `${state.request.requestLine}\n${lines.join('')}\n${state.body.raw}`;
  }
  return state.fullRequest;
}
