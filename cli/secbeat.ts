#!/usr/bin/env node
/** `secbeat`: the entry of every command. Exit codes: 0 done, 1 refused with a reason, 2 called wrongly. */
import { asError, Fault } from '@secbeat/base/fault.ts';
import { createProgram } from './program.ts';

// Whoever reads us may stop reading (`secbeat config schema | head`): no fault of ours, and no reason for a node to end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await createProgram().parseAsync();
} catch (thrown) {
  const isExpected = thrown instanceof Fault;
  process.stderr.write(
    isExpected
      ? `secbeat: ${thrown.message}\n`
      : `secbeat: this is a mistake in SecBeat itself; please report it with these lines\n${asError(thrown).stack}\n`,
  );
  process.exitCode = 1;
}
