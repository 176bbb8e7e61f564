/** One rule file as text, and a piece of it (`Word`) that knows where each of its characters stood. */
import type { Place } from './diagnostic.ts';

/** A rule file. */
export interface RuleSource {
  readonly file: string;
  readonly text: string;
}

/** A rule file with the offsets at which its lines start. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[];

  constructor(source: RuleSource) {
    this.file = source.file;
    this.text = source.text;
    this.#lineStarts = [0];
    for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  placeAt(offset: number): Place {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - this.#lineStarts[low]! + 1 };
  }
}

/**
 * A word of a directive after unquoting and joining of continued lines.
 *
 * The text is made of runs that stood together in the source; `runStarts` are their offsets in `text`, `runOrigins`
 * their offsets in the source, so that a message about character 40 of an action list names the right line.
 */
export class Word {
  readonly source: SourceText;
  readonly text: string;
  readonly #runStarts: readonly number[];
  readonly #runOrigins: readonly number[];

  constructor(source: SourceText, text: string, runStarts: readonly number[], runOrigins: readonly number[]) {
    this.source = source;
    this.text = text;
    this.#runStarts = runStarts;
    this.#runOrigins = runOrigins;
  }

  /** The place of `text[index]`; an index at the end is the place just behind the word. */
  placeAt(index: number): Place {
    let run = this.#runStarts.length - 1;
    while (run > 0 && this.#runStarts[run]! > index) run--;
    return this.source.placeAt(this.#runOrigins[run]! + index - this.#runStarts[run]!);
  }
}
