/** Every operator by its SecLang name. */

import { noMatch, unconditionalMatch } from './constant.ts';
import { detectSQLi } from './detect-sqli.ts';
import { detectXSS } from './detect-xss.ts';
import { ipMatch, ipMatchF, ipMatchFromFile } from './ip-match.ts';
import { eq, ge, gt, le, lt } from './numeric.ts';
import type { OperatorDefinition } from './operator.ts';
import { pm, pmFromFile, pmf } from './pm.ts';
import { rx } from './rx.ts';
import { beginsWith, contains, containsWord, endsWith, streq, strmatch, within } from './text.ts';
import { validateByteRange } from './validate-byte-range.ts';
import { validateUrlEncoding, validateUtf8Encoding } from './validate-encoding.ts';
import { verifyCC } from './verify-cc.ts';

const all: readonly OperatorDefinition[] = [
  beginsWith,
  contains,
  containsWord,
  detectSQLi,
  detectXSS,
  endsWith,
  eq,
  ge,
  gt,
  ipMatch,
  ipMatchF,
  ipMatchFromFile,
  le,
  lt,
  noMatch,
  pm,
  pmf,
  pmFromFile,
  rx,
  streq,
  strmatch,
  unconditionalMatch,
  validateByteRange,
  validateUrlEncoding,
  validateUtf8Encoding,
  verifyCC,
  within,
];

/** Operators by lower-case name, without the `@`. */
export const operators: ReadonlyMap<string, OperatorDefinition> = new Map(
  all.map((word) => [word.name.toLowerCase(), word]),
);
