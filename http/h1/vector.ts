/**
 * Test vectors as Markdown: the data of our own tests, of suites that run them against a whole proxy, and the manual of
 * what is refused and why.
 *
 *     # Content-Length                  names the group
 *     ## a sign before the number       names the vector
 *     ```http                           or ```http response to GET
 *     POST / HTTP/1.1\r\n
 *     Content-Length: +5\r\n
 *     \r\n
 *     hello
 *     ```
 *     ```expected
 *     refuse 400 content-length-malformed
 *     ```
 *
 * In the message block line breaks of the file mean nothing: every byte beyond printable ASCII is written as `\r \n \t
 * \0 \\ \xHH`, and `\{300*a}` is 300 times `a`. The first line of the expected block says what becomes of it: `accept`,
 * `refuse STATUS CODE` (the head), `refuse-body STATUS CODE` (the head is accepted) or `incomplete`. The other lines,
 * `key value`, say what the accepted head and body look like; the value has the same escapes, and `-` is an empty one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@secbeat/base/fault.ts';

/** What becomes of a vector's first message. */
export type VectorOutcome = 'accept' | 'refuse' | 'refuse-body' | 'incomplete';

/** One line of the view that an accepted message must show. */
export interface VectorViewLine {
  readonly key: string;
  /** Escapes resolved; one character per byte. */
  readonly value: string;
}

/** One message with what must become of it. */
export interface HttpVector {
  /** `group: vector`. */
  readonly name: string;
  /** `file:line` of its heading. */
  readonly place: string;
  readonly kind: 'request' | 'response';
  /** The method that a response answers; empty for a request. */
  readonly requestMethod: string;
  readonly bytes: Buffer;
  readonly outcome: VectorOutcome;
  /** Status and code of the refusal; 0 and empty without one. */
  readonly status: number;
  readonly code: string;
  readonly view: readonly VectorViewLine[];
}

/** Reads all vectors of the `.md` files in a directory, files in the order of their names. */
export function loadVectors(directory: string): readonly HttpVector[] {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .sort();
  return files.flatMap((name) => parseVectors(readFileSync(join(directory, name), 'utf8'), name));
}

interface Block {
  readonly info: string;
  readonly line: number;
  readonly text: readonly string[];
}

/** Parses the vectors of one file. Throws a `Fault` that names the place of whatever is not as described above. */
export function parseVectors(text: string, file: string): readonly HttpVector[] {
  const vectors: HttpVector[] = [];
  const lines = text.split('\n');
  let group = '';
  let title = '';
  let titleLine = 0;
  let message: Block | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.startsWith('# ')) group = line.slice(2).trim();
    else if (line.startsWith('## ')) {
      if (message !== undefined) throw fault(file, message.line, 'a message without an ```expected block');
      title = line.slice(3).trim();
      titleLine = at + 1;
    } else if (line.startsWith('```')) {
      const block = readBlock(lines, at, file);
      at += block.text.length + 1;
      if (block.info === 'expected') {
        if (message === undefined)
          throw fault(file, block.line, 'an ```expected block without a message before it');
        if (title === '') throw fault(file, block.line, 'a vector without a "## " heading');
        vectors.push(vectorOf(`${group}: ${title}`, file, titleLine, message, block));
        message = undefined;
        title = '';
      } else message = block;
    }
  }
  if (message !== undefined) throw fault(file, message.line, 'a message without an ```expected block');
  return vectors;
}

function readBlock(lines: readonly string[], from: number, file: string): Block {
  const text: string[] = [];
  for (let at = from + 1; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '```') return { info: (lines[from] ?? '').slice(3).trim(), line: from + 1, text };
    text.push(line);
  }
  throw fault(file, from + 1, 'a block that is not closed');
}

function vectorOf(name: string, file: string, line: number, message: Block, expected: Block): HttpVector {
  const info = /^http(?: response to ([A-Z]+))?$/.exec(message.info);
  if (info === null) {
    throw fault(file, message.line, `block "${message.info}"; expected "http" or "http response to METHOD"`);
  }
  const first = expected.text[0] ?? '';
  const outcome = /^(?:(accept|incomplete)|(refuse|refuse-body) (\d{3}) ([a-z0-9.-]+))$/.exec(first);
  if (outcome === null) {
    throw fault(
      file,
      expected.line + 1,
      `outcome "${first}"; expected accept, incomplete or refuse STATUS CODE`,
    );
  }
  const view = expected.text.slice(1).map((text, i) => {
    const parts = /^(field [^ ]+|[a-z-]+) (.+)$/.exec(text);
    if (parts === null) throw fault(file, expected.line + 2 + i, `line "${text}"; expected "key value"`);
    const value = parts[2] === '-' ? '' : unescapeBytes(parts[2] ?? '', file, expected.line + 2 + i);
    return { key: parts[1] ?? '', value };
  });
  const text = message.text.map((part, i) => unescapeBytes(part, file, message.line + 1 + i)).join('');
  return {
    name,
    place: `${file}:${line}`,
    kind: info[1] === undefined ? 'request' : 'response',
    requestMethod: info[1] ?? '',
    bytes: Buffer.from(text, 'latin1'),
    outcome: (outcome[1] ?? outcome[2]) as VectorOutcome,
    status: Number(outcome[3] ?? 0),
    code: outcome[4] ?? '',
    view,
  };
}

const plainEscapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** Resolves the escapes of one line. One character of the answer is one byte. */
function unescapeBytes(text: string, file: string, line: number): string {
  return text.replace(
    /\\(?:\{(\d+)\*((?:\\x[0-9a-fA-F]{2}|[^\\}])+)\}|x([0-9a-fA-F]{2})|(.?))|[^\x20-\x7e]/gs,
    (met: string, times?: string, repeated?: string, hex?: string, plain?: string) => {
      if (times !== undefined) return unescapeBytes(repeated ?? '', file, line).repeat(Number(times));
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const byte = plain === undefined ? undefined : plainEscapes[plain];
      if (byte === undefined) throw fault(file, line, `"${met}"; expected printable ASCII or a known escape`);
      return byte;
    },
  );
}

function fault(file: string, line: number, message: string): Fault {
  return new Fault('vector-malformed', `${file}:${line}: ${message}`, { source: 'operator' });
}
