/**
 * Reads the target list of a rule: `ARGS|!ARGS:password|&REQUEST_HEADERS:Host|TX:/^a/|XML:/*`.
 *
 * Targets are separated by `|` or `,`. A selector may stand in single quotes, which protect those two marks; between
 * slashes it is a regex. `XML:/*` is XPath and no regex.
 */
import type { Diagnostics, Place } from './diagnostic.ts';
import type { Word } from './source-text.ts';

/** One target as written. */
export interface TargetSyntax {
  /** `!`: takes the variable out of the list. */
  readonly isExclusion: boolean;
  /** `&`: the number of instances in place of their values. */
  readonly isCount: boolean;
  readonly variable: string;
  /** `none`: the whole collection. */
  readonly selector: 'none' | 'key' | 'regex';
  /** The key, or the source of the regex. */
  readonly key: string;
  readonly place: Place;
}

/** Reads a target list; what is malformed is reported and left out. */
export function parseTargets(word: Word, diagnostics: Diagnostics): TargetSyntax[] {
  return parseTargetText(word.text, (index) => word.placeAt(index), diagnostics);
}

/** Like `parseTargets` for a list inside another word (`ctl:ruleRemoveTargetById=1;ARGS:a`). */
export function parseTargetText(
  text: string,
  placeAt: (index: number) => Place,
  diagnostics: Diagnostics,
): TargetSyntax[] {
  const targets: TargetSyntax[] = [];
  let at = 0;
  while (at <= text.length) {
    while (text[at] === ' ' || text[at] === '\t') at++;
    const start = at;
    let isExclusion = false;
    let isCount = false;
    for (; text[at] === '!' || text[at] === '&'; at++) {
      if (text[at] === '!') isExclusion = true;
      else isCount = true;
    }
    const nameStart = at;
    while (at < text.length && !':|,'.includes(text[at]!)) at++;
    const variable = text.slice(nameStart, at).trim();
    if (variable === '') {
      diagnostics.error(placeAt(start), `expected a variable, met ${met(text, nameStart)}`);
      at = endOfTarget(text, at) + 1;
      continue;
    }
    const selector = text[at] === ':' ? readSelector(text, at + 1, variable) : noSelector(at);
    if (typeof selector === 'string') {
      diagnostics.error(placeAt(at + 1), selector);
      at = endOfTarget(text, at) + 1;
      continue;
    }
    const { kind, key, end } = selector;
    targets.push({ isExclusion, isCount, variable, selector: kind, key, place: placeAt(start) });
    if (end < text.length && text[end] !== '|' && text[end] !== ',') {
      diagnostics.error(
        placeAt(end),
        `expected "|" or the end of the list behind a selector, met ${met(text, end)}`,
      );
    }
    at = endOfTarget(text, end) + 1;
  }
  return targets;
}

interface Selector {
  readonly kind: TargetSyntax['selector'];
  readonly key: string;
  readonly end: number;
}

function noSelector(end: number): Selector {
  return { kind: 'none', key: '', end };
}

/** Reads what stands behind the colon, or says what is wrong with it. */
function readSelector(text: string, start: number, variable: string): Selector | string {
  if (text[start] === "'") {
    const end = text.indexOf("'", start + 1);
    if (end === -1) return `expected a closing ' for the selector of ${variable}`;
    const inner = text.slice(start + 1, end);
    if (inner.length >= 2 && inner.startsWith('/') && inner.endsWith('/') && !isXml(variable)) {
      return { kind: 'regex', key: inner.slice(1, -1).replaceAll('\\/', '/'), end: end + 1 };
    }
    return inner === '' ? emptySelector(variable) : { kind: 'key', key: inner, end: end + 1 };
  }
  if (text[start] === '/' && !isXml(variable)) return readRegex(text, start, variable);
  const end = endOfTarget(text, start);
  const key = text.slice(start, end).trimEnd();
  return key === '' ? emptySelector(variable) : { kind: 'key', key, end };
}

function readRegex(text: string, start: number, variable: string): Selector | string {
  let at = start + 1;
  while (at < text.length && text[at] !== '/') at += text[at] === '\\' ? 2 : 1;
  if (at >= text.length) return `expected a closing / for the regex selector of ${variable}`;
  if (at === start + 1) return emptySelector(variable);
  return { kind: 'regex', key: text.slice(start + 1, at).replaceAll('\\/', '/'), end: at + 1 };
}

function emptySelector(variable: string): string {
  return `expected a key behind "${variable}:", met nothing; leave the colon out to take all of ${variable}`;
}

function isXml(variable: string): boolean {
  return variable.toUpperCase() === 'XML';
}

function endOfTarget(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '|' && text[at] !== ',') at++;
  return at;
}

function met(text: string, at: number): string {
  return at >= text.length ? 'the end of the list' : `"${text.slice(at, at + 16)}"`;
}
