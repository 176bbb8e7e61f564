/**
 * A visitor in Chromium walks through the demo shop behind the node: nothing that people do there is refused, and one attack
 * is, with a page that says so and an incident that can be explained.
 *
 * Needs chromium; traffic goes to loopback only. SECBEAT_SCREENSHOTS names a directory that keeps the pictures.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import { comments, passwords, searches } from './visit.ts';

const chromiumPath = '/usr/bin/chromium';
/** Of one page; a page takes milliseconds, Chromium's first one seconds. */
const pageMs = 30_000;

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

for (const isTls of [false, true]) {
  describe(`walk through the shop: ${isTls ? 'https' : 'http'}`, () => {
    let directory: string;
    let node: NodeProcess;
    let context: BrowserContext;
    let page: Page;
    /** `STATUS METHOD URL` of every response. */
    const responses: string[] = [];

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'secbeat-walk-'));
      node = await startNode({
        command: 'up',
        args: ['--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0'],
      });
      context = await chromium.launchPersistentContext(join(directory, 'profile'), {
        executablePath: chromiumPath,
        headless: true,
        args: chromiumArguments,
        ignoreHTTPSErrors: true,
        viewport: { width: 1024, height: 768 },
        baseURL: node.url(isTls),
      });
      context.setDefaultTimeout(pageMs);
      page = context.pages()[0] ?? (await context.newPage());
      page.on('response', (response) => {
        responses.push(`${response.status()} ${response.request().method()} ${response.url()}`);
      });
    });

    after(async () => {
      await context?.close();
      await node?.[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    });

    it('the front page lists all goods', async () => {
      await page.goto('/');
      assert.equal(await page.locator('h1').textContent(), 'All goods');
      assert.equal(await page.locator('ul.products li').count(), 6);
      await screenshot('shop');
    });

    it('the categories are browsed by their links', async () => {
      for (const [link, first] of [
        ['Books', 'Sea Atlas'],
        ['Kitchen', 'Field Kettle'],
      ] as const) {
        await page.getByRole('link', { name: link, exact: true }).click();
        assert.equal(await page.locator('ul.products li b').first().textContent(), first);
      }
    });

    for (const { word, hits } of searches) {
      it(`a search for ${JSON.stringify(word)} finds ${hits}`, async () => {
        await page.goto('/');
        await page.getByLabel('Search').fill(word);
        await page.getByRole('button', { name: 'Search' }).click();
        assert.equal(await page.locator('h1').textContent(), 'Search');
        assert.equal(await page.locator('ul.products li').count(), hits);
      });
    }

    for (const { author, text } of comments) {
      it(`a comment by ${author} is posted and shown: ${JSON.stringify(text.slice(0, 40))}`, async () => {
        await page.goto('/product?id=1');
        await page.getByLabel('Your name').fill(author);
        await page.getByLabel('Comment').fill(text);
        await page.getByRole('button', { name: 'Post comment' }).click();
        const newest = page.locator('article').first();
        assert.equal(await newest.locator('b').textContent(), author);
        const shown = await newest.locator('pre').textContent();
        assert.equal(shown?.replaceAll('\r\n', '\n'), text);
      });
    }

    it('a picture is uploaded and shown', async () => {
      await page.goto('/upload');
      await page.getByLabel('Picture').setInputFiles({
        name: "O'Reilly & Sons (1).png",
        mimeType: 'image/png',
        buffer: pngPicture(64, 48),
      });
      await page.getByRole('button', { name: 'Upload' }).click();
      const picture = page.locator('figure img').first();
      await picture.waitFor();
      await page.waitForLoadState('load');
      assert.deepEqual(
        await picture.evaluate((image) => ({
          width: (image as unknown as { naturalWidth: number }).naturalWidth,
          height: (image as unknown as { naturalHeight: number }).naturalHeight,
        })),
        { width: 64, height: 48 },
      );
    });

    for (const password of passwords) {
      it(`the wrong password ${password} is answered by the shop`, async () => {
        await page.goto('/login');
        await page.getByLabel('Name').fill('demo');
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Log in' }).click();
        assert.equal(await page.locator('.note').textContent(), 'Name or password is wrong.');
      });
    }

    it('the right password logs in', async () => {
      await page.goto('/login');
      await page.getByLabel('Name').fill('demo');
      await page.getByLabel('Password').fill('demo');
      await page.getByRole('button', { name: 'Log in' }).click();
      assert.match((await page.locator('header').textContent()) ?? '', /Hello, demo/);
    });

    it('nothing of all this was refused', async () => {
      assert(responses.length > 3 * comments.length, `${responses.length} responses`);
      assert.deepEqual(
        responses.filter((response) => /^(?:403|429|5\d\d) /.test(response)),
        [],
      );
      const { passed, denied } = await countVerdicts(node);
      assert.equal(denied, 0);
      assert(passed >= responses.length, `${passed} passed of ${responses.length}`);
    });

    it('an attack in the address bar meets the page that refuses it, and is explained', async () => {
      const response = await page.goto(
        '/product?id=1%20UNION%20SELECT%201,name,password,4,5%20FROM%20customer',
      );
      assert.equal(response?.status(), 403);
      assert.match((await response?.headerValue('content-type')) ?? '', /^text\/html/);
      assert.equal(await page.locator('h1').textContent(), 'Request refused');
      await screenshot('refused');
      const incident = (await page.locator('code').textContent()) ?? '';
      const event = await requestControl<'explain'>(node.dataDirectory, { op: 'explain', id: incident });
      assert.equal(event?.id, incident);
      assert.deepEqual(
        [event?.verdict, event?.reason, event?.status, event?.path],
        ['deny', 'waf', 403, '/product'],
      );
      assert(
        event?.waf?.matches.some(({ ruleId, place }) => ruleId === 150010 && place.includes('50-sql.conf')),
      );
      assert.equal((await countVerdicts(node)).denied, 1);
    });

    async function screenshot(name: string): Promise<void> {
      const folder = process.env['SECBEAT_SCREENSHOTS'] ?? directory;
      mkdirSync(folder, { recursive: true });
      await page.screenshot({
        path: join(folder, `${name}-${isTls ? 'https' : 'http'}.png`),
        fullPage: true,
      });
    }
  });
}

/** Reads how many exchanges ended in `pass` and how many in a verdict that refuses. */
async function countVerdicts(node: NodeProcess): Promise<{ passed: number; denied: number }> {
  const text = await node.metrics();
  const count = (verdict: string): number => {
    const found = new RegExp(`^secbeat_exchanges_total\\{verdict="${verdict}"\\} (\\d+)$`, 'm').exec(text);
    assert(found !== null, `no secbeat_exchanges_total for ${verdict} in\n${text}`);
    return Number(found[1]);
  };
  return {
    passed: count('pass'),
    denied: count('deny') + count('throttle') + count('drop') + count('challenge'),
  };
}

/** A picture with a gradient. Source: PNG specification (third edition), sections 5, 9 and 11. */
function pngPicture(width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set([x * 4, y * 5, 128], y * (1 + width * 3) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}
