/** Load from wrk (Debian), and what it reports. */
import { spawn } from 'node:child_process';
import { Fault } from '@secbeat/base/fault.ts';

/** What one run of wrk saw. */
export interface WrkReport {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx and 3xx, and connections that failed. */
  readonly errors: number;
}

/** What a Chromium sends with a navigation, beside Host: nine fields, 490 bytes. */
export const browserFields: readonly string[] = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Cache-Control: max-age=0',
  'Upgrade-Insecure-Requests: 1',
  'Sec-Fetch-Mode: navigate',
  'Referer: http://shop.example/catalogue/lamps?page=2',
  'Cookie: session=4f7c1f0e9a5b4c6f8f2d; theme=dark; consent=1',
];

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Reads what `wrk --latency` prints. Throws a `Fault` with the text when a figure is missing. */
export function parseWrkReport(text: string): WrkReport {
  const numberOf = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined)
      throw new Fault('wrk-report', `wrk did not report ${pattern.source}:\n${text}`, { source: 'internal' });
    return Number(found);
  };
  const latencyOf = (percent: number): number => {
    const found = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(text);
    if (found === null)
      throw new Fault('wrk-report', `wrk did not report p${percent}:\n${text}`, { source: 'internal' });
    return Number(found[1]) * (units[found[2] ?? ''] ?? Number.NaN);
  };
  const socket =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1).map(Number) ??
    [];
  const answers = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  return {
    requests: numberOf(/^\s+(\d+) requests in /m),
    requestsPerSecond: numberOf(/^Requests\/sec:\s+([\d.]+)$/m),
    p50Ms: latencyOf(50),
    p99Ms: latencyOf(99),
    errors: answers + socket.reduce((sum, each) => sum + each, 0),
  };
}

/** Loads `url` from one thread for `seconds`. */
export function runWrk(url: string, connections: number, seconds: number): Promise<WrkReport> {
  const fields = browserFields.flatMap((field) => ['-H', field]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...fields, url];
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: (seconds + 30) * 1000 });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) {
        reject(new Fault('wrk-failed', `wrk ended with ${code}:\n${output}`, { source: 'internal' }));
        return;
      }
      try {
        resolve(parseWrkReport(output));
      } catch (error) {
        reject(error);
      }
    });
  });
}
