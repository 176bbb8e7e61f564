/**
 * Does a value break out of its place in a SQL statement?
 *
 * It is read three times: as it stands (an application that puts a number into its SQL), and as the rest of a string that its
 * own first `'` or `"` closes. Each reading is a short walk through the grammar of expressions (`expression.ts`) that ends at
 * the first thing SQL does not allow.
 *
 * First cut: expressions, unions, stacked statements, comments and the common probes. Not yet: back-quoted contexts, ODBC
 * escapes, encodings inside strings.
 */

import { ExpressionReader } from './expression.ts';
import { SqlTokens } from './token.ts';

/** Returns the name of the evidence, for example `tautology`, or undefined. Linear in the value. */
export function findSqlInjection(value: string): string | undefined {
  return (
    new ExpressionReader(new SqlTokens(value, 0), '', false).read() ??
    readBehindQuote(value, "'") ??
    readBehindQuote(value, '"')
  );
}

/** Reads what follows the first `quote` that is not doubled. */
function readBehindQuote(text: string, quote: string): string | undefined {
  let at = text.indexOf(quote);
  while (at !== -1 && text.charAt(at + 1) === quote) at = text.indexOf(quote, at + 2);
  if (at === -1) return undefined;
  const opensLikeProse = at > 0 && text.charAt(at - 1) === ' ';
  return new ExpressionReader(new SqlTokens(text, at + 1), quote, opensLikeProse).read();
}
