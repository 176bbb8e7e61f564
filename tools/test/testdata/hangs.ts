/** Never ends, and starts a process that would outlive it. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';

test('hangs', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  writeFileSync(process.env['HANG_PID_FILE'] ?? '', `${child.pid}`);
  await new Promise(() => {});
});
