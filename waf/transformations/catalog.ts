/** Every transformation by its SecLang name. */

import { escapeSeqDecode, jsDecode } from './backslash-escapes.ts';
import { base64Decode, base64DecodeExt, base64Encode } from './base64.ts';
import { cmdLine } from './cmd-line.ts';
import { removeComments, removeCommentsChar, replaceComments } from './comments.ts';
import { cssDecode } from './css-decode.ts';
import { md5, sha1 } from './digest.ts';
import { hexDecode, hexEncode, sqlHexDecode } from './hex.ts';
import { htmlEntityDecode } from './html-entity-decode.ts';
import { length } from './length.ts';
import { lowercase, uppercase } from './letter-case.ts';
import { none } from './none.ts';
import { normalisePath, normalisePathWin } from './normalise-path.ts';
import { removeNulls, replaceNulls } from './nulls.ts';
import { parityEven7bit, parityOdd7bit, parityZero7bit } from './parity.ts';
import { phpArgsNames } from './php-args-names.ts';
import type { Transformation } from './transformation.ts';
import { urlDecode, urlDecodeUni, urlEncode } from './url.ts';
import { utf8toUnicode } from './utf8.ts';
import { compressWhitespace, removeWhitespace, trim, trimLeft, trimRight } from './whitespace.ts';

const all: readonly Transformation[] = [
  base64Decode,
  base64DecodeExt,
  base64Encode,
  cmdLine,
  compressWhitespace,
  cssDecode,
  escapeSeqDecode,
  hexDecode,
  hexEncode,
  htmlEntityDecode,
  jsDecode,
  length,
  lowercase,
  md5,
  none,
  normalisePath,
  normalisePathWin,
  parityEven7bit,
  parityOdd7bit,
  parityZero7bit,
  phpArgsNames,
  removeComments,
  removeCommentsChar,
  removeNulls,
  removeWhitespace,
  replaceComments,
  replaceNulls,
  sha1,
  sqlHexDecode,
  trim,
  trimLeft,
  trimRight,
  uppercase,
  urlDecode,
  urlDecodeUni,
  urlEncode,
  utf8toUnicode,
];

/** Transformations by lower-case name, both spellings of `normalisePath` included. */
export const transformations: ReadonlyMap<string, Transformation> = new Map([
  ...all.map((word): [string, Transformation] => [word.name.toLowerCase(), word]),
  ['normalizepath', normalisePath],
  ['normalizepathwin', normalisePathWin],
]);
