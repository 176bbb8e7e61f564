/** Beginnings of SQL statements: enough of each to tell it from prose. */

import type { SqlTokens } from './token.ts';
import { schemaObjects } from './words.ts';

/** Tells whether what follows SELECT at `index` is a list of expressions and not the next word of a sentence. */
export function isSelectList(tokens: SqlTokens, index: number): boolean {
  let at = index;
  while (tokens.at(at).kind === 'executable') at++;
  if (/^(?:distinct|all|top|sql_calc_found_rows)$/.test(tokens.at(at).text)) at++;
  const first = tokens.at(at);
  const next = tokens.at(at + 1);
  switch (first.kind) {
    case 'number':
    case 'string':
    case 'variable':
    case 'open':
    case 'arithmetic':
    case 'executable':
      return true;
    case 'word':
      if (first.text === 'null' || next.kind === 'open' || next.kind === 'comma') return true;
      return next.text === 'from' && /^(?:word|open|string)$/.test(tokens.at(at + 2).kind);
    default:
      return false;
  }
}

/** Tells whether UNION (or EXCEPT...) at `index` joins another query. */
export function isUnion(tokens: SqlTokens, index: number): boolean {
  let at = index + 1;
  while (/^(?:all|distinct)$/.test(tokens.at(at).text) || /^(?:open|executable)$/.test(tokens.at(at).kind))
    at++;
  const { text } = tokens.at(at);
  if (text === 'select') return isSelectList(tokens, at + 1);
  return text === 'values' && tokens.at(at + 1).kind === 'open';
}

/** Tells whether a statement begins at `index`. */
export function isStatement(tokens: SqlTokens, index: number): boolean {
  const second = tokens.at(index + 1);
  const third = tokens.at(index + 2);
  const isOver = (at: number): boolean => /^(?:end|comment|semicolon)$/.test(tokens.at(at).kind);
  switch (tokens.at(index).text) {
    case 'select':
      return isSelectList(tokens, index + 1);
    case 'insert':
    case 'replace':
    case 'merge':
      return second.text === 'into';
    case 'update':
      return third.text === 'set';
    case 'delete':
      return second.text === 'from' && third.kind === 'word';
    case 'create':
    case 'drop':
    case 'alter':
    case 'truncate':
    case 'rename':
      return schemaObjects.has(second.text);
    case 'exec':
    case 'execute':
      return (
        /^(?:variable|string|open)$/.test(second.kind) || /^(?:[xs]p_|master|immediate)/.test(second.text)
      );
    case 'declare':
      return second.kind === 'variable';
    case 'set':
      return second.kind === 'variable' && third.kind === 'comparison';
    case 'waitfor':
      return second.text === 'delay' || second.text === 'time';
    case 'shutdown':
      return isOver(index + 1) || second.text === 'with';
    case 'call':
      return second.kind === 'word' && third.kind === 'open' && second.end === third.start;
    case 'grant':
    case 'revoke':
      return third.text === 'on' || third.text === 'to' || third.kind === 'comma';
    case 'load':
      return second.text === 'data' || second.text === 'xml';
    case 'copy':
      return third.text === 'from' || third.text === 'to';
    case 'attach':
    case 'backup':
      return second.text === 'database';
    case 'if':
      return second.kind === 'open' && /^(?:number|string)$/.test(third.kind);
    default:
      return false;
  }
}
