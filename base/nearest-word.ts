/**
 * The known word that a mistyped one was probably meant to be, for "did you mean".
 *
 * Source: F. Damerau, "A technique for computer detection and correction of spelling errors" (1964); the variant without edits
 * inside a transposed pair ("optimal string alignment").
 */

/** Longer words are not compared: Bounded: the cost is the product of both lengths. */
const lengthMax = 64;

/**
 * Returns the candidate nearest to `word`, ignoring ASCII case, or undefined when none is near.
 *
 * Near means at most one edit (insert, delete, change, swap neighbours) for each three characters of `word`, and at least one.
 * Among equals the first candidate wins.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > lengthMax) return undefined;
  const wanted = word.toLowerCase();
  let nearest: string | undefined;
  let bound = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bound) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bound) {
      nearest = candidate;
      bound = distance;
    }
  }
  return nearest;
}

/** Edits between two words, by three rolling rows of the usual table. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let edits = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) edits = Math.min(edits, beforePrevious[column - 2]! + 1);
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length]!;
}
