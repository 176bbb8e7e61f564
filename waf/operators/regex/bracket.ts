/** Bracket expressions: `[...]`. Source: pcre2pattern(3), "Square brackets and character classes", "POSIX character classes". */

import { addRange, addSet, type ByteSet, emptySet, foldSet, invertSet } from './byte-set.ts';
import { escapedClasses, posixClasses } from './class-names.ts';
import { readEscapedByte } from './escape.ts';

/** A class with the position behind its `]`. */
export interface BracketSet {
  readonly set: ByteSet;
  readonly end: number;
}

/** What is wrong, and where. */
export interface PatternError {
  readonly message: string;
  readonly at: number;
}

interface Member {
  /** -1 when the member is a class. */
  readonly byte: number;
  readonly set: ByteSet | undefined;
  readonly end: number;
}

/** Reads the class whose `[` is at `open`. */
export function readBracket(source: string, open: number, ignoresCase: boolean): BracketSet | PatternError {
  const set = emptySet();
  let at = open + 1;
  const isNegated = source.charAt(at) === '^';
  if (isNegated) at++;
  const first = at;
  let isQuoted = false;
  for (;;) {
    if (at >= source.length) return { message: 'this "[" has no "]"', at: open };
    if (source.startsWith('\\E', at)) {
      isQuoted = false;
      at += 2;
      continue;
    }
    if (!isQuoted && source.startsWith('\\Q', at)) {
      isQuoted = true;
      at += 2;
      continue;
    }
    if (!isQuoted && source.charAt(at) === ']' && at !== first) break;
    const low = isQuoted ? plainMember(source, at) : readMember(source, at);
    if ('message' in low) return low;
    const isRange = !isQuoted && source.charAt(low.end) === '-' && source.charAt(low.end + 1) !== ']';
    if (!isRange || low.set !== undefined || low.end + 1 >= source.length) {
      addMember(set, low);
      at = low.end;
      continue;
    }
    const high = readMember(source, low.end + 1);
    if ('message' in high) return high;
    if (high.set !== undefined) {
      addMember(set, low);
      addRange(set, 0x2d, 0x2d);
      addMember(set, high);
    } else if (high.byte < low.byte) {
      return { message: `the range "${source.slice(at, high.end)}" is out of order`, at };
    } else {
      addRange(set, low.byte, high.byte);
    }
    at = high.end;
  }
  const folded = ignoresCase ? foldSet(set) : set;
  return { set: isNegated ? invertSet(folded) : folded, end: at + 1 };
}

function addMember(set: ByteSet, member: Member): void {
  if (member.set === undefined) addRange(set, member.byte, member.byte);
  else addSet(set, member.set);
}

function plainMember(source: string, at: number): Member {
  return { byte: source.charCodeAt(at), set: undefined, end: at + 1 };
}

function readMember(source: string, at: number): Member | PatternError {
  if (source.charAt(at) === '[') {
    const named = /^\[:(\^?)([a-z]+):\]/.exec(source.slice(at, at + 16));
    if (named !== null) {
      const set = posixClasses.get(named[2] ?? '');
      if (set === undefined) return { message: `"${named[0]}" is no POSIX class`, at };
      return { byte: -1, set: named[1] === '^' ? invertSet(set) : set, end: at + named[0].length };
    }
    if (/^\[[.=]/.test(source.slice(at, at + 2)) && /^[^\]]*[.=]\]/.test(source.slice(at + 2))) {
      return { message: 'collating elements are not supported', at };
    }
  }
  if (source.charAt(at) !== '\\') return plainMember(source, at);
  if (at + 1 >= source.length) return { message: 'the pattern ends in a backslash', at };
  const letter = source.charAt(at + 1);
  const named = escapedClasses.get(letter);
  if (named !== undefined) return { byte: -1, set: named, end: at + 2 };
  if (letter === 'b') return { byte: 0x08, set: undefined, end: at + 2 };
  const escaped = readEscapedByte(source, at + 1);
  return typeof escaped === 'string'
    ? { message: escaped, at }
    : { byte: escaped.byte, set: undefined, end: escaped.end };
}
