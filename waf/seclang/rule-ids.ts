/** Lists of rule ids as directives and `ctl` take them: `942100`, `942100-942199`, several of them. */

/** Both ends belong to it. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** Rule ids are positive and fit 31 bits, as in ModSecurity. */
export const ruleIdMax = 2_147_483_647;

/** Reads ids and ranges separated by blanks or commas, or says what is wrong. */
export function parseIdRanges(text: string): IdRange[] | string {
  const ranges: IdRange[] = [];
  for (const piece of text.split(/[\s,]+/)) {
    if (piece === '') continue;
    const parts = /^(\d+)(?:-(\d+))?$/.exec(piece);
    if (parts === null)
      return `expected a rule id or a range of ids (942100 or 942100-942199), met "${piece}"`;
    const first = Number(parts[1]);
    const last = parts[2] === undefined ? first : Number(parts[2]);
    if (first > ruleIdMax || last > ruleIdMax) return `a rule id is at most ${ruleIdMax}, met "${piece}"`;
    if (last < first) return `the range "${piece}" is upside down; write ${last}-${first}`;
    ranges.push({ first, last });
  }
  return ranges.length > 0 ? ranges : 'expected a rule id or a range of ids, met nothing';
}

export function isInRanges(id: number, ranges: readonly IdRange[]): boolean {
  return ranges.some((range) => id >= range.first && id <= range.last);
}
