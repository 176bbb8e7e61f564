/**
 * Every HTTP/1.1 vector against a running node: what is refused never reaches the origin, what is accepted reaches it as
 * exactly one message, the same that the node's reader (and so its WAF) saw.
 *
 * Each vector goes three ways: alone; behind an ordinary request on the same connection; before one, where a message
 * that two readers end at different places would show as a request nobody sent. And all that twice: with a body that
 * is streamed, and with one that is held back for inspection. The client closes its half behind the last byte.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type HttpVector, loadVectors } from '@secbeat/http/h1/vector.ts';
import { runVector, type VectorRun, vectorLimits } from '@secbeat/http/h1/vector-run.ts';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import {
  openRecordingOrigin,
  type RecordedRequest,
  type RecordingOrigin,
  statusesOf,
} from './recording-origin.ts';

const vectors = loadVectors(join(import.meta.dirname, '../../http/h1/testdata')).filter(
  ({ kind }) => kind === 'request',
);

const limits = `limits: { headMax: ${vectorLimits.headBytesMax}B, fieldsMax: ${vectorLimits.fieldsMax}, targetMax: ${vectorLimits.targetBytesMax}B }`;
const modes: readonly (readonly [name: string, waf: string])[] = [
  ['streamed', 'waf: { mode: off }'],
  ['held', 'waf: { mode: on, baseline: false, rules: [hold.conf] }'],
];

const ordinary = 'GET /ordinary?x=1 HTTP/1.1\r\nHost: a.test\r\n\r\n';
const deadlineMs = 20_000;

for (const [mode, waf] of modes) {
  describe(mode, () => {
    let origin: RecordingOrigin;
    let node: NodeProcess;

    before(async () => {
      origin = await openRecordingOrigin();
      node = await startNode({
        config: `listen: ['127.0.0.1:0']\nupstream: ${origin.url}\nworkers: 1\n${limits}\n${waf}\n`,
        files: { 'hold.conf': 'SecRuleEngine On\nSecRequestBodyAccess On\n' },
      });
    });

    after(async () => {
      await node[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    });

    /** Sends, waits for the end, and returns the statuses; then an ordinary request shows that the node still serves. */
    async function statusesFor(bytes: Buffer, isHead: readonly boolean[]): Promise<readonly number[]> {
      origin.forget();
      const text = await sendAndEnd(node.port(), bytes);
      const seen = origin.recorded.length;
      assert.equal(await sendAndEnd(node.port(), Buffer.from(ordinary)), ordinaryAnswer);
      assert.equal(origin.recorded.length, seen + 1, 'the ordinary request afterwards');
      assertOrdinary(origin.recorded.at(-1));
      assert.deepEqual(origin.strays, []);
      return statusesOf(text, isHead);
    }

    /** What came of the bytes themselves, without the ordinary request afterwards. */
    function messages(): readonly RecordedRequest[] {
      return origin.recorded.slice(0, -1);
    }

    for (const vector of vectors) {
      test(`conformance: ${mode}: ${vector.name}`, async () => {
        const run = runVector(vector, []);
        const isHead = run.view.get('method') === 'HEAD';
        await alone(vector, run, isHead);
        await behind(vector, run, isHead);
        if (vector.outcome !== 'incomplete' && (run.view.get('rest') ?? '') === '') {
          await beforeAnother(vector, run, isHead);
        }
      });
    }

    test(`conformance: ${mode}: at least 60 vectors were refused and 60 accepted`, () => {
      const count = (outcome: string): number => vectors.filter((each) => each.outcome === outcome).length;
      assert.ok(count('refuse') >= 60 && count('refuse-body') >= 20 && count('accept') >= 60);
    });

    async function alone(vector: HttpVector, run: VectorRun, isHead: boolean): Promise<void> {
      const statuses = await statusesFor(vector.bytes, [isHead]);
      if (vector.outcome === 'accept') {
        assertStatuses(statuses.slice(0, answersOf(run).length), answersOf(run), vector, 'alone');
        assertStatuses(statuses.slice(answersOf(run).length), restStatuses(run), vector, 'alone, the rest');
        assertMessages(messages(), [run], vector);
      } else {
        assertStatuses(statuses, refusalOf(vector, run), vector, 'alone');
        assertMessages(messages(), [], vector);
      }
    }

    async function behind(vector: HttpVector, run: VectorRun, isHead: boolean): Promise<void> {
      const bytes = Buffer.concat([Buffer.from(ordinary), vector.bytes]);
      const statuses = await statusesFor(bytes, [false, isHead]);
      assert.equal(statuses[0], 200, `${vector.place}, behind: the ordinary request before it`);
      assertOrdinary(messages()[0]);
      const own = statuses.slice(1);
      if (vector.outcome === 'accept') {
        assertStatuses(own.slice(0, answersOf(run).length), answersOf(run), vector, 'behind');
        assertMessages(messages().slice(1), [run], vector);
      } else {
        assertStatuses(own, refusalOf(vector, run), vector, 'behind');
        assertMessages(messages().slice(1), [], vector);
      }
    }

    async function beforeAnother(vector: HttpVector, run: VectorRun, isHead: boolean): Promise<void> {
      const statuses = await statusesFor(Buffer.concat([vector.bytes, Buffer.from(ordinary)]), [
        isHead,
        false,
      ]);
      if (vector.outcome !== 'accept') {
        assertStatuses(statuses, [vector.status], vector, 'before');
        assertMessages(messages(), [], vector);
        return;
      }
      const goesOn = run.view.get('keep-alive') === 'yes';
      assertStatuses(statuses, [...answersOf(run), ...(goesOn ? [200] : [])], vector, 'before');
      assertMessages(goesOn ? messages().slice(0, -1) : messages(), [run], vector);
      if (goesOn) assertOrdinary(messages().at(-1));
    }
  });
}

