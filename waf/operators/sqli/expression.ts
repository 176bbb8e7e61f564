/**
 * Follows a value through the grammar of SQL expressions and reports what in it would change a statement.
 *
 * The value is read as what an application would put into a statement: from its first byte (a number, a name) or as the rest of
 * a string that its own quote has closed. As long as it fits the grammar the reader goes on; at the first thing that fits
 * nowhere (two words side by side, a colon, a closing quote of prose) it stops, and what it saw so far is all there is. That is
 * what lets `O'Reilly & Sons`, `1 or 2` and `if (a < b && c > d)` pass without a list of exceptions.
 *
 *        expects an operand                      stands behind an operand
 *     ------------------------------        ----------------------------------------
 *     literal, name, variable  ----------->  operator, comma, joining word  -> back
 *     call or group: "("  -> again           ")" (also more than were opened)
 *     sign, NOT, CASE     -> again           UNION SELECT, "; DROP TABLE", comment: evidence
 *
 * Linear: each token is looked at once, with a bounded look-ahead.
 */

import { isSelectList, isStatement, isUnion } from './statement.ts';
import type { SqlToken, SqlTokens } from './token.ts';
import {
  argumentWords,
  codeFunctions,
  comparisonWords,
  joiningWords,
  literalWords,
  logicalWords,
  pieceFunctions,
  prefixWords,
  probeFunctions,
  reservedWords,
  serverFunctions,
  unionWords,
} from './words.ts';

/** What an operand is, as far as conditions are concerned. */
type Operand = 'none' | 'literal' | 'name';

/** Letters of a comment that make it a sentence and not the end of an attack. */
const COMMENT_WORD = /[a-z]{2}/i;

/** Owns one reading of one value in one context. */
export class ExpressionReader {
  readonly #tokens: SqlTokens;
  /** The quote that the value has closed, or '' when it is read from its start. */
  readonly #quote: string;
  /** True when a blank stands before that quote, as before a quoted word in prose. */
  readonly #opensLikeProse: boolean;
  #at = 0;
  #depth = 0;
  #operand: Operand;
  /** The operand before the comparison whose right side is awaited. */
  #compared: Operand = 'none';
  #isComparing = false;
  #hasLogical = false;
  #hasLiteralComparison = false;
  #hasOperator = false;
  /** True while all that was read is a number, in parentheses or not: what an application's number field gets. */
  #isNumberSoFar = true;
  #followsNumber = false;
  #outerCall = '';

  constructor(tokens: SqlTokens, quote: string, opensLikeProse: boolean) {
    this.#tokens = tokens;
    this.#quote = quote;
    this.#opensLikeProse = opensLikeProse;
    this.#operand = quote === '' ? 'none' : 'literal';
  }

  /** Returns the name of the evidence, or undefined. */
  read(): string | undefined {
    let isBehind = this.#quote !== '';
    for (;;) {
      const token = this.#tokens.at(this.#at);
      const found = isBehind ? this.#behindOperand(token) : this.#operandPlace(token);
      if (found === 'stop') return undefined;
      if (found !== 'operand' && found !== 'behind') return found;
      isBehind = found === 'behind';
      this.#at++;
    }
  }

