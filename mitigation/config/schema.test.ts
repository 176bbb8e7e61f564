import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { checkForm, type Form } from './form.ts';
import { listVariables } from './overlay.ts';
import { createConfigSchema, renderConfigSchema } from './schema.ts';
import type { SchemaNode } from './schema-node.ts';

function listNodes(node: SchemaNode, path: string): readonly (readonly [path: string, node: SchemaNode])[] {
  const children: (readonly [string, SchemaNode])[] = Object.entries(node.properties ?? {}).map(
    ([key, child]) => [`${path}.${key}`, child],
  );
  if (node.items !== undefined) children.push([`${path}[]`, node.items]);
  if (typeof node.additionalProperties === 'object') children.push([`${path}.*`, node.additionalProperties]);
  return children.flatMap(
    ([childPath, child]) => [[childPath, child], ...listNodes(child, childPath)] as const,
  );
}

const nodes = listNodes(createConfigSchema(), '');

describe('schema: every key has a meaning, and its default fits its own bounds', () => {
  assert.ok(nodes.length > 60);
  for (const [path, node] of nodes) {
    test(path, () => {
      // Items of lists of numbers have their meaning in the list.
      if (!path.endsWith('[]'))
        assert.match(node.description ?? '', /[.)]$/, 'no description, or no sentence');
      const form: Form | undefined = node['x-form'];
      if (form !== undefined && node.default !== undefined) {
        assert.equal(checkForm(form, String(node.default)), undefined);
      }
    });
  }
});

test('schema: what is rendered is JSON Schema that another validator takes, and it refuses and accepts', () => {
  const rendered = JSON.parse(renderConfigSchema()) as { $schema: string };
  assert.equal(rendered.$schema, 'http://json-schema.org/draft-07/schema#');
  const ajv = new Ajv({ strict: false });
  assert.equal(ajv.validate(rendered, { upstream: 'http://127.0.0.1:1', limits: { fieldsMax: 20 } }), true);
  assert.equal(ajv.validate(rendered, {}), true);
  assert.equal(ajv.validate(rendered, { limits: { fieldsMax: 9 } }), false);
  assert.equal(ajv.validate(rendered, { foo: 1 }), false);
  assert.equal(ajv.validate(rendered, { hosts: [{}] }), false);
});

test('schema: variables are named after their keys', () => {
  const names = [...listVariables(createConfigSchema()).keys()];
  for (const name of [
    'SECBEAT_LISTEN',
    'SECBEAT_TLS_LISTEN',
    'SECBEAT_REDIRECT_TO_HTTPS',
    'SECBEAT_DATA_DIRECTORY',
    'SECBEAT_UPSTREAM',
    'SECBEAT_TRUSTED_PROXIES',
    'SECBEAT_LIMITS_IPV6_PREFIX_BITS',
    'SECBEAT_WAF_RULES',
    'SECBEAT_PAGES_DENY',
    'SECBEAT_LOG_LEVEL',
    'SECBEAT_ALLOWLIST',
    'SECBEAT_DENYLIST',
  ]) {
    assert.ok(names.includes(name), `${name} is not among ${names.join(' ')}`);
  }
  for (const name of ['SECBEAT_HOSTS', 'SECBEAT_UPSTREAMS', 'SECBEAT_CERTIFICATES']) {
    assert.ok(!names.includes(name), name);
  }
});
