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

/** Fields that are written anew below. */
const rewritten: readonly number[] = [
  KnownField.host,
  KnownField.contentLength,
  KnownField.expect,
  KnownField.forwarded,
  KnownField.xForwardedFor,
  KnownField.xForwardedProto,
  KnownField.xForwardedHost,
  KnownField.xRealIp,
  KnownField.xRequestId,
];

const skipped: Uint8Array = fieldTable(rewritten);
/** And those that only a trusted proxy may set. */
const skippedOfUntrusted: Uint8Array = fieldTable([...rewritten, KnownField.xForwardedPort]);

/** Names that a client may not spell in another way either. */
const ownNames: readonly string[] = [
  'x-real-ip',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
];
const ownNameBytesMin = 9;
const ownNameBytesMax = 17;

/** Returns the complete head, latin1. Hot: once per exchange. */
export function requestHeadText(exchange: Exchange): string {
  const head = exchange.head;
  const target = head.hasQuery ? `${head.path}?${head.query}` : head.path;
  let text = `${head.method} ${target} HTTP/1.1\r\nHost: ${hostOf(head)}\r\n`;
  dropTwins(head.fields);
  const isTrusted = isTrustedProxy(exchange.policy, exchange.down.peer);
  text = appendFields(text, head.fields, isTrusted ? skipped : skippedOfUntrusted);
  text += forwardingLines(exchange, head, isTrusted);
  if (head.framing === Framing.length) text += `Content-Length: ${head.contentLength}\r\n`;
  else if (head.framing === Framing.chunked) text += 'Transfer-Encoding: chunked\r\n';
  if (head.upgrade)
    text += `Connection: Upgrade\r\nUpgrade: ${head.fields.first(KnownField.upgrade) ?? ''}\r\n`;
  return `${text}\r\n`;
}

/**
 * Ends here the fields that an origin could take for ours: CGI and its heirs (PHP, WSGI, Rack) read `X_Forwarded_For`
 * and `X-Forwarded-For` as one name, HTTP_X_FORWARDED_FOR. Source: RFC 3875 section 4.1.18.
 */
function dropTwins(fields: Fields): void {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.id(i) !== KnownField.other) continue;
    const from = fields.lineStart(i);
    const to = fields.nameEnd(i);
    if (to - from < ownNameBytesMin || to - from > ownNameBytesMax) continue;
    const name = fields.name(i);
    if (/[_.]/.test(name) && ownNames.includes(name.toLowerCase().replaceAll(/[_.]/g, '-'))) {
      fields.nominate(from, to);
    }
  }
}

function forwardingLines(exchange: Exchange, head: RequestHead, isTrusted: boolean): string {
  const { down } = exchange;
  const peer = down.peer;
  const fields = head.fields;
  const proto =
    (isTrusted ? fields.first(KnownField.xForwardedProto) : undefined) ?? (down.isTls ? 'https' : 'http');
  const host = (isTrusted ? fields.first(KnownField.xForwardedHost) : undefined) ?? hostOf(head);
  const chain = isTrusted ? joined(fields, KnownField.xForwardedFor) : '';
  const forwarded = isTrusted ? joined(fields, KnownField.forwarded) : '';
  const node = peer.version === 6 ? `"[${peer.text}]"` : peer.text;
  const element = `for=${node};host=${quoted(hostOf(head))};proto=${down.isTls ? 'https' : 'http'}`;
  return (
    `X-Forwarded-For: ${chain === '' ? peer.text : `${chain}, ${peer.text}`}\r\n` +
    `X-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\n` +
    `X-Real-IP: ${exchange.client.text}\r\n` +
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
