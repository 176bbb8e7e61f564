/**
 * Entry of a generation process: joins the channel to the supervisor with the {@link GenerationNode} that it asks for.
 *
 * It obeys its supervisor alone. Signals that a terminal or an init system sends to the whole group are the supervisor's to
 * answer; a supervisor that is gone shows by the closed channel, and then the generation ends by itself.
 */
import { asError, Fault } from '@secbeat/base/fault.ts';
import { openRootLog, type RootLog } from '../log.ts';
import { CallLink } from './call-link.ts';
import { GenerationNode } from './generation-node.ts';
import type { GenerationCalls, SupervisorCalls } from './node-calls.ts';

/** A generation without a supervisor serves nobody new; what is open gets this long. The next supervisor waits 5 s. */
const aloneDrainMs = 2000;

/** Exit codes: a clean end, and a defect (EX_SOFTWARE of sysexits.h). */
const exitClean = 0;
const exitDefect = 70;

let log: RootLog = openRootLog({ level: 'info', fields: { process: 'generation' } });
let node: GenerationNode | undefined;
let isEnding = false;
/** Messages handed to the channel that it has not written yet. */
let unsent = 0;
let onSent: (() => void) | undefined;

const link = new CallLink<SupervisorCalls, GenerationCalls>({
  peer: 'supervisor',
  send,
  handlers: {
    start: async (start) => {
      log = openRootLog({
        level: start.config.logLevel,
        fields: { process: 'generation', generation: start.generation },
      });
      node = await GenerationNode.start(start, link, log);
      return undefined;
    },
    take: (snapshot) => requireNode().take(snapshot),
    apply: (config) => requireNode().apply(config),
    snapshot: () => requireNode().snapshot(),
    setHistory: (history) => {
      node?.setHistory(history);
      return undefined;
    },
    adoptEvents: (events) => {
      node?.adoptEvents(events);
      return undefined;
    },
    release: async ({ deadlineMs }) => {
      const snapshot = await requireNode().release(deadlineMs);
      void end(() => requireNode().finish(deadlineMs));
      return snapshot;
    },
    drain: ({ deadlineMs }) => {
      void end(async () => node?.finish(deadlineMs));
      return undefined;
    },
  },
});

for (const processSignal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(processSignal, () => undefined);
process.on('uncaughtException', (error) => {
  log.error({ err: error }, 'defect: the generation ends and is started again; please report it');
  void log.flush().then(() => process.exit(exitDefect));
});
process.on('message', (message) => link.receive(message));
process.on('disconnect', () => {
  link.close(new Fault('supervisor-gone', 'the supervisor has ended', { source: 'internal' }));
  if (!isEnding) log.error({}, 'the supervisor has ended; draining what is open');
  isEnding = false;
  void end(async () => node?.finishAlone(aloneDrainMs));
});

/** Carries out the last thing that this process does, then exits. */
async function end(finish: () => Promise<void>): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  try {
    await finish();
  } catch (thrown) {
    log.error({ err: asError(thrown) }, 'the generation did not end in order');
  }
  await allSent();
  await log.flush();
  process.exit(exitClean);
}

function send(message: unknown): void {
  if (process.send === undefined || !process.connected) throw new Error('the channel is closed');
  unsent += 1;
  process.send(message, undefined, undefined, () => {
    unsent -= 1;
    if (unsent === 0) onSent?.();
  });
}

async function allSent(): Promise<void> {
  if (unsent === 0 || !process.connected) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  onSent = resolve;
  setTimeout(resolve, aloneDrainMs).unref();
  await promise;
}

function requireNode(): GenerationNode {
  if (node !== undefined) return node;
  throw new Fault('generation-not-started', 'the generation was not started before it was used', {
    source: 'internal',
  });
}
