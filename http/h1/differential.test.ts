/**
 * Our reader against Node's own (llhttp, through `node:http`): whatever both accept, both must understand alike.
 *
 * Mutated vectors are given to both. For each message in the bytes whose head both accept, method, target, framing and
 * Content-Length must agree; where ours says that the body is complete, Node's must have the same bytes or refuse it.
 * What only one of them accepts is listed in `node-http-differences.ts`, with the reason.
 */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { BodyReader } from './body.ts';
import { Framing } from './framing.ts';
import { acceptedByUsOnly, type Difference, refusedByUsOnly } from './node-http-differences.ts';
import { RequestHeadReader } from './request-head.ts';
import { loadVectors } from './vector.ts';
import { vectorLimits } from './vector-run.ts';

interface Message {
  readonly method: string;
  readonly target: string;
  readonly framing: string;
  readonly body: () => Buffer;
  readonly isComplete: () => boolean;
}

interface Reading {
  readonly messages: readonly Message[];
  /** Code of the refusal; empty when the bytes ended, or all were taken. */
  readonly refusal: string;
}

function readOurs(bytes: Buffer): Reading {
  const reader = new RequestHeadReader(vectorLimits);
  const bodies = new BodyReader();
  const messages: Message[] = [];
  let at = 0;
  while (at < bytes.length) {
    const took = reader.read(bytes, at, bytes.length);
    if (took < 0) return { messages, refusal: reader.refusal?.code ?? 'unknown' };
    if (took === 0) break;
    at += took;
    const { method, target, framing, contentLength, keepAlive, upgrade } = reader.head;
    const parts: Buffer[] = [];
    bodies.start(framing, contentLength);
    at = bodies.read(bytes, at, bytes.length, {
      content: (from, start, end) => parts.push(Buffer.from(from.subarray(start, end))),
    });
    const isDone = bodies.isDone;
    const shown =
      framing === Framing.chunked ? 'chunked' : framing === Framing.length ? `${contentLength}` : 'none';
    messages.push({
      method,
      target,
      framing: shown,
      body: () => Buffer.concat(parts),
      isComplete: () => isDone,
    });
    if (bodies.refusal !== undefined) return { messages, refusal: bodies.refusal.code };
    if (!isDone || !keepAlive || upgrade) break;
  }
  return { messages, refusal: '' };
}

/** Gives the bytes to a `node:http` server on a connection in memory. */
async function readNodes(server: Server, bytes: Buffer): Promise<Reading> {
  const messages: Message[] = [];
  let refusal = '';
  const connection = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, callback) => callback(),
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    messages.push({
      method: request.method ?? '',
      target: request.url ?? '',
      framing:
        request.headers['transfer-encoding'] !== undefined
          ? 'chunked'
          : (request.headers['content-length'] ?? 'none'),
      body: () => Buffer.concat(parts),
      isComplete: () => request.complete,
    });
    response.end();
  };
  const onClientError = (error: NodeJS.ErrnoException): void => {
    refusal ||= error.code ?? error.message;
    // Not at once: messages before the refused one still hand out their bodies.
    setImmediate(() => connection.destroy());
  };
  server.on('request', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('clientError', onClientError);
  const closed = new Promise((resolve) => connection.once('close', resolve));
  server.emit('connection', connection);
  connection.push(bytes);
  connection.push(null);
  await closed;
  server.removeListener('request', onRequest);
  server.removeListener('checkExpectation', onRequest);
  server.removeListener('clientError', onClientError);
  return { messages, refusal };
}

/** Node's codes for "the connection ended in the middle of a message". */
const endedEarly: readonly string[] = ['', 'ECONNRESET', 'HPE_INVALID_EOF_STATE'];

/** Returns how many messages both accepted; throws where they differ. */
function compare(ours: Reading, nodes: Reading, shown: string): number {
  const count = Math.min(ours.messages.length, nodes.messages.length);
  for (let i = 0; i < count; i += 1) {
    const our = ours.messages[i];
    const node = nodes.messages[i];
    assert.ok(our !== undefined && node !== undefined);
    assert.equal(our.method, node.method, `method of message ${i} in ${shown}`);
    assert.equal(our.target, node.target, `target of message ${i} in ${shown}`);
    assert.equal(our.framing, node.framing, `framing of message ${i} in ${shown}`);
    if (our.isComplete()) {
      if (!node.isComplete()) {
        assert.ok(!endedEarly.includes(nodes.refusal), `Node wants more of message ${i} in ${shown}`);
        return count;
      }
      assert.deepEqual(our.body(), node.body(), `body of message ${i} in ${shown}`);
    }
  }
  return count;
}

