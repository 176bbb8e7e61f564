/**
 * URLs that run script when somebody follows or embeds them.
 *
 * Browsers decode character references in attributes and drop control characters inside a scheme, so both are undone first.
 *
 * Source: HTML, section 7.4.2.3.2 (javascript: URLs); WHATWG URL, section 4.4 (removal of tab and newline); RFC 2397 (data:).
 */

import { htmlEntityDecode } from '../../transformations/html-entity-decode.ts';

const SCRIPT_SCHEME = /^(?:javascript|vbscript|livescript|mocha):/i;
const SCRIPT_DATA =
  /^data:\s*(?:text\/(?:html|xml|javascript)|application\/(?:xhtml|xml|javascript|ecmascript)|image\/svg)/i;

/** What tells a script from a title such as "JavaScript: The Good Parts (2008)". */
const SCRIPT_LIKE =
  /[\w$\])]\(|`|[\w\]]\s*=|\b(?:alert|atob|confirm|constructor|document|eval|fetch|function|import|location|open|prompt|self|setTimeout|top|window)\b\s*[([.=;]/i;

/** Returns the URL as a browser reads it: references decoded, control characters and leading blanks gone. */
function normalise(url: string): string {
  return htmlEntityDecode
    .apply(url)
    .replace(/[\0-\x1f\x7f]/g, '')
    .trimStart();
}

/** Tells whether a browser that is given `url` runs script. For values of attributes that take URLs. */
export function isScriptUrl(url: string): boolean {
  const plain = normalise(url);
  return SCRIPT_SCHEME.test(plain) || SCRIPT_DATA.test(plain);
}

/** Tells the same of a value of unknown use: prose that begins like a script URL does not count. */
export function isScriptUrlValue(value: string): boolean {
  const plain = normalise(value);
  if (SCRIPT_DATA.test(plain)) return /^[^,;]*[,;]/.test(plain);
  return SCRIPT_SCHEME.test(plain) && SCRIPT_LIKE.test(plain.slice(plain.indexOf(':') + 1));
}
