import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogSink } from './log-sink.ts';

/** Writes with a sink to a file and returns what the file then holds. */
async function capture(
  write: (sink: LogSink) => void,
  bytesMax = 1024,
): Promise<{ readonly text: string; readonly dropped: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'secbeat-sink-'));
  const file = join(directory, 'log');
  const descriptor = openSync(file, 'w');
  try {
    const sink = new LogSink(descriptor, bytesMax);
    write(sink);
    await sink.flush(5000);
    return { text: readFileSync(file, 'utf8'), dropped: sink.dropped };
  } finally {
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  }
}

test('log sink: lines are written whole and in order', async () => {
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}\n`);
  const { text, dropped } = await capture((sink) => {
    for (const line of lines) sink.write(line);
  });
  assert.equal(text, lines.join(''));
  assert.equal(dropped, 0);
});

/** The first line is under way at once; the maximum is for what waits behind it. */
const sizes = [
  { size: 99, dropped: 0 },
  { size: 100, dropped: 0 },
  { size: 101, dropped: 1 },
];

for (const { size, dropped } of sizes) {
  test(`log sink: of 100 characters that may wait, ${size} cost ${dropped} lines`, async () => {
    const outcome = await capture((sink) => {
      sink.write('first\n');
      sink.write(`${'x'.repeat(size - 1)}\n`);
    }, 100);
    assert.equal(outcome.dropped, dropped);
    assert.equal(outcome.text.length, dropped === 0 ? 6 + size : 6);
  });
}

test('log sink: a descriptor that is gone costs lines and nothing else', async () => {
  const sink = new LogSink(1_000_000, 1024);
  sink.write('one\n');
  sink.write('two\n');
  await sink.flush(5000);
  assert.equal(sink.dropped, 2);
});

const modes = [
  { name: 'blocking', flags: constants.O_RDWR },
  { name: 'non-blocking', flags: constants.O_RDWR | constants.O_NONBLOCK },
];

for (const { name, flags } of modes) {
  test(`log sink: a ${name} pipe that nobody reads stops nobody; what waits is written when it is read`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'secbeat-sink-'));
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const descriptor = openSync(path, flags);
    const sink = new LogSink(descriptor, 1024);
    // More than the 64 KiB that a pipe holds.
    const [first, second] = [`${'a'.repeat(100_000)}\n`, `${'b'.repeat(500)}\n`];
    sink.write(first.slice(0, 1));
    for (const line of [first.slice(1), second]) sink.write(line);
    await sink.flush(50);
    assert.equal(sink.dropped, 1, 'the line that is longer than what may wait');
    const large = new LogSink(descriptor, 200_000);
    large.write('c\n');
    large.write(first);
    await large.flush(50);
    let bytes = 0;
    const reader = createReadStream(path);
    reader.on('data', (chunk) => {
      bytes += chunk.length;
    });
    await Promise.all([sink.flush(10_000), large.flush(10_000)]);
    closeSync(descriptor);
    await once(reader, 'close');
    assert.equal(bytes, 1 + second.length + 2 + first.length);
    assert.equal(large.dropped, 0);
    rmSync(directory, { recursive: true });
  });
}
