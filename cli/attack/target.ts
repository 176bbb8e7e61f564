/**
 * The only targets that the attack generator takes: loopback addresses, written out. It is a tool to see one's own node at
 * work, and must be of no use against anybody else.
 *
 * Security: the text itself is judged, not what a URL parser makes of it, so that no spelling means one thing here and another
 * where the connection is made. Names are not resolved; `localhost` is replaced by 127.0.0.1.
 */
import { Fault } from '@secbeat/base/fault.ts';

const byte = '(?:0|[1-9][0-9]{0,2})';
const loopback = new RegExp(
  `^https?://(?:127\\.${byte}\\.${byte}\\.${byte}|localhost|\\[::1\\])(?::[0-9]{1,5})?(?:[/?][^#\\\\]*)?$`,
  'i',
);

/** Returns `text` as a URL when it names a loopback address literally. Throws a `Fault` otherwise. */
export function requireLoopback(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw refuse(text, 'is no URL', cause);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse(text, 'is neither http nor https');
  if (url.username !== '' || url.password !== '') throw refuse(text, 'has a user name in it');
  const isLoopback =
    /^127(\.\d{1,3}){3}$/.test(url.hostname) || url.hostname === '[::1]' || url.hostname === 'localhost';
  if (!isLoopback) throw refuse(text, `names ${url.hostname}, which is not loopback`);
  if (!loopback.test(text)) throw refuse(text, 'is not plainly a loopback address');
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  return url;
}

function refuse(text: string, what: string, cause?: unknown): Fault {
  const message = `target "${text}" ${what}; give a loopback URL such as http://127.0.0.1:8080/`;
  return new Fault('attack-target', message, { source: 'operator', cause });
}
