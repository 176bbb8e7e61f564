/**
 * The product's own page for answers that the node gives itself: small, self-contained, readable without images,
 * scripts or style, in light and dark.
 *
 * It says what happened, what the visitor can do, and the incident id to quote. It does not say which rule or product
 * refused: that would only help whoever is probing.
 */

/** What the page is about. `deny`: refused; `limit`: too much; `error`: could not be served. */
export type AnswerKind = 'deny' | 'limit' | 'error';

/** The own pages: an error of the request itself does not pass by waiting, so it has another advice. */
export type OwnPageKind = AnswerKind | 'request-error';

/** What a visitor can do, as HTML. */
const advice: Readonly<Record<OwnPageKind, string>> = {
  deny: 'If you think this is a mistake, tell the owner of this site what you were doing and give them the incident number below.',
  limit:
    'Please wait a moment and try again. If this keeps happening, give the owner of this site the incident number below.',
  error:
    'Please try again in a moment. If this keeps happening, give the owner of this site the incident number below.',
  'request-error':
    'Please check the address and what you sent. If it should work, give the owner of this site the incident number below.',
};

const style = [
  ':root{color-scheme:light dark}',
  'body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.5 system-ui,sans-serif;background:#f6f7f9;color:#1b2027}',
  'main{box-sizing:border-box;width:100%;max-width:36rem;padding:2rem}',
  'h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}',
  'p{margin:0 0 1rem}',
  '.id{border-top:1px solid #c5cad3;padding-top:1rem;color:#4a5361}',
  'code{font:1rem/1.5 ui-monospace,monospace;color:#1b2027;overflow-wrap:anywhere;user-select:all}',
  '@media (prefers-color-scheme:dark){body{background:#14171c;color:#e8eaee}.id{border-color:#3d4552;color:#aab2bf}code{color:#e8eaee}}',
].join('');

/** Returns the page of a kind, with placeholders (see `PageTemplate`). */
export function ownPage(kind: OwnPageKind): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{status}} {{title}}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>{{title}}</h1>
<p>{{message}}</p>
<p>${advice[kind]}</p>
<p class="id">Incident <code>{{incidentId}}</code></p>
</main>
</body>
</html>
`;
}
