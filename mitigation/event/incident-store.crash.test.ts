/** The incident store under SIGKILL: what was reported as kept is there afterwards. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { systemClock } from '@secbeat/base/clock.ts';
import { openIncidentStore } from './incident-store.ts';

const writerModule = new URL('./testdata/write-incidents.ts', import.meta.url).pathname;

test('IncidentStore: incidents that were written survive kill -9, and the store goes on', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'secbeat-crash-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const child = spawn(process.execPath, [writerModule, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line === 'k-50') child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  assert.deepEqual([code, signal], [null, 'SIGKILL']);
  assert.match(last, /^k-\d+$/);
  const store = await openIncidentStore({
    directory,
    bytesMax: 10_000_000,
    log: { warn() {} },
    clock: systemClock,
  });
  t.after(() => store.close());
  for (const id of ['k-1', 'k-50', last]) assert.equal((await store.find(id))?.id, id);
});
