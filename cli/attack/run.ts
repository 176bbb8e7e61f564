/**
 * Sends requests to a loopback target and counts what came back. Bounded in count, in time and in connections.
 */
import { setMaxListeners } from 'node:events';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { asError } from '@secbeat/base/fault.ts';
import { findIncidentId } from '../incident-id.ts';
import { type AttackRequest, attackFamilies } from './attacks.ts';
import { requireLoopback } from './target.ts';

/** How much is sent. */
export interface AttackOptions {
  readonly target: string;
  /** A family's name, `mix` for all of them in turn, or `load` for ordinary requests. */
  readonly kind: string;
  readonly requests: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Ends the attack early; what came back until then is reported. */
  readonly abort?: AbortSignal;
}

/** What came back. */
export interface AttackReport {
  readonly sent: number;
  /** Responses by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests without a response, by error code. */
  readonly failures: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** Latencies in milliseconds; NaN when nothing came back. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Incident id of the last refusal, for `secbeat explain`; empty when none was seen. */
  readonly lastIncidentId: string;
}

const requestTimeoutMs = 10_000;
/** Characters of an answer that are searched for an incident id; the rest is read and forgotten. */
const answerCharsMax = 64 * 1024;

/** After so many requests without a single answer there is nobody to attack. */
const silenceMax = 20;

/** The kinds that `run` knows. */
export const attackKinds: readonly string[] = ['mix', 'load', ...attackFamilies.map((family) => family.name)];

/** Runs one attack to its end. Redirects are counted, not followed. Throws a `Fault` when the target is not loopback. */
export async function runAttack(options: AttackOptions): Promise<AttackReport> {
  const url = requireLoopback(options.target);
  const requests = requestsOf(options.kind, url);
  const agent =
    url.protocol === 'https:'
      ? new HttpsAgent({ keepAlive: true, maxSockets: options.connections, rejectUnauthorized: false })
      : new HttpAgent({ keepAlive: true, maxSockets: options.connections });
  const statuses = new Map<number, number>();
  const failures = new Map<string, number>();
  const latencies: number[] = [];
  let lastIncidentId = '';
  let sent = 0;
  let unanswered = 0;
  const startedAtMs = performance.now();
  const timeIsUp = AbortSignal.timeout(options.durationMs);
  const end = options.abort === undefined ? timeIsUp : AbortSignal.any([options.abort, timeIsUp]);
  // One listener for each connection, and each request in flight adds one of its own.
  setMaxListeners(0, end);
  const worker = async (): Promise<void> => {
    while (sent < options.requests && !end.aborted && (statuses.size > 0 || unanswered < silenceMax)) {
      const request = requests[sent % requests.length]!;
      sent += 1;
      const beganAtMs = performance.now();
      try {
        const { status, incidentId } = await send(url, request, agent, end);
        latencies.push(performance.now() - beganAtMs);
        count(statuses, status);
        if (incidentId !== '') lastIncidentId = incidentId;
      } catch (error) {
        unanswered += 1;
        count(failures, end.aborted ? 'cut off at the end' : codeOf(error));
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(options.connections, options.requests) }, worker));
  } finally {
    agent.destroy();
  }
  latencies.sort((a, b) => a - b);
  return {
    sent,
    statuses,
    failures,
    seconds: (performance.now() - startedAtMs) / 1_000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    lastIncidentId,
  };
}

function requestsOf(kind: string, url: URL): readonly AttackRequest[] {
  if (kind === 'load') return [{ method: 'GET', target: url.pathname + url.search }];
  if (kind === 'mix') return attackFamilies.flatMap((family) => family.requests);
  return attackFamilies.find((family) => family.name === kind)!.requests;
}

function send(
  url: URL,
  attack: AttackRequest,
  agent: HttpAgent | HttpsAgent,
  signal: AbortSignal,
): Promise<{ status: number; incidentId: string }> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, string | number> = { Accept: 'application/problem+json', ...attack.fields };
    if (attack.body !== undefined) fields['Content-Length'] = Buffer.byteLength(attack.body);
    const options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      method: attack.method,
      path: attack.target,
      headers: { 'User-Agent': 'secbeat-attack', ...fields },
      agent,
      timeout: requestTimeoutMs,
      signal,
    };
    const request = url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
    );
    request.on('error', reject);
    request.on('response', (response) => {
      readAnswer(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, incidentId: findIncidentId(text) ?? '' }),
        reject,
      );
    });
    request.end(attack.body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (text.length < answerCharsMax) text += chunk.toString('latin1');
  }
  return text;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? asError(error).message;
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
