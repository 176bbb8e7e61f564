/** What the engine reads of a request and a response. Whoever has a message satisfies these shapes structurally. */
import { Variable } from '../variables/variable.ts';

/** Header fields in the order of the message. Values are latin1 byte strings. */
export interface FieldsView {
  readonly count: number;
  /** In the client's spelling. */
  name(i: number): string;
  lowerName(i: number): string;
  value(i: number): string;
}

/** A request head. */
export interface RequestView {
  readonly method: string;
  /** As received. */
  readonly target: string;
  /** Raw path, without query. */
  readonly path: string;
  /** Raw query, without `?`. */
  readonly query: string;
  readonly requestLine: string;
  /** For example `HTTP/1.1`. */
  readonly protocol: string;
  readonly fields: FieldsView;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly hostName: string;
  /** UNIQUE_ID; differs from request to request. */
  readonly id: string;
}

/** A response head. */
export interface ResponseView {
  readonly status: number;
  readonly protocol: string;
  readonly fields: FieldsView;
}

/** A request head of our own: the view may be reused by its owner after phase 1. */
export interface RequestHead extends Omit<RequestView, 'fields'> {
  readonly headers: readonly Variable[];
}

/** A response head of our own. */
export interface ResponseHead extends Omit<ResponseView, 'fields'> {
  readonly headers: readonly Variable[];
}

/** Copies a request view. Borrowed: nothing of `view` is kept but its strings. */
export function copyRequest(view: RequestView): RequestHead {
  return {
    method: view.method,
    target: view.target,
    path: view.path,
    query: view.query,
    requestLine: view.requestLine,
    protocol: view.protocol,
    clientAddress: view.clientAddress,
    clientPort: view.clientPort,
    serverAddress: view.serverAddress,
    serverPort: view.serverPort,
    hostName: view.hostName,
    id: view.id,
    headers: copyFields(view.fields),
  };
}

/** Copies a response view. Borrowed: nothing of `view` is kept but its strings. */
export function copyResponse(view: ResponseView): ResponseHead {
  return { status: view.status, protocol: view.protocol, headers: copyFields(view.fields) };
}

function copyFields(fields: FieldsView): Variable[] {
  const headers: Variable[] = [];
  for (let i = 0; i < fields.count; i++) {
    headers.push(new Variable(fields.name(i), fields.lowerName(i), fields.value(i), ''));
  }
  return headers;
}

/** The media type of the first Content-Type field, lower case and without parameters; '' when there is none. */
export function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** The value of the first field of that name; '' when there is none. */
export function firstField(headers: readonly Variable[], lowerName: string): string {
  return headers.find((header) => header.lowerKey === lowerName)?.value ?? '';
}
