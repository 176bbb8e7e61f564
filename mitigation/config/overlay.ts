/**
 * What the command line and the environment say, laid over the tree of the file.
 *
 * Every key that is a single value, or a list of them, at a fixed place has a variable: `limits.requestsPerSecond` is
 * `SECBEAT_LIMITS_REQUESTS_PER_SECOND`. Lists are separated by commas. An empty variable is as good as none.
 */
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import { type ConfigDocument, isPlainObject } from './document.ts';
import { type ConfigPath, formatPath, type Origin } from './place.ts';
import type { SchemaNode } from './schema-node.ts';

/** Environment variables by name, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One value said outside the file. */
export interface Override {
  readonly path: ConfigPath;
  readonly value: unknown;
  readonly origin: Origin;
}

/** The tree with all that was said in it, and who said what. */
export interface LayeredTree {
  readonly tree: Record<string, unknown>;
  /** Who said the value at `path`. */
  originOf(path: ConfigPath, part?: 'key' | 'value'): Origin;
  /** Where to point a person who shall change `path`: its value, else what is around it, else the file. */
  placeOf(path: ConfigPath, part?: 'key' | 'value'): Origin;
}

/** Names the configuration file itself. */
export const configFileVariable = 'SECBEAT_CONFIG';

/** Lays `overrides` over the document, the later over the earlier. Changes the document's tree. */
export function layOver(document: ConfigDocument, overrides: readonly Override[]): LayeredTree {
  const origins = new Map<string, Origin>();
  for (const override of overrides) {
    if (setAt(document.tree, override.path, override.value)) {
      origins.set(formatPath(override.path), override.origin);
    }
  }
  const originOf = (path: ConfigPath, part: 'key' | 'value' = 'value'): Origin => {
    for (let length = path.length; length > 0; length--) {
      const origin = origins.get(formatPath(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return document.find(path, part) ?? { kind: 'default' };
  };
  const placeOf = (path: ConfigPath, part?: 'key' | 'value'): Origin => {
    for (let length = path.length; length > 0; length--) {
      const origin = originOf(path.slice(0, length), length === path.length ? part : 'value');
      if (origin.kind !== 'default') return origin;
    }
    return document.file === ''
      ? { kind: 'default' }
      : { kind: 'file', file: document.file, line: 0, column: 0 };
  };
  return { tree: document.tree, originOf, placeOf };
}

/** Returns what the variables say, and a warning for each that looks like a mistyped one. */
export function readEnvironment(
  schema: SchemaNode,
  environment: Environment,
): { readonly overrides: readonly Override[]; readonly warnings: readonly string[] } {
  const variables = listVariables(schema);
  const overrides: Override[] = [];
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('SECBEAT_') || text === undefined || text === '' || name === configFileVariable) {
      continue;
    }
    const variable = variables.get(name);
    if (variable === undefined) {
      // Not an error: orchestrators set variables of their own after the name of a service.
      const nearest = nearestWord(name, variables.keys());
      if (nearest !== undefined) warnings.push(`${name} is no setting; did you mean ${nearest}?`);
      continue;
    }
    overrides.push({
      path: variable.path,
      value: typedValue(variable.node, text),
      origin: { kind: 'environment', name },
    });
  }
  return { overrides, warnings };
}

/** Returns every variable with the key that it sets. */
export function listVariables(
  schema: SchemaNode,
): ReadonlyMap<string, { readonly path: readonly string[]; readonly node: SchemaNode }> {
  const variables = new Map<string, { path: readonly string[]; node: SchemaNode }>();
  const visit = (node: SchemaNode, path: readonly string[]): void => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      const childPath = [...path, key];
      if (child.type === 'object') {
        visit(child, childPath);
      } else if (child.type !== 'array' || (child.items !== undefined && child.items.type !== 'object')) {
        variables.set(`SECBEAT_${childPath.map(shout).join('_')}`, { path: childPath, node: child });
      }
    }
  };
  visit(schema, []);
  return variables;
}

function shout(key: string): string {
  return key.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
}

/** Reads a variable's text as the type that the schema wants; what does not fit stays text, for the schema to refuse. */
function typedValue(node: SchemaNode, text: string): unknown {
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? []);
  if (types.includes('array')) {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.includes('integer') && /^\d{1,15}$/.test(text)) return Number(text);
  return text;
}

/** Sets a value, making the sections on the way; false when something else than a section stands there. */
function setAt(tree: Record<string, unknown>, path: ConfigPath, value: unknown): boolean {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    const child = node[key] ?? {};
    if (!isPlainObject(child)) return false;
    node[key] = child;
    node = child;
  }
  const last = path.at(-1);
  if (last === undefined) return false;
  node[last] = value;
  return true;
}
