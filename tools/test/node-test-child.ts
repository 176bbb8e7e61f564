/**
 * The process that runs test files: `node tools/test/node-test-child.ts CONCURRENCY TIMEOUT_MS FILE...`.
 *
 * It is a process of its own so that the runner can end it together with everything that the tests started.
 */
import { relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EndedTest, lineOf, type TestLine } from './test-line.ts';

/** Output kept of each file, from its end. */
const outputCharsMax = 32_768;

async function main(concurrency: number, timeout: number, files: readonly string[]): Promise<void> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const outputs = new Map<string, string>();
  const failedFiles = new Set<string>();
  const send = (line: TestLine): void => {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const end = (ended: EndedTest, passed: boolean): void => {
    const line = lineOf(ended, passed, root);
    if (line?.kind === 'failed') failedFiles.add(line.file);
    if (line !== undefined) send(line);
  };
  for await (const event of run({ files: [...files], concurrency, timeout, cwd: root })) {
    if (event.type === 'test:pass') end(event.data, true);
    else if (event.type === 'test:fail') end(event.data, false);
    else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      const file = relative(root, event.data.file);
      outputs.set(file, ((outputs.get(file) ?? '') + event.data.message).slice(-outputCharsMax));
    }
  }
  for (const file of failedFiles) {
    const text = outputs.get(file);
    if (text !== undefined) send({ kind: 'output', file, text });
  }
}

const [concurrency, timeoutMs, ...files] = process.argv.slice(2);
await main(Number(concurrency), Number(timeoutMs), files);
