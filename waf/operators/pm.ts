/**
 * `@pm`, `@pmFromFile` and its short name `@pmf`: does one of many phrases stand in the value?
 *
 * ASCII case-insensitive, anywhere, no word boundaries; one pass whatever the number of phrases. Phrases of `@pm` are separated
 * by blanks and may have bytes as `|41 42|`. A file has one phrase per line: blanks inside and around it belong to it, a line
 * whose first non-blank is `#` is a comment.
 */

import { type AhoCorasick, compileAhoCorasick } from '@secbeat/base/aho-corasick.ts';
import { isSpace } from '../transformations/byte-class.ts';
import { captureWhole } from './captures.ts';
import type { CompiledOperator, OperatorContext, OperatorDefinition } from './operator.ts';

/** Bytes of all phrases of one rule together; the CRS's largest list has 40 KB. */
const PHRASE_BYTES_MAX = 1024 * 1024;

/** Splits at blanks and decodes `|hh hh|`. A bar that starts no such group is a bar. */
function splitPhrases(text: string): readonly string[] {
  const phrases: string[] = [];
  let phrase = '';
  for (let i = 0; i < text.length; ) {
    const hex = text.charAt(i) === '|' ? hexGroup(text, i) : undefined;
    if (hex !== undefined) {
      phrase += Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1');
      i += hex.length + 2;
    } else if (isSpace(text.charCodeAt(i))) {
      if (phrase !== '') phrases.push(phrase);
      phrase = '';
      i++;
    } else {
      phrase += text.charAt(i++);
    }
  }
  if (phrase !== '') phrases.push(phrase);
  return phrases;
}

function hexGroup(text: string, open: number): string | undefined {
  const close = text.indexOf('|', open + 1);
  if (close === -1) return undefined;
  const inner = text.slice(open + 1, close);
  return /^[0-9a-fA-F]{2}(?: ?[0-9a-fA-F]{2})*$/.test(inner) ? inner : undefined;
}

function linePhrases(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}

/** Matches when a phrase is found and captures it as it stands in the value. */
function phraseOperator(name: string, phrases: readonly string[]): CompiledOperator | string {
  if (phrases.length === 0) return 'the list of phrases is empty; expected at least one';
  const bytes = phrases.reduce((sum, phrase) => sum + phrase.length, 0);
  if (bytes > PHRASE_BYTES_MAX)
    return `the phrases have ${bytes} bytes together; expected at most ${PHRASE_BYTES_MAX}`;
  if (phrases.some((phrase) => /[^\0-\xff]/.test(phrase)))
    return 'the phrases are no byte strings; read the file as latin1';
  const automaton: AhoCorasick = compileAhoCorasick(phrases, { ignoreCase: true });
  return {
    name,
    test(value, match) {
      if (match === null) return automaton.has(value);
      const found = automaton.first(value);
      if (found === undefined) return false;
      const length = phrases[found.pattern]?.length ?? 0;
      captureWhole(match, value.slice(found.end - length, found.end));
      return true;
    },
  };
}

/** Reads the file, or the blank-separated files, that the argument names. Returns an error text when one is missing. */
function readPhrases(argument: string, context: OperatorContext): readonly string[] | string {
  const whole = context.readDataFile(argument);
  if (whole !== undefined) return linePhrases(whole);
  const phrases: string[] = [];
  for (const path of argument.split(/\s+/).filter((word) => word !== '')) {
    const text = context.readDataFile(path);
    if (text === undefined) return `data file "${path}" was not found; expected a file beside the rules`;
    phrases.push(...linePhrases(text));
  }
  return phrases;
}

function fromFile(name: string): OperatorDefinition {
  return {
    name,
    argument: 'required',
    compile(argument, context) {
      const phrases = readPhrases(argument, context);
      return typeof phrases === 'string' ? phrases : phraseOperator(name, phrases);
    },
  };
}

/** Matches one of the phrases in the argument. */
export const pm: OperatorDefinition = {
  name: 'pm',
  argument: 'required',
  compile: (text) => phraseOperator('pm', splitPhrases(text)),
};

/** Matches one of the phrases in a file. */
export const pmFromFile: OperatorDefinition = fromFile('pmFromFile');
/** The short name of `@pmFromFile`. */
export const pmf: OperatorDefinition = fromFile('pmf');
