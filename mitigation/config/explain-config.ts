/**
 * Renders the configuration in force, each value with who said it: `secbeat config explain [KEY]`.
 *
 * Private keys and other secrets are never in the tree, only the paths of their files.
 */
import { Fault } from '@secbeat/base/fault.ts';
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import { isPlainObject } from './document.ts';
import type { LoadedConfig } from './load.ts';
import { listVariables } from './overlay.ts';
import { type ConfigPath, formatOrigin, formatPath } from './place.ts';
import { createConfigSchema } from './schema.ts';
import { childOf, type SchemaNode } from './schema-node.ts';

interface ExplainedValue {
  readonly path: string;
  readonly value: string;
  readonly origin: string;
}

/**
 * Returns one line per value, `key = value  # origin`, with a line feed at the end.
 *
 * With `key` (`limits`, `limits.fieldsMax`, `hosts[0].routes`) only what is below it, with its meaning, its default and
 * its environment variable. Throws a `Fault` for a key that does not exist.
 */
export function explainConfig(loaded: LoadedConfig, key?: string): string {
  const schema = createConfigSchema();
  const values: ExplainedValue[] = [];
  collect(schema, loaded.tree, [], loaded, values);
  if (key === undefined || key === '') return renderValues(values);
  const node = findNode(schema, key);
  const below = values.filter(
    ({ path }) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`),
  );
  return `${describeNode(schema, key, node)}${below.length === 0 ? `${key} is not set\n` : renderValues(below)}`;
}

/** Lists the values of `value` in the order of the schema. */
function collect(
  node: SchemaNode,
  value: unknown,
  path: ConfigPath,
  loaded: LoadedConfig,
  into: ExplainedValue[],
): void {
  if (isPlainObject(value)) {
    const known = Object.keys(node.properties ?? {}).filter((key) => value[key] !== undefined);
    const own = Object.keys(value).filter((key) => !known.includes(key));
    for (const key of [...known, ...own]) {
      collect(childOf(node, key) ?? {}, value[key], [...path, key], loaded, into);
    }
    if (known.length + own.length > 0 || path.length === 0) return;
  }
  if (Array.isArray(value) && value.some(isPlainObject)) {
    for (const [index, item] of value.entries())
      collect(node.items ?? {}, item, [...path, index], loaded, into);
    return;
  }
  const origin = loaded.originOf(path);
  into.push({
    path: formatPath(path),
    value: JSON.stringify(value),
    origin: origin.kind === 'default' ? 'default' : formatOrigin(origin),
  });
}

function renderValues(values: readonly ExplainedValue[]): string {
  // Bounded: one long list does not push all origins out of sight.
  const width = Math.min(60, Math.max(...values.map(({ path, value }) => path.length + value.length + 3), 0));
  return values
    .map(({ path, value, origin }) => `${`${path} = ${value}`.padEnd(width)}  # ${origin}\n`)
    .join('');
}

function findNode(schema: SchemaNode, key: string): SchemaNode {
  let node = schema;
  let walked = '';
  for (const step of key.replaceAll(/\[\d+\]/g, '.[]').split('.')) {
    const child = step === '[]' ? node.items : childOf(node, step);
    if (child === undefined) {
      const known = Object.keys(node.properties ?? {});
      const nearest = nearestWord(step, known);
      const remedy =
        nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${walked}${nearest}"?`;
      throw new Fault('config-key-unknown', `unknown key "${key}"; ${remedy}`, { source: 'operator' });
    }
    node = child;
    if (step !== '[]') walked += `${step}.`;
  }
  return node;
}

function describeNode(schema: SchemaNode, key: string, node: SchemaNode): string {
  const lines = [node.description ?? ''];
  if (node.default !== undefined && node.type !== 'object')
    lines.push(`Default: ${JSON.stringify(node.default)}`);
  for (const [name, variable] of listVariables(schema)) {
    if (formatPath(variable.path) === key) lines.push(`Environment: ${name}`);
  }
  return lines
    .filter((line) => line !== '')
    .map((line) => `# ${line}\n`)
    .join('');
}
