/** What the suites about sites share: a request written out, its answer taken apart, and the event it ended in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { type NodeProcess, until } from '../support/node-process.ts';
import type { Echo } from '../support/origin.ts';
import { firstStatus, sendRaw } from '../support/raw-client.ts';

/** One request; everything has a default. */
export interface Ask {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  /** Lines without their end. */
  readonly fields?: readonly string[];
  readonly body?: string;
  readonly isChunked?: boolean;
  readonly pieceBytes?: number;
}

/** Its answer. */
export interface Answer {
  readonly status: number;
  /** All field lines. */
  readonly head: string;
  readonly body: string;
}

/** Sends one request on a connection of its own. */
export async function ask(port: number, asked: Ask = {}): Promise<Answer> {
  const { method = 'GET', host = 'a.test', path = '/', fields = [], body, isChunked = false } = asked;
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...fields];
  let content = '';
  if (body !== undefined && isChunked) {
    lines.push('Transfer-Encoding: chunked');
    content = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  } else if (body !== undefined) {
    lines.push(`Content-Length: ${body.length}`);
    content = body;
  }
  const { pieceBytes } = asked;
  const { text } = await sendRaw(port, `${lines.join('\r\n')}\r\n\r\n${content}`, {
    ...(pieceBytes === undefined ? {} : { pieceBytes }),
  });
  const end = text.indexOf('\r\n\r\n');
  return { status: firstStatus(text), head: text.slice(0, end + 2), body: text.slice(end + 4) };
}

/** The request as the echoing origin saw it. */
export function echoOf(answer: Answer): Echo {
  if (answer.status !== 200) throw new Error(`${answer.head}\n${answer.body}`);
  return JSON.parse(answer.body) as Echo;
}

/** All values of a field, by its exact spelling. */
export function valuesOf(seen: Echo, name: string): readonly string[] {
  return seen.fields.filter((_, i) => i % 2 === 1 && seen.fields[i - 1] === name);
}

/** Waits for the event whose request id is `requestId`, in the node's access log. */
export async function eventOf(node: NodeProcess, requestId: string): Promise<ExchangeEvent> {
  const file = join(node.dataDirectory, 'access.log');
  let found: ExchangeEvent | undefined;
  await until(
    () => {
      found = readEvents(file).find((event) => event.requestId === requestId);
      return found !== undefined;
    },
    10_000,
    () => `no event of ${requestId} in ${file}`,
  );
  if (found === undefined) throw new Error('unreachable');
  return found;
}

function readEvents(file: string): readonly ExchangeEvent[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // The log appears with its first line.
    return [];
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExchangeEvent);
}
