/**
 * Renders the answers that the node gives instead of the origin: a page for people, problem+json for programs.
 *
 * Source: RFC 9457 (problem details); the members `incidentId` and `retryAfterSeconds` are extensions of ours.
 */
import type { PagesConfig } from '../../config/model.ts';
import { wantsHtml } from './accept.ts';
import { type AnswerKind, type OwnPageKind, ownPage } from './own-page.ts';
import { PageTemplate } from './page-template.ts';

/** One answer to render. */
export interface AnswerOptions {
  readonly kind: AnswerKind;
  readonly status: number;
  readonly incidentId: string;
  /** Value of the request's Accept field, empty when there is none. */
  readonly accept: string;
  /** Seconds until another attempt makes sense, 0 for none; the caller sends it as Retry-After too. */
  readonly retryAfterSeconds?: number;
  readonly title: string;
  readonly publicMessage: string;
}

/** A rendered answer. */
export interface RenderedAnswer {
  readonly contentType: string;
  /** Owned by the caller. */
  readonly body: Buffer;
}

/**
 * Header lines of every answer of our own, each with its CRLF, beside Content-Type and Content-Length: not stored
 * anywhere, no scripts, no framing, no referrer (the address may hold what was refused).
 */
export const answerFields: string =
  'Cache-Control: no-store\r\n' +
  "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'\r\n" +
  'X-Content-Type-Options: nosniff\r\n' +
  'Referrer-Policy: no-referrer\r\n';

type Templates = Readonly<Record<OwnPageKind, PageTemplate>>;

/** Templates are cut once per configuration and forgotten with it. */
const templatesOf = new WeakMap<PagesConfig, Templates>();

function templatesFor(overrides: PagesConfig): Templates {
  let templates = templatesOf.get(overrides);
  if (templates === undefined) {
    templates = {
      deny: new PageTemplate(overrides.denyHtml ?? ownPage('deny')),
      limit: new PageTemplate(overrides.limitHtml ?? ownPage('limit')),
      error: new PageTemplate(overrides.errorHtml ?? ownPage('error')),
      'request-error': new PageTemplate(overrides.errorHtml ?? ownPage('request-error')),
    };
    templatesOf.set(overrides, templates);
  }
  return templates;
}

function renderProblem(options: AnswerOptions): string {
  const { retryAfterSeconds = 0 } = options;
  const problem = {
    title: options.title,
    status: options.status,
    detail: options.publicMessage,
    incidentId: options.incidentId,
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  };
  return `${JSON.stringify(problem)}\n`;
}

/**
 * Renders one answer: HTML when the client asks for it by name, else problem+json.
 *
 * @param overrides The operator's pages; the same object for as long as a configuration is in force.
 */
export function renderAnswer(options: AnswerOptions, overrides: PagesConfig): RenderedAnswer {
  if (!wantsHtml(options.accept)) {
    return { contentType: 'application/problem+json', body: Buffer.from(renderProblem(options), 'utf8') };
  }
  const { retryAfterSeconds = 0 } = options;
  const isRequestError = options.kind === 'error' && options.status < 500;
  const html = templatesFor(overrides)[isRequestError ? 'request-error' : options.kind].render({
    status: String(options.status),
    title: options.title,
    message: options.publicMessage,
    incidentId: options.incidentId,
    retryAfterSeconds: retryAfterSeconds === 0 ? '' : String(retryAfterSeconds),
  });
  return { contentType: 'text/html; charset=utf-8', body: Buffer.from(html, 'utf8') };
}
