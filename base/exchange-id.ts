/**
 * Ids that never meet: 20 characters of Crockford's base32, made without asking anybody.
 *
 *     7QK2M9XV0RTDA 0000 0 G3
 *     |-----------| |-------|
 *      65 bits drawn   35 bits counted,
 *      by each source  then a new prefix
 *
 * Two sources (workers, restarts, nodes) share an id only when their prefixes are equal: among a million sources the chance is
 * below 2 in 10^8. An id is a name, not a secret: whoever saw one can guess the next.
 *
 * Source: D. Crockford, "Base 32": 0-9 A-Z without I L O U, so that a person can read it out over a telephone.
 */
import type { Random } from './random.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const prefixLength = 13;
const counterMax = 32 ** 7;

/** Length in characters of every id. */
export const exchangeIdLength = 20;

/**
 * Creates a source of ids; one per thread.
 *
 * Hot: an id costs one concatenation; see exchange-id.bench.ts. The last two characters come from a table, the others are
 * kept until the counter carries.
 */
export function createIdSource(random: Random): () => string {
  const pairs: string[] = [];
  for (const high of alphabet) for (const low of alphabet) pairs.push(high + low);
  let counter = 0;
  let prefix = drawPrefix(random);
  let head = '';

  return () => {
    const low = counter % 1024;
    if (low === 0) {
      if (counter === counterMax) {
        counter = 0;
        prefix = drawPrefix(random);
      }
      head = prefix + encodeBase32(Math.floor(counter / 1024), 5);
    }
    counter++;
    return head + pairs[low]!;
  };
}

function drawPrefix(random: Random): string {
  let prefix = '';
  for (let position = 0; position < prefixLength; position++) prefix += alphabet[random.uint32() >>> 27]!;
  return prefix;
}

function encodeBase32(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let position = 0; position < length; position++) {
    text = alphabet[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
