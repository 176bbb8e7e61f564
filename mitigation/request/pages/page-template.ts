/**
 * A page with placeholders, cut once into pieces so that an answer is a concatenation.
 *
 *      <p>Incident <code>{{incidentId}}</code></p>   ->   text | incidentId | text
 *
 * Security: every value is HTML-escaped. The placeholders belong into text and quoted attribute values; the content
 * policy that goes with these pages forbids scripts.
 */

/** What a page can show. */
export interface PageValues {
  readonly status: string;
  readonly title: string;
  readonly message: string;
  readonly incidentId: string;
  /** Seconds until another attempt makes sense; empty when there is no such time. */
  readonly retryAfterSeconds: string;
}

const placeholder = /\{\{\s*(status|title|message|incidentId|retryAfterSeconds)\s*\}\}/g;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Returns `text` for HTML text or a quoted attribute value. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

function isValueName(name: string): name is keyof PageValues {
  return ['status', 'title', 'message', 'incidentId', 'retryAfterSeconds'].includes(name);
}

/** A page that was cut at its placeholders. */
export class PageTemplate {
  /** Pieces of text between placeholders: one more than there are names. */
  readonly #texts: string[] = [];
  readonly #names: (keyof PageValues)[] = [];

  /** @param html The page; unknown placeholders stay in it as they are. */
  constructor(html: string) {
    let from = 0;
    for (const match of html.matchAll(placeholder)) {
      const name = match[1]!;
      if (!isValueName(name)) continue;
      this.#texts.push(html.slice(from, match.index));
      this.#names.push(name);
      from = match.index + match[0].length;
    }
    this.#texts.push(html.slice(from));
  }

  /** Returns the page with its values. */
  render(values: PageValues): string {
    let html = this.#texts[0]!;
    for (let index = 0; index < this.#names.length; index += 1) {
      html += escapeHtml(values[this.#names[index]!]) + this.#texts[index + 1]!;
    }
    return html;
  }
}
