/**
 * The only targets that the attack generator takes: loopback addresses. It is a tool to see one's own node at work, and
 * must be of no use against anybody else.
 */
import { Fault } from '@secbeat/base/fault.ts';

/** Returns `text` as a URL when it names a loopback address literally. Throws a `Fault` otherwise. */
export function requireLoopback(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw refuse(text, 'is no URL', cause);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse(text, 'is neither http nor https');
  // Names are not resolved: what a name means can change between the check and the connection.
  const isLoopback = /^127(\.\d{1,3}){3}$/.test(url.hostname) || url.hostname === '[::1]';
  if (!isLoopback && url.hostname !== 'localhost')
    throw refuse(text, `names ${url.hostname}, which is not loopback`);
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  return url;
}

function refuse(text: string, what: string, cause?: unknown): Fault {
  const message = `target "${text}" ${what}; give a loopback URL such as http://127.0.0.1:8080/`;
  return new Fault('attack-target', message, { source: 'operator', cause });
}
