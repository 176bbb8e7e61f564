/**
 * Debian's sqlmap against the demo shop: it finds the shop injectable, and through the node it does not.
 *
 * It calls itself a browser: as sqlmap it would be refused by its name alone, which proves nothing. Needs sqlmap; traffic
 * goes to loopback only.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openShop, type Shop } from '@secbeat/cli/demo/shop.ts';
import { type NodeProcess, startNode } from '../support/node-process.ts';

const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36';
/** One run takes 1 to 5 s. */
const runMs = 60_000;

const found = 'sqlmap identified the following injection point';
const notFound = 'all tested parameters do not appear to be injectable';

/** The holes of the shop, each in a number and in a string. */
const targets = ['/product?id=1', '/category?name=books'] as const;

/** How sqlmap tries to get past a filter. */
const disguises: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['plain, level 2', ['--level', '2']],
  ['comments for blanks, mixed case', ['--level', '1', '--tamper', 'space2comment,randomcase']],
  ['BETWEEN for comparisons, versioned comments', ['--level', '1', '--tamper', 'between,versionedkeywords']],
  ['encoded once more', ['--level', '1', '--tamper', 'chardoubleencode']],
];

describe('sqlmap', () => {
  let shop: Shop;
  let node: NodeProcess;
  let directory: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'secbeat-sqlmap-'));
    shop = await openShop(0);
    node = await startNode({
      args: [
        '--upstream',
        `http://127.0.0.1:${shop.port}`,
        '--listen',
        '127.0.0.1:0',
        '--tls-listen',
        '127.0.0.1:0',
      ],
    });
  });

  after(async () => {
    await node?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const target of targets) {
    it(`${target}: found without the node`, async () => {
      const output = await runSqlmap(`http://127.0.0.1:${shop.port}${target}`, [
        '--level',
        '1',
        '--technique',
        'BU',
      ]);
      assert(output.includes(found), output);
    });

    for (const [what, args] of disguises) {
      it(`${target}: not found through the node, ${what}`, async () => {
        const output = await runSqlmap(`${node.url()}${target}`, args);
        assert(!output.includes(found), output);
        assert(output.includes(notFound), output);
        // It must have been refused, not merely unlucky.
        const refused = Number(/^403 \(Forbidden\) - (\d+) times/m.exec(output)?.[1] ?? 0);
        assert(refused >= 20, output);
      });
    }
  }

  it('/product?id=1: not found through the node by TLS', async () => {
    const output = await runSqlmap(`${node.url(true)}/product?id=1`, ['--level', '1']);
    assert(!output.includes(found), output);
    assert(output.includes(notFound), output);
  });

  it('by its own name it is refused from the first request', async () => {
    const response = await fetch(`${node.url()}/product?id=1`, {
      headers: { 'User-Agent': 'sqlmap/1.7.2#stable (https://sqlmap.org)' },
    });
    assert.equal(response.status, 403);
  });

  it('the page itself is served through the node', async () => {
    for (const target of targets) {
      const response = await fetch(`${node.url()}${target}`, { headers: { 'User-Agent': browser } });
      assert.equal(response.status, 200, target);
    }
  });

  /** Runs sqlmap in an empty home and returns all that it wrote. Throws when it is not there, fails or is late. */
  async function runSqlmap(url: string, args: readonly string[]): Promise<string> {
    const home = mkdtempSync(join(directory, 'run-'));
    const child = spawn(
      'sqlmap',
      [
        ...[
          '-u',
          url,
          '--batch',
          '--risk',
          '1',
          '--flush-session',
          '--disable-coloring',
          '--output-dir',
          home,
        ],
        ...['--user-agent', browser, '--timeout', '10', '--retries', '0', ...args],
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, HOME: home, XDG_DATA_HOME: home, NO_PROXY: '*' },
        timeout: runMs,
        killSignal: 'SIGKILL',
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [code, processSignal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    assert.equal(code, 0, `sqlmap ended with ${code ?? processSignal} (limit ${runMs} ms)\n${output}`);
    return output;
  }
});
