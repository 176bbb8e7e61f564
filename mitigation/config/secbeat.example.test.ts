import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensureSelfSigned } from '../connection/tls/self-signed.ts';
import { parseConfigDocument } from './document.ts';
import { readConfig } from './load.ts';
import { createConfigSchema } from './schema.ts';
import type { SchemaNode } from './schema-node.ts';

const exampleFile = fileURLToPath(new URL('./secbeat.example.yaml', import.meta.url));
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secbeat-example-'));
});

after(() => rm(directory, { recursive: true }));

/** The blocks of `#|` lines, alone and together. */
async function readExamples(): Promise<string> {
  const lines = (await readFile(exampleFile, 'utf8')).split('\n');
  return lines.flatMap((line) => (line.startsWith('#| ') ? [line.slice(3)] : [])).join('\n');
}

function treeOf(text: string): Record<string, unknown> {
  const result = parseConfigDocument('example', text);
  assert.equal(result.kind, 'document');
  return result.kind === 'document' ? result.document.tree : {};
}

test('example: as it is, it loads and says nothing but the defaults', async () => {
  const options = { environment: {}, selfSigned: 'skip' } as const;
  const example = await readConfig({ ...options, file: exampleFile });
  const bare = await readConfig({ ...options, upstream: 'http://127.0.0.1:3000' });
  assert.deepEqual(example.tree, bare.tree);
});

test('example: its examples load too', async () => {
  const made = await ensureSelfSigned(join(directory, 'made'), ['shop.example.org']);
  await mkdir(join(directory, 'tls'));
  await mkdir(join(directory, 'pages'));
  await writeFile(join(directory, 'tls/shop.crt.pem'), made.certificatePem);
  await writeFile(join(directory, 'tls/shop.key.pem'), made.keyPem, { mode: 0o600 });
  for (const page of ['denied', 'too-many', 'error'])
    await writeFile(join(directory, `pages/${page}.html`), page);
  const file = join(directory, 'secbeat.yaml');
  await writeFile(file, await readExamples());
  const { config } = await readConfig({ file, environment: {}, selfSigned: 'skip' });
  assert.deepEqual(
    config.hosts.flatMap((host) => host.routes).map((route) => route.name),
    ['shop.example.org /admin/editor', 'shop.example.org /api', 'shop.example.org /', 'docs.example.org /'],
  );
  assert.equal(config.upstreams[0]?.connectTimeoutMs, 5000);
  assert.equal(config.denylist[0]?.reason, 'scans since March');
});

describe('example: every key of the schema is in it', async () => {
  const active = treeOf(await readFile(exampleFile, 'utf8'));
  const examples = treeOf(await readExamples());
  const keysSaid = [...listKeys(active), ...listKeys(examples)]
    // The name of an upstream is no key.
    .map((key) => key.replace(/^upstreams\.[^.]+\./, 'upstreams.'));
  // What a route may say, its host may say too.
  const said = new Set([...keysSaid, ...keysSaid.map((key) => key.replace('hosts.routes.', 'hosts.'))]);
  const keys = listSchemaKeys(createConfigSchema());
  assert.ok(keys.length > 50);
  for (const key of keys) test(key, () => assert.ok(said.has(key), `${key} is not in secbeat.example.yaml`));
});

/** Keys without indexes. */
function listKeys(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => listKeys(item, path))];
  if (typeof value !== 'object' || value === null) return [path];
  const children = Object.entries(value).flatMap(([key, child]) =>
    listKeys(child, path === '' ? key : `${path}.${key}`),
  );
  return [path, ...children];
}

function listSchemaKeys(node: SchemaNode, path = ''): readonly string[] {
  const below = [node.items, node.additionalProperties].filter((child) => typeof child === 'object');
  return [
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
      const childPath = path === '' ? key : `${path}.${key}`;
      return [childPath, ...listSchemaKeys(child, childPath)];
    }),
    ...below.flatMap((child) => listSchemaKeys(child, path)),
  ];
}
