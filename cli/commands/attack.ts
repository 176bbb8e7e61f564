/** `secbeat attack`: a small load and attack generator for one's own node on loopback. */
import { Fault } from '@secbeat/base/fault.ts';
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { attackFamilies } from '../attack/attacks.ts';
import { type AttackReport, attackKinds, runAttack } from '../attack/run.ts';
import { selfCommand, selfCommandContext } from '../self-command.ts';

const requestsMax = 1_000_000;
const connectionsMax = 1_000;
const secondsMax = 600;

interface AttackFlags {
  readonly requests: number;
  readonly connections: number;
  readonly seconds: number;
}

/** Adds the command. */
export function addAttackCommand(program: Command): void {
  const families = attackFamilies.map(({ name, description }) => `  ${name.padEnd(10)} ${description}`);
  program
    .command('attack')
    .description('send attacks or load to a node on loopback and count what comes back')
    .argument('<url>', 'loopback URL of the node, for example http://127.0.0.1:8080/')
    .argument('[kind]', `what to send: ${attackKinds.join(', ')}`, parseKind, 'mix')
    .option(
      '-n, --requests <count>',
      `how many requests at most (1 to ${requestsMax})`,
      wholeNumber(1, requestsMax),
      100,
    )
    .option(
      '-c, --connections <count>',
      `how many at once (1 to ${connectionsMax})`,
      wholeNumber(1, connectionsMax),
      4,
    )
    .option(
      '-t, --seconds <seconds>',
      `how long at most (1 to ${secondsMax})`,
      wholeNumber(1, secondsMax),
      30,
    )
    .addHelpText(
      'after',
      `\nmix sends all families in turn; load sends the URL itself again and again. Families:\n${families.join('\n')}\n\nAny target but loopback is refused. Ctrl-C ends the attack and shows what came back until then.`,
    )
    .action(async (url: string, kind: string, flags: AttackFlags) => {
      const interrupt = new AbortController();
      process.once('SIGINT', () => interrupt.abort());
      const report = await runAttack({
        target: url,
        kind,
        requests: flags.requests,
        connections: flags.connections,
        durationMs: flags.seconds * 1_000,
        abort: interrupt.signal,
      });
      if (report.statuses.size === 0 && !interrupt.signal.aborted) throw noAnswer(url, report);
      process.stdout.write(renderReport(report, (id) => selfCommand(selfCommandContext(), ['explain', id])));
      if (interrupt.signal.aborted) process.exitCode = 130;
    });
}

function noAnswer(url: string, { sent, failures }: AttackReport): Fault {
  const codes = [...failures.keys()].join(', ');
  const message = `${url} answered none of ${sent} requests (${codes}); is a node listening there? "secbeat status" shows its addresses`;
  return new Fault('attack-unanswered', message, { source: 'operator' });
}

/** What came back, for a terminal. `explain` returns the command that explains an incident. */
export function renderReport(report: AttackReport, explain: (incidentId: string) => string): string {
  const lines = [`${report.sent} requests in ${report.seconds.toFixed(1)} s`];
  for (const [status, count] of [...report.statuses].sort((a, b) => a[0] - b[0]))
    lines.push(`  ${status}  ${count}`);
  for (const [code, count] of report.failures) lines.push(`  no answer (${code})  ${count}`);
  if (report.statuses.size > 0) {
    lines.push(`latency p50 ${report.p50Ms.toFixed(2)} ms, p99 ${report.p99Ms.toFixed(2)} ms`);
  }
  if (report.lastIncidentId !== '')
    lines.push(`why the last one was refused:\n  ${explain(report.lastIncidentId)}`);
  return `${lines.join('\n')}\n`;
}

function parseKind(text: string): string {
  if (!attackKinds.includes(text)) {
    const nearest = nearestWord(text, attackKinds);
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
    throw new InvalidArgumentError(`expected one of ${attackKinds.join(', ')}${hint}`);
  }
  return text;
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
    }
    return value;
  };
}
