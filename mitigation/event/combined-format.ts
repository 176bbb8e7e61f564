/**
 * The combined log format: one line of text per exchange, as web servers have written it since 1995.
 *
 *      192.0.2.7 - - [31/Dec/2025:23:59:59 +0000] "GET /cart HTTP/1.1" 200 5120 "-" "Mozilla/5.0"
 *
 * The request line has no query and the referrer is always `-`: events carry neither (see contracts/event.ts). Times
 * are UTC.
 *
 * Security: quotes, backslashes and everything outside printable ASCII are written as `\xHH`, so that a client can
 * neither end a field nor forge a line nor send a sequence to a terminal.
 *
 * Source: Apache HTTP Server, mod_log_config, "Combined Log Format"; the escaping is nginx's (`escape=default`).
 */
import type { ExchangeEvent } from '@secbeat/contracts/event.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) return '-';
  const date = `${twoDigits(time.getUTCDate())}/${months[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
  return `${date}:${[time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(twoDigits).join(':')} +0000`;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Returns `text` for a quoted field; `-` when it is empty. Text is bytes as latin1; wider characters become UTF-8. */
function formatField(text: string): string {
  if (text === '') return '-';
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, (character) => {
    const unit = character.codePointAt(0)!;
    return unit <= 0xff ? escapeByte(unit) : Array.from(Buffer.from(character, 'utf8'), escapeByte).join('');
  });
}

/** Returns `text` for a field without quotes: like a quoted one, and without spaces. */
function formatWord(text: string): string {
  return formatField(text).replaceAll(' ', '\\x20');
}

/** Returns the line of one event, with its newline. */
export function formatCombined(event: ExchangeEvent): string {
  const request = event.method === '' ? '-' : formatField(`${event.method} ${event.path} ${event.protocol}`);
  const bytes = event.responseBytes > 0 ? String(event.responseBytes) : '-';
  return (
    `${formatWord(event.clientAddress)} - - [${formatTime(event.timeMs)}] "${request}" ` +
    `${event.status} ${bytes} "-" "${formatField(event.userAgent)}"\n`
  );
}
