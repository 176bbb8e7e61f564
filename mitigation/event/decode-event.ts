/**
 * Reads an exchange event back from a line of text. The line may be torn, foreign or hostile: what is not exactly an
 * event is `undefined`, never an exception.
 */
import type { ExchangeEvent, ExchangeReason, RuleMatch, WafFinding } from '@secbeat/contracts/event.ts';
import { verdicts } from '@secbeat/contracts/verdict.ts';

/** Bytes of one line that are looked at; the longest event that a node writes is below (64 rules of 8 variables). */
const lineCharactersMax = 1_048_576;

const reasons: Readonly<Record<ExchangeReason, true>> = {
  none: true,
  waf: true,
  'waf-fault': true,
  denylist: true,
  'rate-limit': true,
  'connection-limit': true,
  'malformed-request': true,
  'head-too-large': true,
  'body-too-large': true,
  'no-route': true,
  redirect: true,
  'no-upstream': true,
  'upstream-fault': true,
  'upstream-timeout': true,
  'client-timeout': true,
  'client-gone': true,
  shutdown: true,
  'internal-fault': true,
};

const stringFields = [
  'id',
  'peerAddress',
  'clientAddress',
  'listener',
  'tls',
  'protocol',
  'method',
  'host',
  'path',
  'requestId',
  'userAgent',
  'detail',
  'route',
  'upstream',
  'upstreamPeer',
] as const satisfies readonly (keyof ExchangeEvent)[];

const numberFields = [
  'timeMs',
  'peerPort',
  'status',
  'upstreamStatus',
  'requestBytes',
  'responseBytes',
  'durationMs',
  'upstreamMs',
] as const satisfies readonly (keyof ExchangeEvent)[];

const wafNumberFields = [
  'inboundScore',
  'outboundScore',
  'inboundThreshold',
  'outboundThreshold',
  'interruptedBy',
] as const satisfies readonly (keyof WafFinding)[];

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOf(value: Fields, strings: readonly string[], numbers: readonly string[]): boolean {
  return (
    strings.every((field) => typeof value[field] === 'string') &&
    numbers.every((field) => Number.isFinite(value[field]))
  );
}

function isMatch(value: unknown): value is RuleMatch {
  if (!isFields(value) || !isRecordOf(value, ['message', 'severity', 'place'], ['ruleId', 'phase']))
    return false;
  const { tags, variables } = value;
  return (
    Array.isArray(tags) &&
    tags.every((tag) => typeof tag === 'string') &&
    Array.isArray(variables) &&
    variables.every((variable) => isFields(variable) && isRecordOf(variable, ['name', 'value'], []))
  );
}

function isWaf(value: unknown): value is WafFinding {
  if (!isFields(value) || !isRecordOf(value, [], wafNumberFields)) return false;
  const { inspection, mode, matches } = value;
  return (
    (inspection === 'full' || inspection === 'partial' || inspection === 'off') &&
    (mode === 'on' || mode === 'detection-only' || mode === 'off') &&
    Array.isArray(matches) &&
    matches.every(isMatch)
  );
}

function isEvent(value: unknown): value is ExchangeEvent {
  if (!isFields(value) || value['kind'] !== 'exchange') return false;
  const { verdict, reason, waf } = value;
  return (
    isRecordOf(value, stringFields, numberFields) &&
    verdicts.some((known) => known === verdict) &&
    typeof reason === 'string' &&
    Object.hasOwn(reasons, reason) &&
    (waf === null || isWaf(waf))
  );
}

/** Returns the event on `line`, or undefined when the line is torn, too long or no exchange event. */
export function decodeEvent(line: string): ExchangeEvent | undefined {
  if (line.length > lineCharactersMax) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A torn line is expected after a crash; the caller sees it as "no event here".
    return undefined;
  }
  return isEvent(value) ? value : undefined;
}