/** An ordinary request's answer, as the recording origin gives it through any node. */
const ordinaryAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What a complete, accepted message is answered with. */
function answersOf(run: VectorRun): readonly number[] {
  return run.view.get('expect-continue') === 'yes' ? [100, 200] : [200];
}

/** Bytes that end too early get no answer, unless they announce more than the node takes (10 GiB, the default). */
function refusalOf(vector: HttpVector, run: VectorRun): readonly number[] {
  if (vector.outcome !== 'incomplete') return [vector.status];
  return Number(run.view.get('content-length') ?? 0) > 10 * 1024 ** 3 ? [413] : [];
}

/** The bytes behind some vectors are the beginning of a request that never comes: no answer. */
function restStatuses(run: VectorRun): readonly number[] {
  assert.match(run.view.get('rest') ?? '', /^(?:|GET|GET \/x|x)$/);
  return [];
}

function assertStatuses(
  met: readonly number[],
  expected: readonly number[],
  vector: HttpVector,
  how: string,
): void {
  // A body can be refused only after the client was told to send it.
  const [first] = met;
  const statuses = first === 100 && expected[0] !== 100 ? met.slice(1) : met;
  assert.deepEqual(statuses, expected, `${vector.place}, ${how}`);
}

function assertMessages(
  met: readonly RecordedRequest[],
  expected: readonly VectorRun[],
  vector: HttpVector,
): void {
  assert.equal(
    met.length,
    expected.length,
    `${vector.place}: messages at the origin: ${JSON.stringify(met)}`,
  );
  expected.forEach((run, i) => {
    assertSame(met[i], run, vector);
  });
}

/** The origin's view against the reader's, and against the literals that the vector gives. */
function assertSame(met: RecordedRequest | undefined, run: VectorRun, vector: HttpVector): void {
  assert.ok(met !== undefined);
  const { view } = run;
  const target =
    view.get('has-query') === 'yes' ? `${view.get('path')}?${view.get('query')}` : view.get('path');
  assert.deepEqual(
    { method: met.method, target: met.target, framing: met.framing, body: met.body, version: met.version },
    {
      method: view.get('method'),
      target,
      framing: view.get('framing'),
      body: view.get('body'),
      version: 'HTTP/1.1',
    },
    vector.place,
  );
  const own = new Map<string, string>([
    ['method', met.method],
    ['framing', met.framing],
    ['body', met.body],
    ['body-bytes', String(met.body.length)],
  ]);
  for (const { key, value } of vector.view) {
    if (own.has(key)) assert.equal(own.get(key), value, `${vector.place}: ${key}`);
  }
  const hosts = met.fields.filter(([name]) => name === 'host');
  assert.equal(hosts.length, 1, `${vector.place}: one Host`);
  assert.equal(hosts[0]?.[1].toLowerCase(), view.get('authority'), `${vector.place}: Host`);
  assertHopByHop(met, view, vector);
}

/** Nothing that was for the node alone goes on, but the framing and an upgrade, which the node says anew. */
function assertHopByHop(met: RecordedRequest, view: ReadonlyMap<string, string>, vector: HttpVector): void {
  const anew = new Set<string>();
  if (met.framing === 'chunked') anew.add('transfer-encoding');
  if (view.get('upgrade') === 'yes') anew.add('connection').add('upgrade');
  const names = (view.get('hop-by-hop') ?? '')
    .toLowerCase()
    .split(',')
    .filter((name) => name !== '');
  for (const name of [...names, 'connection', 'upgrade', 'expect', 'te', 'trailer', 'keep-alive']) {
    const times = met.fields.filter(([each]) => each === name).length;
    assert.equal(times, anew.has(name) ? 1 : 0, `${vector.place}: field ${name} at the origin`);
  }
}

function assertOrdinary(met: RecordedRequest | undefined): void {
  assert.deepEqual([met?.method, met?.target, met?.framing, met?.body], ['GET', '/ordinary?x=1', 'none', '']);
}

/** Sends all bytes, closes its half, and returns what came until the other side closed. latin1. */
async function sendAndEnd(port: number, bytes: Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  let text = '';
  socket.setTimeout(deadlineMs, () =>
    socket.destroy(new Error(`still open; so far ${JSON.stringify(text)}`)),
  );
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  // A reset behind the answer is an end as well: what arrived until then counts.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
  });
  socket.on('end', () => socket.destroy());
  socket.on('close', () => resolve(text));
  socket.end(bytes);
  return await promise;
}
