/**
 * An origin that notes exactly what it was sent, with a reader of its own.
 *
 * It shares no code with the product: a second reading of the bytes that the node wrote, so that a message which the
 * two understand differently is found out. Whatever it cannot read makes `strays`.
 */
import { type Origin, openRawOrigin } from '../support/origin.ts';

/** One request as it came in. Text is latin1: one character per byte. */
export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Names in lower case, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: 'none' | 'length' | 'chunked';
  readonly body: string;
}

/** See the head of this file. */
export interface RecordingOrigin extends Origin {
  /** Complete requests since the last `forget`, over all connections in the order of their ends. */
  readonly recorded: readonly RecordedRequest[];
  /** Bytes that are no HTTP at all. */
  readonly strays: readonly string[];
  forget(): void;
}

interface Taken {
  readonly request: RecordedRequest;
  readonly length: number;
}

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

/** Opens the origin. It answers each complete request with 200 and `ok`. */
export async function openRecordingOrigin(): Promise<RecordingOrigin> {
  const recorded: RecordedRequest[] = [];
  const strays: string[] = [];
  const origin = await openRawOrigin((socket) => {
    let text = '';
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (;;) {
        const taken = takeRequest(text);
        if (taken === undefined) return;
        if (typeof taken === 'string') {
          strays.push(taken);
          socket.destroy();
          return;
        }
        text = text.slice(taken.length);
        recorded.push(taken.request);
        socket.write(taken.request.method === 'HEAD' ? answer : `${answer}ok`);
      }
    });
  });
  return {
    ...origin,
    recorded,
    strays,
    forget: () => {
      recorded.length = 0;
    },
    [Symbol.asyncDispose]: () => origin[Symbol.asyncDispose](),
  };
}

/** Takes the first request of `text`: undefined when it is not whole yet, a text when it is none. */
function takeRequest(text: string): Taken | string | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...fieldLines] = text.slice(0, end).split('\r\n');
  const parts = line.split(' ');
  if (parts.length !== 3 || !/^HTTP\/1\.[01]$/.test(parts[2] ?? '')) return `request line ${line}`;
  const fields: (readonly [string, string])[] = [];
  for (const each of fieldLines) {
    const colon = each.indexOf(':');
    if (colon <= 0 || /[\s\n\r]/.test(each.slice(0, colon)) || /[\n\r\0]/.test(each)) return `field ${each}`;
    fields.push([each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()]);
  }
  const lengths = fields.filter(([name]) => name === 'content-length');
  const codings = fields.filter(([name]) => name === 'transfer-encoding');
  if (lengths.length + codings.length > 1) return 'more than one framing';
  const start = end + 4;
  const head = { method: parts[0] ?? '', target: parts[1] ?? '', version: parts[2] ?? '', fields };
  if (codings.length === 1) {
    if (codings[0]?.[1] !== 'chunked') return `coding ${codings[0]?.[1]}`;
    const content = takeChunks(text, start);
    if (content === undefined || typeof content === 'string') return content;
    return { request: { ...head, framing: 'chunked', body: content.body }, length: content.end };
  }
  const length = lengths.length === 0 ? 0 : Number(lengths[0]?.[1]);
  if (!Number.isSafeInteger(length) || length < 0) return `length ${lengths[0]?.[1]}`;
  if (text.length < start + length) return undefined;
  const framing = lengths.length === 0 ? 'none' : 'length';
  return {
    request: { ...head, framing, body: text.slice(start, start + length) },
    length: start + length,
  };
}

/** Reads chunks as strictly as can be: no extension, no trailer, for the node writes none. */
function takeChunks(
  text: string,
  start: number,
): { readonly body: string; readonly end: number } | string | undefined {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = text.slice(at, lineEnd);
    if (!/^[0-9a-f]{1,13}$/.test(line)) return `chunk size ${line}`;
    const size = Number.parseInt(line, 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    if (text.slice(next - 2, next) !== '\r\n') return `chunk end ${text.slice(next - 2, next)}`;
    if (size === 0) return { body, end: next };
    body += text.slice(lineEnd + 2, next - 2);
    at = next;
  }
}

/** The statuses of all responses in `text`, 1xx included. `isHead[i]` tells that the i-th final one answers HEAD. */
export function statusesOf(text: string, isHead: readonly boolean[]): readonly number[] {
  const statuses: number[] = [];
  let finals = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\r\n\r\n', at);
    const head = text.slice(at, end + 2);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (end < 0 || !(status >= 100)) throw new Error(`no response: ${JSON.stringify(text.slice(at))}`);
    statuses.push(status);
    at = end + 4;
    if (status < 200) continue;
    const hasBody = isHead[finals] !== true && status !== 204 && status !== 304;
    if (hasBody) at += Number(/\r\nContent-Length: (\d+)\r\n/.exec(head)?.[1] ?? 0);
    finals += 1;
  }
  return statuses;
}
