/**
 * A process of its own that is both ends of large bodies: the origin behind the node and the client in front of it.
 *
 * Bodies are made and checked as streams and never held: AES-CTR over zeros gives bytes in which a lost, doubled or
 * moved piece shows in the hash. Parent and child speak by messages: first the origin's port, then one task at a time.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What the parent asks for. */
export interface BodyTask {
  readonly kind: 'upload' | 'download';
  /** Of the node. */
  readonly port: number;
  readonly bytes: number;
  /** Without, the body goes in chunks. */
  readonly hasLength: boolean;
}

/** What each end saw. The hashes are SHA-256. */
export interface BodyReport {
  readonly status: number;
  readonly sentBytes: number;
  readonly sentHash: string;
  readonly receivedBytes: number;
  readonly receivedHash: string;
}

interface Seen {
  readonly bytes: number;
  readonly hash: string;
}

const blockBytes = 256 * 1024;
/** What the origin sent last; what it received is its answer. */
let sentByOrigin: Seen = { bytes: 0, hash: '' };

/** Makes `bytes` bytes block by block and hands `seen` their hash when the last one is taken. */
async function* blocks(bytes: number, seen: (made: Seen) => void): AsyncGenerator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16, bytes % 251));
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(blockBytes);
  for (let made = 0; made < bytes; made += blockBytes) {
    const block = cipher.update(zeros.subarray(0, Math.min(blockBytes, bytes - made)));
    hash.update(block);
    yield block;
  }
  seen({ bytes, hash: hash.digest('hex') });
}

async function seenOf(stream: Readable): Promise<Seen> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, hash: hash.digest('hex') };
}

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://origin.invalid');
  if (url.pathname === '/upload') {
    response.end(JSON.stringify(await seenOf(incoming)));
    return;
  }
  const bytes = Number(url.searchParams.get('bytes'));
  if (url.searchParams.has('length')) response.setHeader('Content-Length', bytes);
  response.setHeader('Content-Type', 'application/octet-stream');
  const made = blocks(bytes, (seen) => {
    sentByOrigin = seen;
  });
  await pipeline(Readable.from(made, { objectMode: true, highWaterMark: 1 }), response);
}

async function upload({ port, bytes, hasLength }: BodyTask): Promise<BodyReport> {
  let sent: Seen = { bytes: 0, hash: '' };
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/upload',
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/octet-stream',
      ...(hasLength ? { 'content-length': bytes } : {}),
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve).on('error', reject);
  const made = blocks(bytes, (seen) => {
    sent = seen;
  });
  await pipeline(Readable.from(made, { objectMode: true, highWaterMark: 1 }), outgoing);
  const response = await promise;
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  const status = response.statusCode ?? 0;
  const received = status === 200 ? (JSON.parse(text) as Seen) : { bytes: 0, hash: text };
  return {
    status,
    sentBytes: sent.bytes,
    sentHash: sent.hash,
    receivedBytes: received.bytes,
    receivedHash: received.hash,
  };
}

async function download({ port, bytes, hasLength }: BodyTask): Promise<BodyReport> {
  const path = `/download?bytes=${bytes}${hasLength ? '&length' : ''}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ host: '127.0.0.1', port, path, agent: false }, resolve).on('error', reject).end();
  const response = await promise;
  const received = await seenOf(response);
  return {
    status: response.statusCode ?? 0,
    sentBytes: sentByOrigin.bytes,
    sentHash: sentByOrigin.hash,
    receivedBytes: received.bytes,
    receivedHash: received.hash,
  };
}

const server = createServer((incoming, response) => {
  answer(incoming, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', (task: BodyTask) => {
  const work = task.kind === 'upload' ? upload(task) : download(task);
  // A failure ends the child loudly; the parent sees that instead of a report.
  void work.then((report) => process.send?.(report));
});
