/**
 * The demo origin: a small shop with search, login, comments and upload, good enough to be browsed and weak enough to be
 * attacked. It answers on loopback only.
 *
 * Two holes are left open on purpose, so that there is something to protect: SQL injection in `/product?id=` and
 * `/category?name=` (see `database.ts`), and the search word, which `/search` shows unescaped.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asError, Fault } from '@secbeat/base/fault.ts';
import { ShopDatabase } from './database.ts';
import { escapeHtml, loginPage, page, productList, productPage, uploadPage } from './pages.ts';

const formBytesMax = 64 * 1024;
const pictureBytesMax = 8 * 1024 * 1024;
const picturesMax = 8;
const sessionsMax = 1_000;

interface Picture {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** What a page function answers. */
interface Reply {
  readonly status: number;
  /** Content-Type, whole. */
  readonly type: string;
  readonly body: string | Buffer;
  readonly fields?: Readonly<Record<string, string>>;
}

/** A running shop. */
export interface Shop extends AsyncDisposable {
  readonly port: number;
}

/** Opens the shop on `127.0.0.1:port`; port 0 lets the kernel choose. */
export async function openShop(port: number): Promise<Shop> {
  const shop = new DemoShop();
  const server = createServer((request, response) => void shop.handle(request, response));
  // Longer than the node keeps idle connections, so that it never meets one that is just being closed.
  server.keepAliveTimeout = 15_000;
  await listenOnLoopback(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      shop[Symbol.dispose]();
    },
  };
}

async function listenOnLoopback(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const { code } = error as NodeJS.ErrnoException;
      const why =
        code === 'EADDRINUSE' ? 'another program uses that port (see "ss -ltnp")' : (code ?? error.message);
      const message = `the demo shop cannot listen on 127.0.0.1:${port}: ${why}; choose another with --demo-port PORT, or 0 for any free one`;
      reject(new Fault('demo-listen-failed', message, { source: 'operator', cause: error }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

class DemoShop implements Disposable {
  readonly #database = new ShopDatabase();
  readonly #sessions = new Map<string, string>();
  readonly #pictures: Picture[] = [];
  #nextPicture = 1;

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Reply;
    try {
      reply = await this.#answer(request);
    } catch (thrown) {
      if (response.destroyed) return;
      reply = replyToFailure(thrown);
    }
    response.writeHead(reply.status, { 'Content-Type': reply.type, ...reply.fields });
    response.end(reply.body);
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const url = URL.parse(`http://shop.invalid${request.url ?? '/'}`);
    if (url === null) return html(page('Not found', '<p>That is no address.</p>', ''), 400);
    const customer = this.#customerOf(request);
    const database = this.#database;
    const parameter = (name: string): string => url.searchParams.get(name) ?? '';
    switch (`${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`) {
      case 'GET /':
        return html(page('All goods', productList(database.search('')), customer));
      case 'GET /search': {
        const word = parameter('q');
        const found = productList(database.search(word));
        return html(page('Search', `<p>You searched for: ${word}</p>${found}`, customer));
      }
      case 'GET /category':
        return html(page('Category', productList(database.listCategory(parameter('name'))), customer));
      case 'GET /product': {
        const product = database.findProduct(parameter('id'));
        if (product === undefined)
          return html(page('No such product', '<p>It may have been sold.</p>', customer), 404);
        return html(
          page(String(product.name), productPage(product, database.comments(Number(product.id))), customer),
        );
      }
      case 'POST /comment':
        return this.#comment(await readForm(request, formBytesMax));
      case 'GET /login':
        return html(page('Log in', loginPage(''), customer));
      case 'POST /login':
        return this.#login(await readForm(request, formBytesMax));
      case 'GET /upload':
        return html(page('Pictures', uploadPage(this.#pictures), customer));
      case 'POST /upload':
        return await this.#upload(await readForm(request, pictureBytesMax));
      case 'GET /picture': {
        const picture = this.#pictures.find(({ id }) => String(id) === parameter('id'));
        if (picture === undefined) return html(page('No such picture', '', customer), 404);
        return {
          status: 200,
          type: picture.type,
          body: picture.bytes,
          fields: { 'X-Content-Type-Options': 'nosniff' },
        };
      }
      default:
        return html(page('Not found', '<p>There is no such page.</p>', customer), 404);
    }
  }

  #customerOf(request: IncomingMessage): string {
    const session = /(?:^|;\s*)shop_session=([0-9a-f]{32})/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    return this.#sessions.get(session) ?? '';
  }

  #comment(form: FormData): Reply {
    const product = Number(text(form, 'product'));
    if (!this.#database.hasProduct(product)) {
      return html(page('No such product', '<p>It may have been sold.</p>', ''), 404);
    }
    this.#database.addComment(
      product,
      text(form, 'author').slice(0, 80),
      text(form, 'text').slice(0, 10_000),
    );
    return redirect(`/product?id=${product}`);
  }

  #login(form: FormData): Reply {
    const name = text(form, 'name');
    if (!this.#database.hasCustomer(name, text(form, 'password'))) {
      return html(page('Log in', loginPage('Name or password is wrong.'), ''), 401);
    }
    const session = randomBytes(16).toString('hex');
    if (this.#sessions.size >= sessionsMax) this.#sessions.clear();
    this.#sessions.set(session, name);
    return {
      ...redirect('/'),
      fields: { Location: '/', 'Set-Cookie': `shop_session=${session}; HttpOnly; SameSite=Lax; Path=/` },
    };
  }

  async #upload(form: FormData): Promise<Reply> {
    const file = form.get('picture');
    if (!(file instanceof File) || !/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      return html(
        page('Pictures', '<p class="note">Please choose a PNG, JPEG, GIF or WebP picture.</p>', ''),
        422,
      );
    }
    const bytes = Buffer.from(await file.arrayBuffer());
    this.#pictures.push({ id: this.#nextPicture, name: file.name.slice(0, 80), type: file.type, bytes });
    this.#nextPicture += 1;
    if (this.#pictures.length > picturesMax) this.#pictures.shift();
    return redirect('/upload');
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }
}

function html(body: string, status = 200): Reply {
  return { status, type: 'text/html; charset=utf-8', body };
}

function redirect(location: string): Reply {
  return { status: 303, type: 'text/plain; charset=utf-8', body: '', fields: { Location: location } };
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

/** A form that is not taken, with the status that says so. */
class FormRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

function replyToFailure(thrown: unknown): Reply {
  const message = asError(thrown).message;
  if (thrown instanceof FormRefused) {
    const main = `<p class="note">${escapeHtml(message)}</p>`;
    return { ...html(page('Not taken', main, ''), thrown.status), fields: { Connection: 'close' } };
  }
  // What SQLite says is shown, as careless applications do: attack tools read it.
  return { status: 500, type: 'text/plain; charset=utf-8', body: message };
}

/** Reads a form of either encoding. Throws `FormRefused` when it is larger than `bytesMax` or no form. */
async function readForm(request: IncomingMessage, bytesMax: number): Promise<FormData> {
  const body = await readBody(request, bytesMax);
  const contentType = request.headers['content-type'] ?? 'application/x-www-form-urlencoded';
  try {
    return await new Response(body, { headers: { 'Content-Type': contentType } }).formData();
  } catch (cause) {
    throw new FormRefused(400, 'The form cannot be read.', { cause });
  }
}

/**
 * Reads at most `bytesMax` bytes. What comes after them is read and forgotten: a browser that is still sending would not see the
 * answer if the connection were closed under it.
 */
function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(new FormRefused(413, `Please send no more than ${bytesMax / 1024} KiB.`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}
