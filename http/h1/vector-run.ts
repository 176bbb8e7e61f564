/**
 * Runs bytes through the readers as a connection would, cut wherever the caller likes, and shows what they saw.
 *
 * For tests: it keeps what a proxy would pass on. It puts every piece into a fresh buffer at an odd offset between bytes
 * that do not belong to it, so that a reader that looks beyond its borders or keeps a borrowed buffer is found out.
 */
import { BodyReader } from './body.ts';
import { Framing } from './framing.ts';
import type { Refusal } from './refusal.ts';
import { type HeadLimits, RequestHeadReader } from './request-head.ts';
import { ResponseHeadReader } from './response-head.ts';
import type { HttpVector, VectorOutcome } from './vector.ts';

/** The limits that the vectors are written for. */
export const vectorLimits: HeadLimits = { headBytesMax: 32_768, fieldsMax: 100, targetBytesMax: 8_192 };

/** What became of the first message in some bytes. */
export interface VectorRun {
  readonly outcome: VectorOutcome;
  readonly refusal: Refusal | undefined;
  /** Same keys as in a vector's expected block. Empty unless the head was accepted. */
  readonly view: ReadonlyMap<string, string>;
}

const framingNames: readonly string[] = ['none', 'length', 'chunked', 'close'];
const pad = 3;

/** Runs a vector whose bytes arrive in the pieces between the ascending offsets `cuts`. */
export function runVector(
  vector: HttpVector,
  cuts: readonly number[],
  limits: HeadLimits = vectorLimits,
): VectorRun {
  const requests = new RequestHeadReader(limits);
  const responses = new ResponseHeadReader(limits);
  responses.begin(vector.requestMethod);
  const isRequest = vector.kind === 'request';
  const reader = isRequest ? requests : responses;
  const body = new BodyReader();
  const parts: Buffer[] = [];
  const sink = {
    content: (bytes: Buffer, from: number, to: number): void => {
      parts.push(Buffer.from(bytes.subarray(from, to)));
    },
  };
  let headBytes = 0;
  let rest = -1;
  let view = new Map<string, string>();
  let from = 0;
  for (const to of [...cuts, vector.bytes.length]) {
    if (headBytes === 0) {
      const took = withPiece(vector.bytes, 0, to, (bytes, start, end) => reader.read(bytes, start, end));
      if (took < 0) return { outcome: 'refuse', refusal: reader.refusal, view };
      if (took === 0) continue;
      headBytes = took;
      from = took;
      view = isRequest ? requestViewOf(requests) : responseViewOf(responses);
      const { framing, contentLength } = reader.head;
      body.start(framing, contentLength);
    }
    if (from < to && !body.isDone) {
      from += withPiece(
        vector.bytes,
        from,
        to,
        (bytes, start, end) => body.read(bytes, start, end, sink) - start,
      );
    }
    if (body.refusal !== undefined) break;
    if (body.isDone && rest < 0) rest = from;
  }
  const content = Buffer.concat(parts).toString('latin1');
  view.set('body', content);
  view.set('body-bytes', String(content.length));
  if (body.refusal !== undefined) return { outcome: 'refuse-body', refusal: body.refusal, view };
  if (headBytes === 0) return { outcome: 'incomplete', refusal: undefined, view: new Map() };
  const isToClose = reader.head.framing === Framing.close;
  if (!body.isDone && !isToClose) return { outcome: 'incomplete', refusal: undefined, view };
  view.set('rest', rest < 0 ? '' : vector.bytes.toString('latin1', rest));
  return { outcome: 'accept', refusal: undefined, view };
}

/** Hands bytes[from, to) to `use` as a part of a buffer with other bytes around it, and spoils it afterwards. */
function withPiece(
  bytes: Buffer,
  from: number,
  to: number,
  use: (bytes: Buffer, start: number, end: number) => number,
): number {
  const piece = Buffer.alloc(pad + to - from + pad, '\r\n:');
  bytes.copy(piece, pad, from, to);
  const answer = use(piece, pad, pad + to - from);
  piece.fill(0xff);
  return answer;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function versionName(version: number): string {
  return `${Math.trunc(version / 10)}.${version % 10}`;
}

function requestViewOf(reader: RequestHeadReader): Map<string, string> {
  const head = reader.head;
  const view = new Map<string, string>([
    ['method', head.method],
    ['target', head.target],
    ['path', head.path],
    ['query', head.query],
    ['has-query', yesNo(head.hasQuery)],
    ['request-line', head.requestLine],
    ['version', versionName(head.version)],
    ['framing', framingNames[head.framing] ?? ''],
    ['content-length', String(head.contentLength)],
    ['authority', head.authority],
    ['host-name', head.hostName],
    ['keep-alive', yesNo(head.keepAlive)],
    ['expect-continue', yesNo(head.expectContinue)],
    ['upgrade', yesNo(head.upgrade)],
  ]);
  addFields(view, reader);
  return view;
}

function responseViewOf(reader: ResponseHeadReader): Map<string, string> {
  const head = reader.head;
  const view = new Map<string, string>([
    ['status', String(head.status)],
    ['reason', head.reason],
    ['version', versionName(head.version)],
    ['framing', framingNames[head.framing] ?? ''],
    ['content-length', String(head.contentLength)],
    ['keep-alive', yesNo(head.keepAlive)],
    ['informational', yesNo(head.isInformational)],
  ]);
  addFields(view, reader);
  return view;
}

/** Adds `fields`, `field name` (values joined by `|`), `hop-by-hop` and `not-canonical` (names as received). */
function addFields(view: Map<string, string>, reader: RequestHeadReader | ResponseHeadReader): void {
  const fields = reader.head.fields;
  const hopByHop: string[] = [];
  const notCanonical: string[] = [];
  for (let i = 0; i < fields.count; i += 1) {
    const key = `field ${fields.lowerName(i)}`;
    const before = view.get(key);
    view.set(key, before === undefined ? fields.value(i) : `${before}|${fields.value(i)}`);
    if (fields.isHopByHop(i)) hopByHop.push(fields.name(i));
    if (!fields.isCanonical(i)) notCanonical.push(fields.name(i));
  }
  view.set('fields', String(fields.count));
  view.set('hop-by-hop', hopByHop.join(','));
  view.set('not-canonical', notCanonical.join(','));
}
