/**
 * Would a value bring script into a page that it is put into?
 *
 * It is read in five places: as text of the page, as the rest of an attribute's value that its own `"`, `'` or back-quote
 * closes, and as an attribute's value without quotes. Besides, it may be a whole URL (`javascript:`) or break out of a string
 * of a script. In each place it is read with a browser's grammar; what a browser would not run is not reported, so
 * `if (a < b && c > d)`, `List<Object>` and `<3` pass.
 *
 * First cut: markup, handlers, URLs and the simplest breaks out of script strings. Not yet: script grammar, template languages.
 */

import { htmlEntityDecode } from '../../transformations/html-entity-decode.ts';
import { removeWhitespace } from '../../transformations/whitespace.ts';
import { eventNames } from './events.ts';
import { type Attribute, attributesStart, readAttributes, tagNameAt } from './markup.ts';
import { isScriptUrl, isScriptUrlValue } from './script-url.ts';

/** Attributes whose value a browser fetches, follows or turns into another attribute. */
const urlAttributes: ReadonlySet<string> = new Set([
  'action',
  'background',
  'by',
  'code',
  'codebase',
  'data',
  'dynsrc',
  'folder',
  'formaction',
  'from',
  'href',
  'lowsrc',
  'manifest',
  'poster',
  'src',
  'to',
  'values',
  'xlink:href',
]);

/** Elements that load or change something by themselves when they have one of these attributes. */
const loadingAttributes: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['applet', new Set(['code', 'archive', 'object'])],
  ['base', new Set(['href'])],
  ['embed', new Set(['src', 'code'])],
  ['frame', new Set(['src'])],
  ['iframe', new Set(['src', 'srcdoc'])],
  ['link', new Set(['href'])],
  ['meta', new Set(['http-equiv'])],
  ['object', new Set(['data', 'classid', 'type'])],
  ['portal', new Set(['src'])],
]);

/** Style sheets that run script, in the browsers that ever allowed it. Asked of text without blanks. */
const SCRIPT_STYLE = /expression\(|-moz-binding|behaviou?r:|url\(["']?javascript:|@import/i;

/** A call that attacks on script strings begin with, behind what ends the string. Asked of text without blanks. */
const SCRIPT_STRING =
  /^[)\]}]*[;,+\-*/%^&|?:<>=]+(?:window|self|top|this|document)?[.[]?["']?(?:alert|confirm|prompt|eval|fetch|import|setTimeout|setInterval|Function|document\.(?:write|cookie|location)|location)["']?\]?[(`=.]/;

function isScriptStyle(text: string): boolean {
  return SCRIPT_STYLE.test(removeWhitespace.apply(text));
}

function isHandlerName(name: string): boolean {
  return /^on[a-z]{3,}$/.test(name);
}

/** Evidence in one attribute of a tag that the value itself has opened, or into which it has broken. */
function attributeEvidence(tag: string, { name, value }: Attribute): string | undefined {
  if (value === undefined) return undefined;
  if (isHandlerName(name)) return 'event-handler';
  if (urlAttributes.has(name) && isScriptUrl(value)) return 'script-url';
  if (name === 'style' && isScriptStyle(htmlEntityDecode.apply(value))) return 'script-style';
  if (name === 'srcdoc') return 'loading-element';
  if (name === 'attributename' && isHandlerName(value.toLowerCase())) return 'event-handler';
  return loadingAttributes.get(tag)?.has(name) === true ? 'loading-element' : undefined;
}

/** Evidence in the value as text of a page. */
function textEvidence(value: string): string | undefined {
  /** Behind the last tag whose attributes were read: what lies before it is inside that tag. */
  let attributesFrom = 0;
  let hasStyle = false;
  for (let at = value.indexOf('<'); at !== -1; at = value.indexOf('<', at + 1)) {
    const name = tagNameAt(value, at);
    if (name === 'script' || name === '/script' || name === 'xss' || name === '?import')
      return 'script-element';
    if (name === '') {
      if (/^<(?:!--\[if|!entity|\?xml-stylesheet|\?import)/i.test(value.slice(at, at + 20)))
        return 'active-markup';
      continue;
    }
    if (name === 'style' && !hasStyle) {
      hasStyle = true;
      if (isScriptStyle(value.slice(at))) return 'script-style';
    }
    if (at < attributesFrom) continue;
    const scan = readAttributes(value, attributesStart(value, at), (attribute) =>
      attributeEvidence(name, attribute),
    );
    if (scan.evidence !== undefined) return scan.evidence;
    attributesFrom = scan.end;
  }
  return undefined;
}

/** Evidence behind the first `quote`, read as more attributes of the tag that the application has opened. */
function attributePlaceEvidence(value: string, quote: string): string | undefined {
  const at = value.indexOf(quote);
  if (at === -1) return undefined;
  const behind = value.slice(at + 1);
  if (SCRIPT_STRING.test(removeWhitespace.apply(behind))) return 'script-string';
  return readAttributes(behind, 0, (attribute) => knownHandlerEvidence(attribute)).evidence;
}

/** In a tag of unknown name only attributes that exist count, and only with something to run. */
function knownHandlerEvidence({ name, value }: Attribute): string | undefined {
  if (value === undefined) return undefined;
  if (name.startsWith('on') && eventNames.has(name.slice(2))) return 'event-handler';
  return urlAttributes.has(name) && isScriptUrl(value) ? 'script-url' : undefined;
}

/** Evidence in the value as an attribute's value without quotes: prose that names a handler needs a call to count. */
function unquotedPlaceEvidence(value: string): string | undefined {
  const blank = /[\s/]/.exec(value);
  if (blank === null) return undefined;
  return readAttributes(value, blank.index, (attribute) => {
    const evidence = knownHandlerEvidence(attribute);
    return evidence === 'event-handler' && !/[(`=]|&/.test(attribute.value ?? '') ? undefined : evidence;
  }).evidence;
}

/** Tells whether a Markdown link leads to script. Each piece between two links is looked at once. */
function hasScriptLink(value: string): boolean {
  for (let at = value.indexOf(']('); at !== -1; ) {
    const next = value.indexOf('](', at + 2);
    if (isScriptUrlValue(value.slice(at + 2, next === -1 ? value.length : next))) return true;
    at = next;
  }
  return false;
}

/** Returns the name of the evidence, for example `event-handler`, or undefined. Linear in the value. */
export function findCrossSiteScripting(value: string): string | undefined {
  const mayHaveScheme = value.includes(':') || value.includes('&');
  if (mayHaveScheme && (isScriptUrlValue(value) || hasScriptLink(value))) return 'script-url';
  return (
    textEvidence(value) ??
    attributePlaceEvidence(value, '"') ??
    attributePlaceEvidence(value, "'") ??
    attributePlaceEvidence(value, '`') ??
    (value.includes('=') ? unquotedPlaceEvidence(value) : undefined)
  );
}
