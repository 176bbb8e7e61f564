import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { operators } from './catalog.ts';
import type { CompiledOperator, OperatorContext, OperatorMatch } from './operator.ts';
import { readVectors, sharedPath } from './shared-vectors.ts';

/** Vector files of words that are not in the catalog. A word that gets one must leave this list. */
const wordsNotHere: readonly string[] = ['geoLookup', 'rxGlobal', 'verifycpf', 'verifyssn', 'verifysvnr'];

/**
 * Rows where we decide otherwise, by `file#row`.
 *
 * - `containsWord#10`: the row means a NUL but spells a backslash and a zero; ModSecurity 3 passes it because its words are
 *   letters only. Here digits and `_` belong to words, as everywhere else.
 * - `ipMatch#16`: `10.0.0.0/100` is refused when the rules load.
 * - `ipMatch#883`: an IPv4-mapped address is the IPv4 address here, which no IPv6 prefix holds.
 * - `validateByteRange#1` to `#3`: an empty or unreadable range is refused when the rules load.
 */
const differences: ReadonlyMap<string, 'match' | 'no match' | 'refused'> = new Map([
  ['containsWord#10', 'no match'],
  ['ipMatch#16', 'refused'],
  ['ipMatch#883', 'no match'],
  ['validateByteRange#1', 'refused'],
  ['validateByteRange#2', 'refused'],
  ['validateByteRange#3', 'refused'],
]);

const context: OperatorContext = {
  readDataFile: (path) => {
    const file = path.replace('test-cases/secrules-language-tests/', '');
    return readFileSync(sharedPath('vectors/modsecurity/secrules-language-tests', file), 'latin1');
  },
};

test('operators: every row of the ModSecurity vectors, differences listed', () => {
  const match: OperatorMatch = { captures: [], captureCount: 0 };
  const wrong: string[] = [];
  let rows = 0;
  for (const [file, vectors] of readVectors('operators')) {
    const word = operators.get(file.toLowerCase());
    if (wordsNotHere.includes(file)) {
      assert.equal(word, undefined, `${file} is here now: take it off the list`);
      continue;
    }
    assert.ok(word, `no operator for ${file}`);
    for (const [index, vector] of vectors.entries()) {
      rows++;
      const id = `${file}#${index}`;
      const compiled: CompiledOperator | string = word.compile(vector.param, context);
      const isMatch: boolean =
        typeof compiled !== 'string' && compiled.test(vector.input, null, vector.param);
      const got = typeof compiled === 'string' ? 'refused' : isMatch ? 'match' : 'no match';
      const wanted = vector.ret === 1 ? 'match' : 'no match';
      const listed = differences.get(id);
      if (listed !== undefined && got === wanted) wrong.push(`${id} is listed as different but passes`);
      if (got !== (listed ?? wanted)) {
        wrong.push(
          `${id}: @${file} ${vector.param} on ${JSON.stringify(vector.input)}: ${got}, ${wanted} expected`,
        );
      }
      if (typeof compiled === 'string') continue;
      assert.equal(compiled.test(vector.input, match, vector.param), isMatch, `${id} differs with captures`);
      if (isMatch && vector.groups !== undefined) {
        assert.deepEqual(match.captures.slice(0, match.captureCount), vector.groups, id);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(rows >= 3915, `only ${rows} rows found`);
});
