/**
 * Sends requests to a loopback target and counts what came back. Bounded in count, in time and in connections.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
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
const answerBytesMax = 64 * 1024;

/** The kinds that `run` knows. */
export const attackKinds: readonly string[] = ['mix', 'load', ...attackFamilies.map((family) => family.name)];

/** Runs one attack to its end. Throws a `Fault` when the target is not loopback. */
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
  const startedAtMs = performance.now();
  const worker = async (): Promise<void> => {
    while (sent < options.requests && performance.now() - startedAtMs < options.durationMs) {
      const request = requests[sent % requests.length]!;
      sent += 1;
      const beganAtMs = performance.now();
      try {
        const { status, incidentId } = await send(url, request, agent);
        latencies.push(performance.now() - beganAtMs);
        count(statuses, status);
        if (incidentId !== '') lastIncidentId = incidentId;
      } catch (error) {
        count(failures, (error as NodeJS.ErrnoException).code ?? String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  agent.destroy();
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
    };
    const request = url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
    );
    request.on('error', reject);
    request.on('response', (response) => {
      readAnswer(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, incidentId: incidentIdIn(text) }),
        reject,
      );
    });
    request.end(attack.body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (text.length < answerBytesMax) text += chunk.toString('latin1');
  }
  return text;
}

function incidentIdIn(text: string): string {
  return /"incidentId":"([0-9A-Z]+)"/.exec(text)?.[1] ?? '';
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
