/** The second half of a message about an unknown word. */
import { nearestWord } from '@secbeat/base/nearest-word.ts';

/** `; did you mean "@contains"?`, or '' when nothing is near. `mark` is put before the word (`@` for operators). */
export function didYouMean(word: string, candidates: Iterable<string>, mark = ''): string {
  const nearest = nearestWord(word, candidates);
  return nearest === undefined ? '' : `; did you mean "${mark}${nearest}"?`;
}
