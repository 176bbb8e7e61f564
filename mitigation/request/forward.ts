/**
 * The head that the origin gets: one parsed message, written anew.
 *
 *      request line   origin-form, HTTP/1.1
 *      Host           as the client named it
 *      end-to-end     the client's fields, in their order and spelling
 *      who            X-Forwarded-For, -Proto, -Host, Forwarded, X-Request-ID: ours, or a trusted proxy's continued
 *      framing        what the reader understood, said once
 *
 * Source: RFC 9110 section 7.6, RFC 7239 (Forwarded).
 */
import { type Fields, KnownField } from '@secbeat/http/h1/fields.ts';
import { Framing } from '@secbeat/http/h1/framing.ts';
import type { RequestHead } from '@secbeat/http/h1/request-head.ts';
import type { Exchange } from '../exchange.ts';
import { appendFields, fieldTable } from './end-to-end.ts';
import { isTrustedProxy } from './trust.ts';

/** Fields that are written anew below; only a trusted proxy's word about the client is continued. */
const skipped: Uint8Array = fieldTable([
  KnownField.host,
  KnownField.contentLength,
  KnownField.expect,
  KnownField.forwarded,
  KnownField.xForwardedFor,
  KnownField.xForwardedProto,
  KnownField.xForwardedHost,
  KnownField.xForwardedPort,
  KnownField.xRealIp,
  KnownField.xRequestId,
]);

/** Returns the complete head, latin1. Hot: once per exchange. */
export function requestHeadText(exchange: Exchange): string {
  const head = exchange.head;
  const target = head.hasQuery ? `${head.path}?${head.query}` : head.path;
  let text = `${head.method} ${target} HTTP/1.1\r\nHost: ${hostOf(head)}\r\n`;
  const isTrusted = isTrustedProxy(exchange.policy, exchange.down.peer);
  text = appendFields(text, head.fields, skipped, isForwardingTwin);
  text += forwardingLines(exchange, head, isTrusted);
  if (head.framing === Framing.length) text += `Content-Length: ${head.contentLength}\r\n`;
  else if (head.framing === Framing.chunked) text += 'Transfer-Encoding: chunked\r\n';
  if (head.upgrade)
    text += `Connection: Upgrade\r\nUpgrade: ${head.fields.first(KnownField.upgrade) ?? ''}\r\n`;
  return `${text}\r\n`;
}

/** Our own fields as CGI spells them: other characters than letters and digits become one and the same. */
const forwardingNames: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
]);

/**
 * Tells whether an origin that speaks CGI, WSGI or PHP would take the field for one of ours: `X_Forwarded_For`.
 *
 * Security: both would become the variable HTTP_X_FORWARDED_FOR, and the client's could win. Source: RFC 3875 section 4.1.18. Hot: most names fail the
 * look at their first character or their length.
 */
function isForwardingTwin(fields: Fields, i: number): boolean {
  const start = fields.lineStart(i);
  const length = fields.nameEnd(i) - start;
  if (length < 9 || length > 17 || (fields.text.charCodeAt(start) | 0x20) !== 0x78) return false;
  return forwardingNames.has(fields.lowerName(i).replace(/[^a-z0-9]/g, '-'));
}

function forwardingLines(exchange: Exchange, head: RequestHead, isTrusted: boolean): string {
  const { down } = exchange;
  const peer = down.peer;
  const fields = head.fields;
  const proto =
    (isTrusted ? fields.first(KnownField.xForwardedProto) : undefined) ?? (down.isTls ? 'https' : 'http');
  const host = (isTrusted ? fields.first(KnownField.xForwardedHost) : undefined) ?? hostOf(head);
  const port = (isTrusted ? fields.first(KnownField.xForwardedPort) : undefined) ?? down.localPort;
  const chain = isTrusted ? joined(fields, KnownField.xForwardedFor) : '';
  const forwarded = isTrusted ? joined(fields, KnownField.forwarded) : '';
  const node = peer.version === 6 ? `"[${peer.text}]"` : peer.text;
  const element = `for=${node};host=${quoted(hostOf(head))};proto=${down.isTls ? 'https' : 'http'}`;
  return (
    `X-Forwarded-For: ${chain === '' ? peer.text : `${chain}, ${peer.text}`}\r\n` +
    `X-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\n` +
    `X-Forwarded-Port: ${port}\r\nX-Real-IP: ${exchange.client.text}\r\n` +
    `Forwarded: ${forwarded === '' ? element : `${forwarded}, ${element}`}\r\n` +
    `X-Request-ID: ${exchange.requestId}\r\n`
  );
}

/** Host as the client spelled it; that of the target when HTTP/1.0 sends none. */
function hostOf(head: RequestHead): string {
  return head.fields.first(KnownField.host) ?? head.authority;
}

/** All values of one field, in order, as one list. */
function joined(fields: Fields, id: number): string {
  if (fields.occurrences(id) <= 1) return fields.first(id) ?? '';
  const values: string[] = [];
  for (let i = 0; i < fields.count; i += 1) if (fields.id(i) === id) values.push(fields.value(i));
  return values.join(', ');
}

/** A host with a port or brackets is no token and must be quoted. Source: RFC 7239 section 4. */
function quoted(host: string): string {
  return host.includes(':') ? `"${host}"` : host;
}
