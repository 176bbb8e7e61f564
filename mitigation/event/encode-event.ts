/**
 * An exchange event as one line of JSON.
 *
 * Hot: runs once per exchange in the worker. The fields are known, so the line is their names as literals with the
 * values between; a string is copied as it is unless it holds something that JSON, a terminal or a line-based reader
 * could misread. Everything outside printable ASCII is written as `\uXXXX`: the line is pure ASCII, so that its length
 * is its size in bytes and no later consumer can meet a control sequence, whatever a client sent.
 *
 * About as fast as JSON.stringify, which cannot write ASCII only (event-writer.bench.ts). Half of the cost of either is
 * making one flat string of the pieces; writing bytes into a buffer instead gained no more than a tenth.
 */
import type { ExchangeEvent, RuleMatch, WafFinding } from '@secbeat/contracts/event.ts';

const unsafe = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

function encodeUnsafe(text: string): string {
  let encoded = '"';
  let copied = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const plain = unit >= 0x20 && unit < 0x7f && unit !== 0x22 && unit !== 0x5c;
    if (plain) continue;
    encoded += text.slice(copied, index);
    if (unit === 0x22) encoded += '\\"';
    else if (unit === 0x5c) encoded += '\\\\';
    else encoded += escapeUnit(unit);
    copied = index + 1;
  }
  return `${encoded}${text.slice(copied)}"`;
}

/** Returns `text` as a JSON string in pure ASCII; `JSON.parse` gives the same string back, lone surrogates included. */
export function encodeString(text: string): string {
  return unsafe.test(text) ? encodeUnsafe(text) : `"${text}"`;
}

/** Returns a duration as a JSON number with microsecond resolution; `null`, as JSON.stringify does, when not finite. */
function encodeMs(ms: number): string {
  return Number.isFinite(ms) ? String(Math.round(ms * 1000) / 1000) : 'null';
}

function encodeCount(count: number): string {
  return Number.isFinite(count) ? String(count) : 'null';
}

function encodeMatch(match: RuleMatch): string {
  const variables = match.variables.map(
    (variable) => `{"name":${encodeString(variable.name)},"value":${encodeString(variable.value)}}`,
  );
  return `{"ruleId":${encodeCount(match.ruleId)},"message":${encodeString(match.message)},"severity":${encodeString(
    match.severity,
  )},"tags":[${match.tags.map(encodeString).join(',')}],"phase":${encodeCount(match.phase)},"place":${encodeString(
    match.place,
  )},"variables":[${variables.join(',')}]}`;
}

function encodeWaf(waf: WafFinding | null): string {
  if (waf === null) return 'null';
  const matches = waf.matches.length === 0 ? '' : waf.matches.map(encodeMatch).join(',');
  return `{"inspection":"${waf.inspection}","mode":"${waf.mode}","inboundScore":${encodeCount(
    waf.inboundScore,
  )},"outboundScore":${encodeCount(waf.outboundScore)},"inboundThreshold":${encodeCount(
    waf.inboundThreshold,
  )},"outboundThreshold":${encodeCount(waf.outboundThreshold)},"interruptedBy":${encodeCount(
    waf.interruptedBy,
  )},"matches":[${matches}]}`;
}

/**
 * Returns `event` as one line of JSON in pure ASCII with its newline.
 *
 * The order of the fields is part of the format: `isIncident` in `incident-filter.ts` looks for them in the text.
 */
export function encodeEvent(event: ExchangeEvent): string {
  return (
    `{"kind":"exchange","id":${encodeString(event.id)},"timeMs":${encodeMs(event.timeMs)}` +
    `,"peerAddress":${encodeString(event.peerAddress)},"peerPort":${encodeCount(event.peerPort)}` +
    `,"clientAddress":${encodeString(event.clientAddress)},"listener":${encodeString(event.listener)}` +
    `,"tls":${encodeString(event.tls)},"protocol":${encodeString(event.protocol)}` +
    `,"method":${encodeString(event.method)},"host":${encodeString(event.host)},"path":${encodeString(event.path)}` +
    `,"requestId":${encodeString(event.requestId)},"userAgent":${encodeString(event.userAgent)}` +
    `,"verdict":"${event.verdict}","reason":"${event.reason}","detail":${encodeString(event.detail)}` +
    `,"status":${encodeCount(event.status)},"route":${encodeString(event.route)}` +
    `,"upstream":${encodeString(event.upstream)},"upstreamPeer":${encodeString(event.upstreamPeer)}` +
    `,"upstreamStatus":${encodeCount(event.upstreamStatus)},"requestBytes":${encodeCount(event.requestBytes)}` +
    `,"responseBytes":${encodeCount(event.responseBytes)},"durationMs":${encodeMs(event.durationMs)}` +
    `,"upstreamMs":${encodeMs(event.upstreamMs)},"waf":${encodeWaf(event.waf)}}\n`
  );
}
