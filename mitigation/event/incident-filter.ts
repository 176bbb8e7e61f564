/**
 * Which events are incidents, and how many of them are worth keeping in a second.
 *
 * An incident is an exchange that somebody may ask about: anything but `pass`, anything in which a rule matched, and
 * everything that was answered by the node itself instead of the origin, because such answers show the incident id.
 */

/** Reasons of a passed exchange that nobody asks about: it was served, redirected, or the client went away. */
const quietReasons: readonly string[] = ['"reason":"none"', '"reason":"redirect"', '"reason":"client-gone"'];

/** Reasons that a flood produces by the thousand with nothing new in each. */
const floodReasons: readonly string[] = [
  '"reason":"denylist"',
  '"reason":"rate-limit"',
  '"reason":"connection-limit"',
];

/**
 * Tells from the text of an encoded event whether it is an incident.
 *
 * Hot: runs for each event on the main thread, so it searches the text instead of parsing it. That is exact: inside an
 * encoded string every quote is escaped, so no client can write `"verdict":"pass"` into one.
 */
export function isIncident(line: string): boolean {
  if (!line.includes('"verdict":"pass"')) return true;
  if (!line.includes('"waf":null') && !line.includes('"matches":[]')) return true;
  return !quietReasons.some((reason) => line.includes(reason));
}

/** How an event ends in which no rule matched. */
const quietEnds: readonly string[] = ['"waf":null}\n', '"matches":[]}}\n'];

/**
 * Tells whether a batch of `count` encoded events may hold an incident: false is certain, true means look at each line.
 *
 * Hot: the one pass over the events of ordinary traffic on the main thread. Verdict and reason stand side by side in a line.
 */
export function mayHoldIncident(lines: string, count: number): boolean {
  if (occurrences(lines, '"verdict":"pass","reason":"none"') !== count) return true;
  return quietEnds.reduce((sum, end) => sum + occurrences(lines, end), 0) !== count;
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

/** Tells whether an incident is one of a kind that comes in floods: see `IncidentBudget`. */
export function isFloodIncident(line: string): boolean {
  return floodReasons.some((reason) => line.includes(reason));
}

/**
 * How many incidents may be kept per second.
 *
 * The store is bounded in bytes and deletes its oldest part, so whoever can cause incidents could push the interesting
 * ones out. The budget makes that slow: refusals by lists and limits, which cost an attacker nothing and tell the
 * operator nothing new, have a small one of their own.
 */
export class IncidentBudget {
  readonly #perSecond: number;
  readonly #floodPerSecond: number;
  #second = -1;
  #taken = 0;
  #floodTaken = 0;

  constructor(options: { readonly perSecond: number; readonly floodPerSecond: number }) {
    this.#perSecond = options.perSecond;
    this.#floodPerSecond = options.floodPerSecond;
  }

  /** Takes one place in the second of `nowMs` (monotonic); false when there is none left. */
  take(nowMs: number, isFlood: boolean): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#taken = 0;
      this.#floodTaken = 0;
    }
    if (isFlood) {
      if (this.#floodTaken >= this.#floodPerSecond) return false;
      this.#floodTaken += 1;
      return true;
    }
    if (this.#taken >= this.#perSecond) return false;
    this.#taken += 1;
    return true;
  }
}
