/**
 * What reading one head costs. Run: `node http/h1/request-head.bench.ts [rounds]`.
 *
 * Prints the best and the median of several rounds in nanoseconds per head; read them as an order of magnitude, the
 * machine is shared. Beside the reader itself stand what the proxy adds: all names and values as strings (the WAF's
 * view), and a body in chunks.
 */
import { performance } from 'node:perf_hooks';
import { BodyReader } from './body.ts';
import { Framing } from './framing.ts';
import { RequestHeadReader } from './request-head.ts';
import { ResponseHeadReader } from './response-head.ts';

const requestHead = [
  'GET /catalogue/search?q=garden+chair&page=2&sort=price HTTP/1.1',
  'Host: shop.example.org',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  'Referer: http://shop.example.org/catalogue',
  'Cookie: session=0123456789abcdef; theme=dark',
  'Sec-Fetch-Mode: navigate',
  '',
  '',
].join('\r\n');

const responseHead = [
  'HTTP/1.1 200 OK',
  'Date: Sat, 22 Nov 2025 16:00:00 GMT',
  'Server: origin',
  'Content-Type: text/html; charset=utf-8',
  'Content-Length: 1024',
  'Cache-Control: max-age=60',
  'Vary: Accept-Encoding',
  '',
  '',
].join('\r\n');

const limits = { headBytesMax: 32_768, fieldsMax: 100, targetBytesMax: 8_192 };

interface Case {
  readonly name: string;
  readonly bytes: number;
  /** Runs once and returns a number that depends on the work, so that the work cannot be left out. */
  readonly run: () => number;
}

function casesOf(): readonly Case[] {
  const requestBytes = Buffer.from(requestHead, 'latin1');
  const responseBytes = Buffer.from(responseHead, 'latin1');
  const chunkedBytes = Buffer.from(`400\r\n${'x'.repeat(1024)}\r\n0\r\n\r\n`, 'latin1');
  const requests = new RequestHeadReader(limits);
  const responses = new ResponseHeadReader(limits);
  const body = new BodyReader();
  let taken = 0;
  const sink = {
    content: (_bytes: Buffer, from: number, to: number): void => {
      taken += to - from;
    },
  };
  return [
    {
      name: 'request head',
      bytes: requestBytes.length,
      run: () => requests.read(requestBytes, 0, requestBytes.length),
    },
    {
      name: 'request head, all names and values as strings',
      bytes: requestBytes.length,
      run: () => {
        const took = requests.read(requestBytes, 0, requestBytes.length);
        const fields = requests.head.fields;
        let characters = took;
        for (let i = 0; i < fields.count; i += 1)
          characters += fields.lowerName(i).length + fields.value(i).length;
        return characters;
      },
    },
    {
      name: 'request head in two halves',
      bytes: requestBytes.length,
      run: () => requests.read(requestBytes, 0, 300) + requests.read(requestBytes, 0, requestBytes.length),
    },
    {
      name: 'response head',
      bytes: responseBytes.length,
      run: () => {
        responses.begin('GET');
        return responses.read(responseBytes, 0, responseBytes.length);
      },
    },
    {
      name: 'chunked body, one chunk of 1 KiB',
      bytes: chunkedBytes.length,
      run: () => {
        body.start(Framing.chunked, 0);
        return body.read(chunkedBytes, 0, chunkedBytes.length, sink) + taken;
      },
    },
  ];
}

function measureNs(run: () => number, count: number): number {
  let sum = 0;
  const startMs = performance.now();
  for (let i = 0; i < count; i += 1) sum += run();
  const elapsedMs = performance.now() - startMs;
  if (sum <= 0) throw new Error('the measured code did nothing');
  return (elapsedMs * 1e6) / count;
}

if (import.meta.main) {
  const rounds = Number(process.argv[2] ?? 9);
  const cases = casesOf();
  for (const { run } of cases) measureNs(run, 20_000);
  const results = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of cases) results.get(name)?.push(measureNs(run, 30_000));
  }
  for (const { name, bytes } of cases) {
    const sorted = (results.get(name) ?? []).toSorted((a, b) => a - b);
    const best = Math.round(sorted[0] ?? 0);
    const median = Math.round(sorted[sorted.length >> 1] ?? 0);
    process.stdout.write(`${name} (${bytes} B): best ${best} ns, median ${median} ns\n`);
  }
}
