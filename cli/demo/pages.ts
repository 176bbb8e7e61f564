/** The demo shop's pages. Plain HTML, one style sheet, no script. */
import type { Comment, Product } from './database.ts';

const style = `
  :root { color-scheme: light dark; --ink: light-dark(#1d2730, #e8edf2); --line: light-dark(#d5dce2, #3a4650);
    --paper: light-dark(#fbfaf7, #161c22); --accent: light-dark(#0b6e69, #56c7bf); }
  body { margin: 0 auto; max-width: 56rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
  header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; border-bottom: 2px solid var(--accent); padding-bottom: .7rem; }
  header strong { font-size: 1.3rem; } header form { margin-left: auto; display: flex; gap: .4rem; } h1 { margin: 1.2rem 0; }
  @media (max-width: 40rem) { header form { width: 100%; } header form input { flex: 1; min-width: 0; } header strong { width: 100%; } }
  a { color: var(--accent); } ul.products { list-style: none; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
  ul.products li, article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
  ul.products li > :last-child, article > :last-child { margin-bottom: 0; } article { margin-bottom: 1rem; } figure { margin: 1rem 0; }
  input, textarea, button { font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .3rem; background: inherit; color: inherit; }
  button { background: var(--accent); color: var(--paper); border: 0; } textarea { width: 100%; box-sizing: border-box; min-height: 6rem; }
  pre { white-space: pre-wrap; background: light-dark(#f0efe9, #0f1418); padding: .7rem; border-radius: .3rem; } img { max-width: 100%; }
  .note { border-left: 4px solid var(--accent); padding-left: .8rem; }
`;

/** Makes text safe inside HTML text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A whole page around `main`, which is HTML. */
export function page(title: string, main: string, customer: string): string {
  const account = customer === '' ? '<a href="/login">Log in</a>' : `Hello, ${escapeHtml(customer)}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - Harbour Shop</title><style>${style}</style></head><body>
<header><strong>Harbour Shop</strong> <a href="/">All goods</a> <a href="/category?name=books">Books</a>
<a href="/category?name=home">Home</a> <a href="/category?name=kitchen">Kitchen</a> <a href="/upload">Pictures</a> <span>${account}</span>
<form action="/search"><input name="q" aria-label="Search" placeholder="Search"> <button>Search</button></form></header>
<main><h1>${escapeHtml(title)}</h1>${main}</main></body></html>`;
}

/** A list of products. */
export function productList(products: readonly Product[]): string {
  if (products.length === 0) return '<p>Nothing found.</p>';
  const items = products.map(
    (product) =>
      `<li><a href="/product?id=${Number(product.id)}"><b>${escapeHtml(String(product.name))}</b></a>
<p>${escapeHtml(String(product.description))}</p><p>${escapeHtml(String(product.price))} EUR</p></li>`,
  );
  return `<ul class="products">${items.join('')}</ul>`;
}

/** One product with its comments. */
export function productPage(product: Product, comments: readonly Comment[]): string {
  const shown = comments.map(
    ({ author, text }) => `<article><b>${escapeHtml(author)}</b><pre>${escapeHtml(text)}</pre></article>`,
  );
  return `<p>${escapeHtml(String(product.description))}</p><p>${escapeHtml(String(product.price))} EUR</p>
<h2>Comments</h2>${shown.join('')}
<form method="post" action="/comment"><input type="hidden" name="product" value="${Number(product.id)}">
<p><input name="author" aria-label="Your name" placeholder="Your name" required></p>
<p><textarea name="text" aria-label="Comment" placeholder="Comment" required></textarea></p><button>Post comment</button></form>`;
}

/** The login form. */
export function loginPage(message: string): string {
  return `${message === '' ? '' : `<p class="note">${escapeHtml(message)}</p>`}
<form method="post" action="/login"><p><input name="name" aria-label="Name" placeholder="Name (demo)" required></p>
<p><input type="password" name="password" aria-label="Password" placeholder="Password (demo)" required></p><button>Log in</button></form>`;
}

/** The picture form and what was uploaded so far. */
export function uploadPage(pictures: readonly { readonly id: number; readonly name: string }[]): string {
  const shown = pictures.map(
    ({ id, name }) =>
      `<figure><img src="/picture?id=${id}" alt="${escapeHtml(name)}"><figcaption>${escapeHtml(name)}</figcaption></figure>`,
  );
  return `<form method="post" action="/upload" enctype="multipart/form-data">
<input type="file" name="picture" accept="image/*" aria-label="Picture" required> <button>Upload</button></form>${shown.join('')}`;
}
