/** Test support: exchanges written as HTTP texts, run through a rule set, and shown as lines to compare. */
import {
  compileRuleset,
  type FieldsView,
  formatDiagnostic,
  type Interruption,
  type RequestView,
  type ResponseView,
  type Ruleset,
  type RulesetOptions,
  type TransactionPolicy,
  type TransactionReport,
} from '../engine.ts';

/** 2026-03-01 22:05:09.500 UTC, a Sunday. */
export const fixtureTimeMs = 1772402709500;

export const fixturePolicy: TransactionPolicy = {
  mode: 'on',
  excludedRuleIds: [],
  inboundThreshold: 5,
  outboundThreshold: 4,
};

/** Compiles rules that must be right; the error names everything that is wrong with them. */
export function compileRules(text: string, options: Partial<RulesetOptions> = {}): Ruleset {
  const result = compileRuleset({
    sources: [{ file: 'test.conf', text }],
    dataFiles: {},
    clock: { nowMs: () => fixtureTimeMs },
    ...options,
  });
  if (result.kind === 'refused') throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.ruleset;
}

/** A message cut at its first empty line. Lines end with LF in the text; `\r\n` in a body is written as it is. */
interface MessageText {
  readonly startLine: string;
  readonly fields: FieldsView;
  /** null when there is no empty line, or nothing behind it. */
  readonly body: Buffer | null;
}

function splitMessage(text: string): MessageText {
  const end = text.indexOf('\n\n');
  const [startLine = '', ...lines] = (end === -1 ? text : text.slice(0, end))
    .split('\n')
    .filter((line) => line !== '');
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
  const fields: FieldsView = {
    count: pairs.length,
    name: (i) => pairs[i]!.name,
    lowerName: (i) => pairs[i]!.name.toLowerCase(),
    value: (i) => pairs[i]!.value,
  };
  const body = end === -1 ? '' : text.slice(end + 2);
  return { startLine, fields, body: body === '' ? null : Buffer.from(body, 'latin1') };
}

/** Reads a request text; a missing protocol is HTTP/1.1. */
export function readRequest(text: string): { view: RequestView; body: Buffer | null } {
  const { startLine, fields, body } = splitMessage(text);
  const [method = 'GET', target = '/', protocol = 'HTTP/1.1'] = startLine.split(' ');
  const mark = target.indexOf('?');
  let hostName = '';
  for (let i = 0; i < fields.count; i++) if (fields.lowerName(i) === 'host') hostName = fields.value(i);
  const view: RequestView = {
    method,
    target,
    protocol,
    fields,
    hostName,
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    requestLine: `${method} ${target} ${protocol}`,
    clientAddress: '192.0.2.7',
    clientPort: 40123,
    serverAddress: '198.51.100.1',
    serverPort: 443,
    id: 'fixture-1',
  };
  return { view, body };
}

/** Reads a response text. */
export function readResponse(text: string): { view: ResponseView; body: Buffer | null } {
  const { startLine, fields, body } = splitMessage(text);
  const [protocol = 'HTTP/1.1', status = '200'] = startLine.split(' ');
  return { view: { protocol, status: Number(status), fields }, body };
}

/** How one exchange is run. */
export interface ExchangeOptions {
  readonly policy?: TransactionPolicy;
  /** Response text; without it phases 3 and 4 are not run, as when the origin was never asked. */
  readonly response?: string;
  readonly isPartial?: boolean;
}

/** What came out of an exchange. */
export interface ExchangeOutcome {
  /** The first interruption and the phase that it came in. */
  readonly interruption: Interruption | null;
  readonly interruptedPhase: number;
  readonly report: TransactionReport;
}

/** Runs a request, and a response if there is one, as a node would: an interruption ends it. */
export function runExchange(
  ruleset: Ruleset,
  requestText: string,
  options: ExchangeOptions = {},
): ExchangeOutcome {
  const { view, body } = readRequest(requestText);
  const isPartial = options.isPartial ?? false;
  const transaction = ruleset.begin(view, options.policy ?? fixturePolicy);
  let interruptedPhase = 0;
  const step = (phase: number, interruption: Interruption | null): Interruption | null => {
    if (interruption !== null) interruptedPhase = phase;
    return interruption;
  };
  let interruption = step(1, transaction.inspectRequestHead());
  interruption ??= step(2, transaction.inspectRequestBody(body, isPartial));
  if (options.response !== undefined) {
    const response = readResponse(options.response);
    interruption ??= step(3, transaction.inspectResponseHead(response.view));
    interruption ??= step(4, transaction.inspectResponseBody(response.body, isPartial));
  }
  return { interruption, interruptedPhase, report: transaction.finish() };
}

/** An outcome as lines, one fact each; `nothing` when there is none. */
export function describeOutcome({ interruption, interruptedPhase, report }: ExchangeOutcome): string[] {
  const lines = report.matches.map((match) => {
    const severity = match.severity === '' ? '' : ` ${match.severity}`;
    const message = match.message === '' ? '' : ` "${match.message}"`;
    const variables = match.variables.map((each) => `${each.name}=${each.value}`).join(', ');
    return `${match.ruleId} phase ${match.phase}${severity}${message}${variables === '' ? '' : `: ${variables}`}`;
  });
  if (report.matchesDropped > 0) lines.push(`${report.matchesDropped} more matches`);
  if (report.inboundScore !== 0) lines.push(`inbound ${report.inboundScore}`);
  if (report.outboundScore !== 0) lines.push(`outbound ${report.outboundScore}`);
  for (const each of report.truncatedBy) lines.push(`truncated: ${each}`);
  if (report.auditEngine !== '') lines.push(`audit ${report.auditEngine}`);
  if (interruption !== null) {
    const { action, status, location, ruleId } = interruption;
    const where = location === '' ? '' : ` ${location}`;
    lines.push(`${action} ${status}${where} by ${ruleId} in phase ${interruptedPhase}`);
  } else if (report.interruptedBy !== 0) {
    lines.push(`would be interrupted by ${report.interruptedBy}`);
  }
  return lines.length === 0 ? ['nothing'] : lines;
}
