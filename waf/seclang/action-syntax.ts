/**
 * Reads an action list: `id:1,phase:2,msg:'a, b',setvar:'tx.a=+1',deny`.
 *
 * A value may stand in single quotes, inside which a backslash protects a quote. Blanks around names and values do not
 * count, because lists are continued over several lines.
 */
import type { Diagnostics, Place } from './diagnostic.ts';
import type { Word } from './source-text.ts';

/** One action as written. `value` is undefined when there is no colon. */
export interface ActionSyntax {
  /** As written; compared without case. */
  readonly name: string;
  readonly value: string | undefined;
  readonly place: Place;
  /** The place of `value[index]`. */
  readonly valuePlaceAt: (index: number) => Place;
}

const blank = /[\s]/;

/** Reads an action list; what is malformed is reported and left out. */
export function parseActions(word: Word, diagnostics: Diagnostics): ActionSyntax[] {
  const actions: ActionSyntax[] = [];
  const text = word.text;
  let at = 0;
  for (;;) {
    at = skip(text, at);
    if (at >= text.length) return actions;
    if (text[at] === ',') {
      diagnostics.error(word.placeAt(at), 'expected an action, met ","; remove one of the commas');
      at++;
      continue;
    }
    const start = at;
    while (at < text.length && text[at] !== ',' && text[at] !== ':') at++;
    const name = text.slice(start, at).trimEnd();
    if (text[at] !== ':') {
      actions.push({
        name,
        value: undefined,
        place: word.placeAt(start),
        valuePlaceAt: () => word.placeAt(start),
      });
      at++;
      continue;
    }
    const valueStart = skip(text, at + 1);
    if (text[valueStart] === "'") {
      const quoted = readQuoted(text, valueStart);
      if (quoted === undefined) {
        diagnostics.error(word.placeAt(valueStart), `expected a closing ' for the value of "${name}"`);
        return actions;
      }
      actions.push(action(word, name, quoted.value, start, valueStart + 1));
      at = skip(text, quoted.end);
      if (at < text.length && text[at] !== ',') {
        const rest = text.slice(at, at + 16);
        const message = `expected "," behind the quoted value of "${name}", met "${rest}"; put a backslash before a ' that belongs to the value`;
        diagnostics.error(word.placeAt(at), message);
        return actions;
      }
    } else {
      at = valueStart;
      while (at < text.length && text[at] !== ',') at++;
      actions.push(action(word, name, text.slice(valueStart, at).trimEnd(), start, valueStart));
    }
    at++;
  }
}

function action(word: Word, name: string, value: string, start: number, valueStart: number): ActionSyntax {
  return {
    name,
    value,
    place: word.placeAt(start),
    valuePlaceAt: (index) => word.placeAt(valueStart + index),
  };
}

function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === "'") return { value, end: at + 1 };
    if (char === '\\' && text[at + 1] === "'") {
      value += "'";
      at++;
    } else {
      value += char;
    }
  }
  return undefined;
}

function skip(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && blank.test(text[at]!)) at++;
  return at;
}