  /** Where an operand is expected. Returns the next place, `stop`, or evidence. */
  #operandPlace(token: SqlToken): string {
    switch (token.kind) {
      case 'number':
        return this.#take('literal');
      case 'string':
        return this.#string(token);
      case 'variable':
        this.#isNumberSoFar = false;
        if (token.text.startsWith('@@') && this.#hasOperator) return 'server-variable';
        return this.#take('literal');
      case 'arithmetic':
        return /^[-+~!]$/.test(token.text) || (token.text === '*' && this.#depth > 0)
          ? this.#sign(token)
          : 'stop';
      case 'open':
        return this.#group();
      case 'close':
        if (this.#depth === 0) return 'stop';
        this.#depth--;
        return 'behind';
      case 'semicolon':
        return this.#at === 0 && isStatement(this.#tokens, 1) ? 'stacked-query' : 'stop';
      case 'executable':
        return 'operand';
      case 'word':
        return this.#word(token);
      default:
        return 'stop';
    }
  }

  #sign(token: SqlToken): string {
    // `count(*)`: the star is the whole argument.
    return token.text === '*' ? 'behind' : 'operand';
  }

  #take(operand: Operand): string {
    this.#operand = operand;
    if (this.#isComparing) {
      this.#isComparing = false;
      const isLiteral = operand === 'literal' && this.#compared === 'literal';
      if (isLiteral) this.#hasLiteralComparison = true;
      if (this.#hasLogical && isLiteral) return 'tautology';
      if (this.#hasLogical && (this.#quote !== '' || this.#followsNumber)) return 'condition';
    }
    return 'behind';
  }

  /** A string; one that nothing closes and that has the context's quote is closed by the application's own. */
  #string(token: SqlToken): string {
    this.#isNumberSoFar = false;
    const isBalanced = token.isOpen && token.quote === this.#quote;
    const isCondition = this.#isComparing || this.#hasLogical;
    const taken = this.#take('literal');
    if (taken !== 'behind') return taken;
    if (isBalanced && isCondition && !this.#opensLikeProse) return 'balanced-quote';
    return token.isOpen ? 'stop' : 'behind';
  }

  #group(): string {
    this.#depth++;
    const next = this.#tokens.at(this.#at + 1);
    if (next.text === 'select' && isSelectList(this.#tokens, this.#at + 2)) return 'subquery';
    return 'operand';
  }

  #word(token: SqlToken): string {
    const { text } = token;
    if (literalWords.has(text)) return this.#take('literal');
    const next = this.#tokens.at(this.#at + 1);
    if (text === 'exists' && next.kind === 'open') return 'operand';
    if (prefixWords.has(text) && next.kind !== 'comparison') {
      this.#isNumberSoFar = false;
      return 'operand';
    }
    if (reservedWords.has(text)) return 'stop';
    this.#isNumberSoFar = false;
    if (next.kind !== 'open') return this.#take('name');
    return this.#call(text);
  }

  /** A call; the reader goes on inside its parentheses. */
  #call(name: string): string {
    const argument = this.#tokens.at(this.#at + 2);
    const behind = this.#tokens.at(this.#at + 3);
    if (probeFunctions.has(name) && argument.kind !== 'close' && behind.kind !== 'word')
      return 'probe-function';
    const isNested = this.#outerCall !== '' && this.#depth > 0;
    if (serverFunctions.has(name) && argument.kind === 'close' && (isNested || this.#hasOperator)) {
      return 'server-function';
    }
    if (pieceFunctions.has(name) && isNested && codeFunctions.has(this.#outerCall)) return 'bit-extraction';
    this.#outerCall = name;
    this.#operand = 'name';
    return 'operand';
  }

  /** Behind an operand. Returns the next place, `stop`, or evidence. */
  #behindOperand(token: SqlToken): string {
    switch (token.kind) {
      case 'comparison':
        return this.#comparison();
      case 'logical':
        return this.#logical();
      case 'arithmetic':
      case 'comma':
        this.#hasOperator = true;
        return 'operand';
      case 'open':
        // A call whose name has been taken as a prefix word, or `IN (`.
        return this.#operand === 'name' ? this.#group() : 'stop';
      case 'close':
        if (this.#depth > 0) this.#depth--;
        return 'behind';
      case 'semicolon':
        return isStatement(this.#tokens, this.#at + 1) ? 'stacked-query' : 'stop';
      case 'comment':
        return this.#comment(token);
      case 'executable':
        return 'executable-comment';
      case 'word':
        return this.#joiningWord(token);
      default:
        return 'stop';
    }
  }

  #comparison(): string {
    this.#hasOperator = true;
    this.#compared = this.#operand;
    this.#isComparing = true;
    this.#isNumberSoFar = false;
    return 'operand';
  }

  #logical(): string {
    this.#hasOperator = true;
    this.#followsNumber ||= this.#isNumberSoFar;
    this.#isNumberSoFar = false;
    this.#isComparing = false;
    this.#hasLogical = true;
    return this.#hasLiteralComparison ? 'tautology' : 'operand';
  }

  #comment(token: SqlToken): string {
    if (/sp_password/i.test(token.text)) return 'log-evasion';
    if (COMMENT_WORD.test(token.text)) return 'stop';
    const isBehindQuote = this.#quote !== '' && !this.#hasOperator;
    if (this.#hasLogical || isBehindQuote) return 'comment-truncation';
    return 'stop';
  }

  #joiningWord(token: SqlToken): string {
    const { text } = token;
    const next = this.#tokens.at(this.#at + 1);
    if (logicalWords.has(text)) return this.#logical();
    if (unionWords.has(text) && isUnion(this.#tokens, this.#at)) return 'union-select';
    if ((text === 'order' || text === 'group') && next.text === 'by') return this.#ordering();
    if (text === 'into' && /^(?:outfile|dumpfile)$/.test(next.text)) return 'file-write';
    if (text === 'procedure' && next.text === 'analyse') return 'procedure-analyse';
    if (text === 'waitfor' && next.text === 'delay') return 'probe-function';
    if (comparisonWords.has(text)) {
      // "1 in 5 or 1 in 6" is prose: IN wants a list, IS one of a few words.
      if (text === 'in' && next.kind !== 'open') return 'stop';
      if (text === 'is' && !/^(?:not|null|true|false|unknown)$/.test(next.text)) return 'stop';
      return this.#comparison();
    }
    if (joiningWords.has(text)) return 'operand';
    if (argumentWords.has(text) && this.#depth > 0) return 'operand';
    return text === 'not' || text === 'end' || text === 'asc' || text === 'desc' ? 'behind' : 'stop';
  }

  /** ORDER BY or GROUP BY behind a number or a closed quote, with a column number and nothing that goes on as a sentence. */
  #ordering(): string {
    if (this.#quote === '' && !this.#isNumberSoFar) return 'stop';
    const column = this.#tokens.at(this.#at + 2);
    const behind = this.#tokens.at(this.#at + 3);
    const isOver =
      /^(?:end|comment|comma|close)$/.test(behind.kind) || /^(?:asc|desc|having|limit)$/.test(behind.text);
    const isColumn =
      column.kind === 'number' || column.kind === 'open' || (this.#quote !== '' && column.kind === 'word');
    return isColumn && (isOver || column.kind === 'open') ? 'ordering' : 'stop';
  }
}