/** A small generator whose whole state is its seed (xorshift32). Returns integers in [0, below). */
function createRandom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const spice: readonly string[] = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '\x0b',
    '\xa0',
    '\x7f',
    '0',
    '1',
    'a',
    '-',
    '+',
  ],
  ...[
    '\r\nContent-Length: 3',
    '\r\nTransfer-Encoding: chunked',
    '\r\nHost: b',
    '\r\nConnection: close',
    '\r\n a',
    'GET ',
  ],
  ...[
    '0\r\n\r\n',
    '3\r\nabc\r\n',
    'HTTP/1.1',
    'chunked',
    '\r\nExpect: 100-continue',
    '#',
    '?',
    '/',
    '%00',
    '_',
    '\xff',
  ],
];

function mutate(seeds: readonly Buffer[], random: (below: number) => number): Buffer {
  let text = seeds[random(seeds.length)]?.toString('latin1') ?? '';
  if (random(3) === 0) text += seeds[random(seeds.length)]?.toString('latin1') ?? '';
  for (let step = random(4); step > 0; step -= 1) {
    const at = random(text.length + 1);
    const taste = spice[random(spice.length)] ?? '';
    const kind = random(5);
    if (kind === 0) text = text.slice(0, at) + taste + text.slice(at);
    else if (kind === 1) text = text.slice(0, at) + taste + text.slice(at + taste.length);
    else if (kind === 2) text = text.slice(0, at) + text.slice(at + 1 + random(3));
    else if (kind === 3) text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
    else {
      const lines = text.split('\r\n');
      const from = random(lines.length);
      lines.splice(random(lines.length), 0, lines[from] ?? '');
      text = lines.join('\r\n');
    }
  }
  return Buffer.from(text, 'latin1');
}

const seed = Number(process.env['SECBEAT_FUZZ_SEED'] ?? 20_251_122);
const cases = Number(process.env['SECBEAT_FUZZ_CASES'] ?? 10_000);
const vectors = loadVectors(join(import.meta.dirname, 'testdata'));
const requests = vectors.filter(({ kind, bytes }) => kind === 'request' && bytes.length < 2_048);

test('reader and node:http: agree on every vector that both accept', async () => {
  const server = createServer();
  let compared = 0;
  for (const { bytes, place } of requests) {
    compared += compare(readOurs(bytes), await readNodes(server, bytes), place);
  }
  assert.ok(compared > 80, `${compared} messages compared`);
});

test(`reader and node:http: agree on what both accept of ${cases} mutated messages`, async () => {
  const server = createServer();
  const random = createRandom(seed);
  const seeds = requests.map(({ bytes }) => bytes);
  let compared = 0;
  for (let i = 0; i < cases; i += 1) {
    const bytes = mutate(seeds, random);
    const replay = `SECBEAT_FUZZ_SEED=${seed} SECBEAT_FUZZ_CASES=${i + 1} node --test http/h1/differential.test.ts`;
    const shown = `${JSON.stringify(bytes.toString('latin1'))} (${replay})`;
    compared += compare(readOurs(bytes), await readNodes(server, bytes), shown);
  }
  assert.ok(compared > cases / 6, `${compared} messages compared; the mutations break too much`);
});

function namesOf(differences: readonly Difference[]): readonly string[] {
  return differences.flatMap(({ group, names }) => names.map((name) => `${group}: ${name}`)).toSorted();
}

test('reader and node:http: accept and refuse the same vectors but for the listed ones', async () => {
  const server = createServer();
  const ours: string[] = [];
  const nodes: string[] = [];
  for (const { bytes, name } of requests) {
    const isOurs = readOurs(bytes).messages[0]?.isComplete() ?? false;
    const isNodes = (await readNodes(server, bytes)).messages[0]?.isComplete() ?? false;
    if (isOurs && !isNodes) ours.push(name);
    if (isNodes && !isOurs) nodes.push(name);
  }
  assert.deepEqual(nodes.toSorted(), namesOf(refusedByUsOnly));
  assert.deepEqual(ours.toSorted(), namesOf(acceptedByUsOnly));
});
