/**
 * Explains one incident on a terminal, for somebody who was woken up by it: what happened and why in one sentence,
 * then the evidence, then who and what it was about, then what can be done.
 *
 * Security: every line is stripped of control characters at the end, so nothing that a client sent reaches the
 * terminal as a command.
 */
import type { ExchangeEvent, ExchangeReason, RuleMatch, WafFinding } from '@secbeat/contracts/event.ts';
import type { Verdict } from '@secbeat/contracts/verdict.ts';
import { advise, rulesToExclude } from './explain-advice.ts';
import { escapeControls } from './mask.ts';

const verdictWords: Readonly<Record<Verdict, string>> = {
  pass: 'SERVED',
  log: 'SERVED, MARKED',
  tarpit: 'SLOWED DOWN',
  challenge: 'CHALLENGED',
  throttle: 'THROTTLED',
  deny: 'REFUSED',
  drop: 'DROPPED',
};

const reasonSentences: Readonly<Record<Exclude<ExchangeReason, 'none' | 'waf'>, string>> = {
  'waf-fault': 'the WAF failed while it inspected the request; what cannot be inspected is refused',
  denylist: 'the address of the client is on the denylist',
  'rate-limit': 'the client sent more requests than its limit allows',
  'connection-limit': 'the client had more connections open than its limit allows',
  'malformed-request': 'the request is not valid HTTP/1.1',
  'head-too-large': 'the request line or its header fields are larger than the limits allow',
  'body-too-large': 'the body of the request is larger than this route accepts',
  'no-route': 'no configured host and path covers this request',
  redirect: 'plain HTTP is redirected to HTTPS',
  'no-upstream': 'no connection to the origin could be had',
  'upstream-fault': 'the origin broke off or sent an invalid response',
  'upstream-timeout': 'the origin did not answer in time',
  'client-timeout': 'the client did not send or read in time',
  'client-gone': 'the client went away before the answer was complete',
  shutdown: 'the node was stopping',
  'internal-fault': 'the node itself failed',
};

/** The match that says most: a rule that looked at the request, before the one that compared the scores. */
function leadingMatch(waf: WafFinding, ids: readonly number[]): RuleMatch | undefined {
  return waf.matches.find((match) => ids.includes(match.ruleId)) ?? waf.matches[0];
}

function explainWaf(event: ExchangeEvent, waf: WafFinding): string {
  const ids = rulesToExclude(event);
  const match = leadingMatch(waf, ids);
  if (match === undefined) return `rule ${waf.interruptedBy} of the WAF interrupted it`;
  const others = waf.matches.length - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? 'rule' : 'rules'})` : '';
  const found = `the WAF found "${match.message}" (rule ${match.ruleId})${more}`;
  if (event.verdict === 'deny' || event.verdict === 'drop') return found;
  if (waf.mode === 'detection-only' && waf.interruptedBy !== 0) {
    return `${found}; it would have been refused, but the WAF is detection-only on this route`;
  }
  return `${found}, which was not enough to refuse it`;
}

function why(event: ExchangeEvent): string {
  const { reason, waf } = event;
  if (reason === 'waf' || reason === 'none') {
    if (waf !== null && waf.matches.length + waf.interruptedBy > 0) return explainWaf(event, waf);
    return reason === 'waf' ? 'the WAF refused it' : 'nothing was found against it';
  }
  return reasonSentences[reason];
}

function scoreLine(name: string, score: number, threshold: number): string {
  const relation = score >= threshold ? 'reached' : 'below';
  return `  ${name} score ${score}, threshold ${threshold}: ${relation}`;
}

function evidenceOf(match: RuleMatch): string[] {
  const severity = match.severity === '' ? '' : `, ${match.severity.toLowerCase()}`;
  return [
    `  rule ${match.ruleId}  ${match.message}`,
    `    at ${match.place}, phase ${match.phase}${severity}`,
    ...match.variables.map((variable) => `    ${variable.name} = ${variable.value}`),
  ];
}

function evidenceLines(event: ExchangeEvent): string[] {
  const { waf } = event;
  const detail = event.detail === '' ? [] : [`  ${event.detail}`];
  if (waf === null) return detail;
  const lines = [...detail, ...waf.matches.flatMap(evidenceOf)];
  lines.push(scoreLine('inbound', waf.inboundScore, waf.inboundThreshold));
  if (waf.outboundScore > 0) lines.push(scoreLine('outbound', waf.outboundScore, waf.outboundThreshold));
  const scope = { full: 'all of it', partial: 'only the first part of the body', off: 'nothing' }[
    waf.inspection
  ];
  lines.push(`  inspected: ${scope}; WAF mode: ${waf.mode}`);
  return lines;
}

function orUnknown(text: string): string {
  return text === '' ? '(not known)' : text;
}

function formatMs(ms: number): string {
  return `${ms < 10 ? Number(ms.toFixed(3)) : Number(ms.toFixed(1))} ms`;
}

function requestLines(event: ExchangeEvent): string[] {
  const isProxied = event.peerAddress !== event.clientAddress;
  const through = isProxied
    ? `, through proxy ${event.peerAddress}:${event.peerPort}`
    : `, port ${event.peerPort}`;
  const transport = event.tls === '' ? 'plain' : event.tls;
  const target =
    event.method === '' ? '(no request line was read)' : `${event.method} ${event.path} (${event.protocol})`;
  const answered = event.upstreamStatus > 0 ? `, which answered ${event.upstreamStatus}` : '';
  const waited = event.upstreamMs >= 0 ? ` after ${formatMs(event.upstreamMs)}` : '';
  const peer =
    event.upstreamPeer === '' ? ' (not contacted)' : ` at ${event.upstreamPeer}${answered}${waited}`;
  return [
    `  client      ${event.clientAddress}${through}`,
    `  request     ${target}`,
    `  host        ${orUnknown(event.host)}`,
    `  user agent  ${event.userAgent === '' ? '(none)' : event.userAgent}`,
    `  listener    ${event.listener}, ${transport}`,
    `  route       ${orUnknown(event.route)}`,
    `  upstream    ${event.upstream === '' ? '(none)' : `${event.upstream}${peer}`}`,
    `  request id  ${event.requestId}`,
    `  bytes       ${event.requestBytes} in, ${event.responseBytes} out, in ${formatMs(event.durationMs)}`,
  ];
}

function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
}

/** Returns the explanation of `event` as plain text, lines ending in newlines. */
export function renderExplanation(event: ExchangeEvent): string {
  const answer = event.status === 0 ? 'no answer was sent' : `answered ${event.status}`;
  const evidence = evidenceLines(event);
  const lines = [
    `Incident ${event.id}  ${formatTime(event.timeMs)}`,
    '',
    `${verdictWords[event.verdict]} (${answer}): ${why(event)}.`,
    '',
    ...(evidence.length === 0 ? [] : ['Evidence', ...evidence, '']),
    'Exchange',
    ...requestLines(event),
    '',
    'What next',
    ...advise(event).map((line) => (line === '' ? '' : `  ${line}`)),
  ];
  return `${lines.map(escapeControls).join('\n')}\n`;
}
