import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { type ProcessStat, parseProcessStat, treeCpuSeconds, treeTicks } from './process-tree.ts';
import { type MeasuredRow, renderRows } from './rows.ts';
import { median } from './statistics.ts';
import { parseWrkReport } from './wrk.ts';

const medians: readonly { readonly values: readonly number[]; readonly middle: number }[] = [
  { values: [7], middle: 7 },
  { values: [9, 1, 5], middle: 5 },
  { values: [4, 1, 3, 2], middle: 2.5 },
  { values: [10, 9, 100], middle: 10 },
];
for (const { values, middle } of medians) {
  test(`median: of ${values.join(', ')}`, () => assert.equal(median(values), middle));
}

test('median: of nothing is an error', () => {
  assert.throws(() => median([]), RangeError);
});

const stats: readonly {
  readonly name: string;
  readonly line: string;
  readonly stat: ProcessStat | undefined;
}[] = [
  {
    name: 'four times are added',
    line: '42 (node) S 7 42 42 0 -1 4194560 100 200 0 0 11 5 3 1 20 0 11 0 12345 0 0',
    stat: { pid: 42, parentPid: 7, cpuTicks: 20 },
  },
  {
    name: 'a name with brackets and blanks',
    line: '42 (a) b) (c) R 7 42 42 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 5 0 0',
    stat: { pid: 42, parentPid: 7, cpuTicks: 3 },
  },
  { name: 'a cut line', line: '42 (node) S 7 42', stat: undefined },
  { name: 'an empty line', line: '', stat: undefined },
];
for (const { name, line, stat } of stats) {
  test(`process tree: ${name}`, () => assert.deepEqual(parseProcessStat(line), stat));
}

test('process tree: descendants count, strangers do not', () => {
  const processes = [
    { pid: 1, parentPid: 0, cpuTicks: 1000 },
    { pid: 10, parentPid: 1, cpuTicks: 1 },
    { pid: 11, parentPid: 10, cpuTicks: 2 },
    { pid: 12, parentPid: 11, cpuTicks: 4 },
    { pid: 13, parentPid: 10, cpuTicks: 8 },
    { pid: 20, parentPid: 1, cpuTicks: 16 },
  ];
  assert.equal(treeTicks(processes, 10), 15);
  assert.equal(treeTicks(processes, 99), 0);
});

test('process tree: the time of a real child that has ended is counted with its parent', async () => {
  const spin = 'const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);';
  const parent = spawn(process.execPath, [
    '-e',
    `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(spin)}]); console.log('done'); process.stdin.resume();`,
  ]);
  try {
    await once(parent.stdout, 'data');
    assert.ok(treeCpuSeconds(parent.pid ?? 0) >= 0.3);
  } finally {
    parent.stdin.end();
    await once(parent, 'close');
  }
});

const report = `Running 5s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.60ms  843.00us  19.00ms   80.00%
    Req/Sec    24.68k     1.00k   27.00k    70.00%
  Latency Distribution
     50%  480.00us
     75%    3.00ms
     90%    4.00ms
     99%    1.02s
  123400 requests in 5.00s, 150.00MB read
  Socket errors: connect 1, read 2, write 0, timeout 4
  Non-2xx or 3xx responses: 8
Requests/sec:  24680.12
Transfer/sec:     30.00MB
`;

test('wrk: every figure of its report is read, with its unit', () => {
  const read = { requests: 123_400, requestsPerSecond: 24_680.12, p50Ms: 0.48, p99Ms: 1020, errors: 15 };
  assert.deepEqual(parseWrkReport(report), read);
});

test('wrk: a report without errors has none', () => {
  const sound = report.replace(/.*Socket errors.*\n/, '').replace(/.*Non-2xx.*\n/, '');
  assert.equal(parseWrkReport(sound).errors, 0);
});

test('wrk: a report without a figure is a fault that shows it', () => {
  assert.throws(() => parseWrkReport('unable to connect'), {
    code: 'wrk-report',
    message: /unable to connect/,
  });
});

test('rows: a table with figures, spread and goal', () => {
  const row: MeasuredRow = {
    name: 'cpu',
    unit: 's',
    ours: 2.345678,
    peer: 24_680.12,
    ratio: 0.95,
    goal: 0.9,
    met: true,
    ratioLowest: 0.9,
    ratioHighest: 1.001,
  };
  const bare = {
    ...row,
    name: 'alone',
    peer: null,
    ratio: null,
    goal: null,
    met: null,
    ratioLowest: null,
    ratioHighest: null,
  };
  assert.deepEqual(
    renderRows([row, bare])
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
    [
      '| figure | unit | SecBeat | peer | ratio | lowest to highest round | goal |',
      '|--------|------|---------|-------|-------|-------------------------|---------|',
      '| cpu | s | 2.35 | 24680 | 0.95 | 0.9 to 1 | 0.9 met |',
      '| alone | s | 2.35 | - | - | - | - |',
    ],
  );
});
