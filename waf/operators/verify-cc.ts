/**
 * `@verifyCC`: the value holds a payment card number, found by the pattern and confirmed by its check digit.
 *
 * Of each match of the pattern only the digits count. Bounded: at most `CANDIDATES_MAX` matches of one value are looked at.
 *
 * Source: ISO/IEC 7812-1, annex B (Luhn formula); section 4 (a number has at most 19 digits).
 */

import { isDigit } from '../transformations/byte-class.ts';
import { captureWhole } from './captures.ts';
import type { OperatorDefinition } from './operator.ts';
import { parsePattern } from './regex/parse.ts';
import { compileProgram } from './regex/program.ts';
import { RegisterMachine } from './regex/register-machine.ts';

const CANDIDATES_MAX = 256;
const DIGITS_MIN = 12;
const DIGITS_MAX = 19;

/** Tells whether the digits between `start` and `end` are a card number. Hot: no allocation. */
function isCardNumber(value: string, start: number, end: number): boolean {
  let sum = 0;
  let digits = 0;
  for (let i = end - 1; i >= start; i--) {
    const code = value.charCodeAt(i);
    if (!isDigit(code)) continue;
    const digit = code - 0x30;
    const weighted = digits % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
    digits++;
  }
  return digits >= DIGITS_MIN && digits <= DIGITS_MAX && sum % 10 === 0;
}

/** Matches a payment card number and captures it with what the pattern takes around it. */
export const verifyCC: OperatorDefinition = {
  name: 'verifyCC',
  argument: 'required',
  compile(text) {
    const pattern = parsePattern(text);
    if ('message' in pattern) return `pattern, byte ${pattern.at + 1}: ${pattern.message}`;
    if (pattern.hasLook) return 'look-around is not supported in a pattern of @verifyCC';
    const program = compileProgram(pattern);
    if (typeof program === 'string') return program;
    const machine = new RegisterMachine(program);
    return {
      name: 'verifyCC',
      test(value, match) {
        let from = 0;
        for (let i = 0; i < CANDIDATES_MAX && machine.find(value, from); i++) {
          const start = machine.captures[0]!;
          const end = machine.captures[1]!;
          if (isCardNumber(value, start, end)) {
            captureWhole(match, value.slice(start, end));
            return true;
          }
          // A separator may close one number and open the next: it is offered again.
          const endsInDigit = end > start && isDigit(value.charCodeAt(end - 1));
          from = Math.max(endsInDigit ? end : end - 1, start + 1);
        }
        return false;
      },
    };
  },
};
