import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { openShop, type Shop } from './shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop(0);
});
after(async () => {
  await shop[Symbol.asyncDispose]();
});

const url = (target: string): string => `http://127.0.0.1:${shop.port}${target}`;

async function get(target: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url(target));
  return { status: response.status, body: await response.text() };
}

async function post(target: string, body: RequestInit['body'], headers: Record<string, string> = {}) {
  const response = await fetch(url(target), {
    method: 'POST',
    body: body ?? null,
    headers,
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const formFields = { 'Content-Type': 'application/x-www-form-urlencoded' };

for (const [target, status, part] of [
  ['/', 200, '<h1>All goods</h1>'],
  ['/search?q=lamp', 200, 'Brass Lamp'],
  [`/search?q=${encodeURIComponent("O'Reilly & Sons")}`, 200, 'Sea Atlas'],
  ['/search?q=nothing-like-it', 200, 'Nothing found.'],
  ['/search', 200, 'Bread Knife'],
  ['/category?name=kitchen', 200, 'Field Kettle'],
  ['/product?id=1', 200, 'O&#39;Reilly &amp; Sons'],
  ['/product?id=99', 404, 'No such product'],
  ['/login', 200, 'name="password"'],
  ['/upload', 200, 'multipart/form-data'],
  ['/picture?id=99', 404, 'No such picture'],
  ['/no-such-page', 404, 'There is no such page.'],
  ['//', 404, 'There is no such page.'],
] as const) {
  test(`shop: ${target} answers ${status}`, async () => {
    const answer = await get(target);
    assert.equal(answer.status, status);
    assert.ok(answer.body.includes(part), answer.body);
  });
}

test('shop: a target that is no address answers 400 and the shop goes on', async () => {
  const socket = net.connect(shop.port, '127.0.0.1');
  socket.end('GET [ HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 400 /);
  assert.equal((await get('/')).status, 200);
});

test('shop: injectable on purpose: SQL in the product id returns the customers', async () => {
  const attack = '1 UNION SELECT 1, name, password, 1, name FROM customer ORDER BY 1 LIMIT 1 OFFSET 0';
  const { status, body } = await get(`/product?id=${encodeURIComponent(`0 UNION ${attack.slice(8)}`)}`);
  assert.equal(status, 200);
  assert.ok(body.includes('<h1>demo</h1>'), body);
});

test('shop: injectable on purpose: SQL in the category returns everything', async () => {
  const { body } = await get(`/category?name=${encodeURIComponent("x' OR '1'='1")}`);
  assert.equal(body.split('<li>').length - 1, 6);
});

test('shop: careless on purpose: what SQLite says of a wrong statement is shown', async () => {
  const { status, body } = await get("/product?id=1'");
  assert.equal(status, 500);
  assert.match(body, /unrecognized token/);
});

test('shop: careless on purpose: the search word comes back unescaped', async () => {
  assert.ok((await get('/search?q=%3Cb%3Ehello')).body.includes('You searched for: <b>hello'));
});

test('shop: a comment with code in it is shown as text, newest first', async () => {
  const comment = (text: string) =>
    post(
      '/comment',
      new URLSearchParams({ product: '2', author: '<i>Ann</i>', text }).toString(),
      formFields,
    );
  const first = await comment('<script>alert(1)</script>');
  assert.deepEqual([first.status, first.headers.get('location')], [303, '/product?id=2']);
  await comment("if (a < b && c) { say('x'); }");
  const { body } = await get('/product?id=2');
  assert.equal(body.includes('<script>'), false);
  assert.ok(
    body.includes('<b>&lt;i&gt;Ann&lt;/i&gt;</b><pre>&lt;script&gt;alert(1)&lt;/script&gt;</pre>'),
    body,
  );
  assert.ok(body.indexOf('if (a &lt; b &amp;&amp; c)') < body.indexOf('alert(1)'));
});

test('shop: keeps the 50 newest comments of a product', async () => {
  for (let number = 1; number <= 51; number += 1) {
    await post('/comment', `product=3&author=a&text=number-${number}-`, formFields);
  }
  const { body } = await get('/product?id=3');
  assert.equal(body.split('<article>').length - 1, 50);
  assert.equal(body.includes('number-1-'), false);
  assert.ok(body.includes('number-2-') && body.includes('number-51-'));
});

for (const product of ['99', '-1', 'x', '1.5', '', '1 OR 1=1']) {
  test(`shop: a comment on product ${JSON.stringify(product)}, which does not exist, answers 404`, async () => {
    const body = new URLSearchParams({ product, author: 'a', text: 'b' }).toString();
    assert.equal((await post('/comment', body, formFields)).status, 404);
  });
}

test('shop: login greets by name until the session is unknown', async () => {
  const { status, headers } = await post('/login', 'name=demo&password=demo', formFields);
  assert.equal(status, 303);
  const cookie = headers.get('set-cookie') ?? '';
  assert.match(cookie, /^shop_session=[0-9a-f]{32}; HttpOnly; SameSite=Lax; Path=\/$/);
  const greeted = await fetch(url('/'), { headers: { Cookie: cookie.split(';', 1)[0]! } });
  assert.ok((await greeted.text()).includes('Hello, demo'));
  const stranger = await fetch(url('/'), { headers: { Cookie: `shop_session=${'0'.repeat(32)}` } });
  assert.ok((await stranger.text()).includes('Log in'));
});

for (const [body, why] of [
  ['name=demo&password=wrong', 'a wrong password'],
  ["name=demo'--&password=x", 'SQL in the name'],
  ["name=demo&password=' OR '1'='1", 'SQL in the password'],
  ['', 'nothing'],
] as const) {
  test(`shop: login with ${why} answers 401`, async () => {
    const answer = await post('/login', body, formFields);
    assert.equal(answer.status, 401);
    assert.ok(answer.body.includes('Name or password is wrong.'));
  });
}

test('shop: forms of other kinds and torn ones answer 400', async () => {
  for (const [body, type] of [
    ['{"name":"demo"}', 'application/json'],
    ['--x\r\nContent-Disposition: form-data; name="name"', 'multipart/form-data; boundary=x'],
    ['name=demo', 'multipart/form-data'],
  ] as const) {
    assert.equal((await post('/login', body, { 'Content-Type': type })).status, 400, type);
  }
});

for (const [bytes, status] of [
  [65_535, 401],
  [65_536, 401],
  [65_537, 413],
  [500_000, 413],
] as const) {
  test(`shop: a form of ${bytes} bytes answers ${status}`, async () => {
    const body = `name=${'a'.repeat(bytes - 5)}`;
    assert.equal((await post('/login', body, formFields)).status, status);
  });
}

/** A multipart body of exactly `bytes` bytes with one picture in it. */
function pictureForm(
  bytes: number,
  name: string,
  type: string,
): { body: Buffer; headers: Record<string, string> } {
  const head = `--edge\r\nContent-Disposition: form-data; name="picture"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
  const tail = '\r\n--edge--\r\n';
  const content = Buffer.alloc(bytes - head.length - tail.length, 'p');
  return {
    body: Buffer.concat([Buffer.from(head), content, Buffer.from(tail)]),
    headers: { 'Content-Type': 'multipart/form-data; boundary=edge' },
  };
}

for (const [bytes, status] of [
  [8_388_607, 303],
  [8_388_608, 303],
  [8_388_609, 413],
] as const) {
  test(`shop: an upload of ${bytes} bytes answers ${status}`, async () => {
    const { body, headers } = pictureForm(bytes, 'a.png', 'image/png');
    assert.equal((await post('/upload', new Uint8Array(body), headers)).status, status);
  });
}

for (const [type, status] of [
  ['image/png', 303],
  ['image/jpeg', 303],
  ['image/svg+xml', 422],
  ['text/html', 422],
] as const) {
  test(`shop: an upload of type ${type} answers ${status}`, async () => {
    const { body, headers } = pictureForm(400, 'a', type);
    assert.equal((await post('/upload', new Uint8Array(body), headers)).status, status);
  });
}

test('shop: a picture comes back as it was, its name escaped; the 8 newest are kept', async () => {
  for (let number = 1; number <= 9; number += 1) {
    const { body, headers } = pictureForm(300 + number, `<b>&${number}`, 'image/png');
    await post('/upload', new Uint8Array(body), headers);
  }
  const { body } = await get('/upload');
  assert.equal(body.split('<figure>').length - 1, 8);
  assert.equal(body.includes('<b>&'), false);
  assert.ok(body.includes('alt="&lt;b&gt;&amp;9"'), body);
  const id = /picture\?id=(\d+)" alt="&lt;b&gt;&amp;9"/.exec(body)?.[1];
  const picture = await fetch(url(`/picture?id=${id}`));
  assert.equal(picture.headers.get('content-type'), 'image/png');
  assert.equal(picture.headers.get('x-content-type-options'), 'nosniff');
  assert.match(await picture.text(), /^p+$/);
});

test('shop: HEAD answers without a body', async () => {
  const response = await fetch(url('/'), { method: 'HEAD' });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), '');
});

test('shop: a client that leaves in the middle of a form does not hurt it', async () => {
  const socket = net.connect(shop.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nname=');
  socket.destroy();
  await once(socket, 'close');
  assert.equal((await get('/')).status, 200);
});

test('shop: a port that is taken is a fault that names it and the remedy', async () => {
  await assert.rejects(openShop(shop.port), {
    code: 'demo-listen-failed',
    message: `the demo shop cannot listen on 127.0.0.1:${shop.port}: another program uses that port (see "ss -ltnp"); choose another with --demo-port PORT, or 0 for any free one`,
  });
});
