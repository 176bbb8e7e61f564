/**
 * Chooses between a page for people and problem+json for programs by the Accept field.
 *
 * A page is sent only to who asks for HTML by name: browsers do when they navigate. curl, fetch and API clients say
 * "any type" or `application/json` and get JSON; so does a request for an image or a script, which no person reads.
 *
 * Source: RFC 9110, section 12.5.1 (Accept, precedence of media ranges) and 12.4.2 (quality values).
 */

/** Characters of an Accept field that are read; browsers send fewer than 200. */
const acceptCharactersMax = 1024;

const quality = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** How exactly a media range names a type: RFC 9110 lets the most exact range decide. */
function precision(range: string, type: string, group: string): number {
  if (range === type) return 3;
  if (range === `${group}/*`) return 2;
  return range === '*/*' ? 1 : 0;
}

/** Quality of one candidate: of the most exact range that covers it; `isNamed` when that range is not the wildcard. */
class Candidate {
  readonly #types: readonly string[];
  readonly #group: string;
  #precision = 0;
  #quality = 0;

  constructor(types: readonly string[], group: string) {
    this.#types = types;
    this.#group = group;
  }

  meet(range: string, q: number): void {
    for (const type of this.#types) {
      const met = precision(range, type, this.#group);
      if (met === 0 || met < this.#precision) continue;
      this.#quality = met > this.#precision ? q : Math.max(q, this.#quality);
      this.#precision = met;
    }
  }

  get quality(): number {
    return this.#quality;
  }

  get isNamed(): boolean {
    return this.#precision > 1;
  }
}

function readQuality(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name, value] = parameter.split('=', 2);
    if (name?.trim().toLowerCase() !== 'q') continue;
    const text = value?.trim() ?? '';
    // A quality that is not one makes its range count for nothing rather than for everything.
    return quality.test(text) ? Number(text) : 0;
  }
  return 1;
}

/** Tells whether a client with this Accept field (empty when there is none) asks for an HTML page. */
export function wantsHtml(accept: string): boolean {
  const html = new Candidate(['text/html', 'application/xhtml+xml'], 'text');
  const json = new Candidate(['application/problem+json', 'application/json'], 'application');
  for (const item of accept.slice(0, acceptCharactersMax).split(',')) {
    const [range, ...parameters] = item.split(';');
    const name = range!.trim().toLowerCase();
    if (name === '') continue;
    const q = readQuality(parameters);
    html.meet(name, q);
    json.meet(name, q);
  }
  if (!html.isNamed || html.quality === 0) return false;
  // Equal and both named: whoever names JSON at all is a program.
  return json.isNamed ? html.quality > json.quality : true;
}
