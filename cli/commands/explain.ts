/** `secbeat explain`: why a request was refused, from the incident id that the refusal shows or from the refusal itself. */
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '@secbeat/base/fault.ts';
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';
import { renderExplanation } from '@secbeat/mitigation/event/explain.ts';
import type { Command } from 'commander';
import { findIncidentId, readIncidentId } from '../incident-id.ts';
import { addDataOption, askNode, type DataFlags } from './data-option.ts';

/** Bounded: characters of a refusal that are read; an operator's own page may be long. */
const refusalCharsMax = 256 * 1024;

/** An event travels in a batch: whoever is quick asks before it has arrived. */
const patienceMs = 1_000;
const retryMs = 100;

interface ExplainFlags extends DataFlags {
  readonly json?: boolean;
}

/** Adds the command. */
export function addExplainCommand(program: Command): void {
  addDataOption(
    program
      .command('explain')
      .description('say why a request was refused')
      .argument(
        '<incident>',
        'the incident id that the refusal shows; "-" reads the refusal from the standard input',
      )
      .option('--json', 'the whole event as JSON'),
  ).action(async (word: string, flags: ExplainFlags) => {
    const id = word === '-' ? await readRefusal(process.stdin) : requireId(word);
    const event = await findEvent(id, flags);
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(event, null, 2)}\n` : renderExplanation(event),
    );
  });
}

async function findEvent(id: string, flags: DataFlags): Promise<ExchangeEvent> {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    const event = await askNode<'explain'>(flags, { op: 'explain', id });
    if (event !== null) return event;
    if (waitedMs >= patienceMs) break;
    await wait(retryMs);
  }
  const message = `this node keeps no incident ${id}: it was another node's (--data DIR), or it made room for newer ones`;
  throw new Fault('incident-unknown', message, { source: 'operator' });
}

function requireId(word: string): string {
  const id = readIncidentId(word);
  if (id !== undefined) return id;
  const message = `"${word}" is no incident id; expected the 20 digits and letters that the refusal shows, for example 7QK2M9XV0RTDA00000G3`;
  throw new Fault('incident-id', message, { source: 'operator' });
}

async function readRefusal(input: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.length > refusalCharsMax) break;
  }
  const id = findIncidentId(text);
  if (id !== undefined) return id;
  const met = text.trim() === '' ? 'nothing was read' : 'what was read has no incident id';
  const message = `${met}; expected a refusal of the node, for example: curl -s URL | secbeat explain -`;
  throw new Fault('incident-id', message, { source: 'operator' });
}
