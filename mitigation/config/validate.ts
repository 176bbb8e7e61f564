/**
 * Checks a tree against the schema and fills in its defaults.
 *
 * Ajv decides; the sentences are ours, because an operator needs the key, the value that was met, what is expected and
 * the nearest word that exists.
 */
import { nearestWord } from '@secbeat/base/nearest-word.ts';
import { Ajv, type ErrorObject, type FuncKeywordDefinition } from 'ajv';
import { isPlainObject } from './document.ts';
import { shorten } from './endpoint.ts';
import { checkForm, type Form } from './form.ts';
import type { LayeredTree } from './overlay.ts';
import { type ConfigPath, formatPath, type Problem } from './place.ts';
import { childOf, type SchemaNode } from './schema-node.ts';

/** What checking gave. */
export interface Validation {
  readonly problems: readonly Problem[];
  /** False when a value is not what the schema says; then nothing may be read from the tree. An unknown key does no harm. */
  readonly isUsable: boolean;
}

/** Checks `layered.tree`, adds the defaults to it and returns everything that is wrong with it. */
export function validateTree(schema: SchemaNode, layered: LayeredTree): Validation {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, allowUnionTypes: true, verbose: true });
  ajv.addKeyword(formKeyword);
  dropEmptyKeys(schema, layered.tree);
  if (ajv.validate(schema, layered.tree)) return { problems: [], isUsable: true };
  const errors = ajv.errors ?? [];
  // Of a value of the wrong type nothing else needs saying.
  const mistyped = new Set(
    errors.filter((error) => error.keyword === 'type').map((error) => error.instancePath),
  );
  return {
    problems: errors
      .filter((error) => error.keyword === 'type' || !mistyped.has(error.instancePath))
      // Repeats, for the object, what was said of its key.
      .filter((error) => error.keyword !== 'propertyNames')
      .map((error) => describe(error, pathOf(layered.tree, error.instancePath), layered)),
    isUsable: errors.every((error) => error.keyword === 'additionalProperties'),
  };
}

/**
 * A known key without a value says nothing: `limits:` above commented-out lines is as good as no `limits`. An unknown
 * one stays, to be reported.
 */
function dropEmptyKeys(node: SchemaNode, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) dropEmptyKeys(node.items ?? {}, item);
    return;
  }
  if (!isPlainObject(value)) return;
  for (const [key, child] of Object.entries(value)) {
    const known = childOf(node, key);
    if (known === undefined) continue;
    if (child === null) delete value[key];
    else dropEmptyKeys(known, child);
  }
}

/** Says only whether the value fits; why not is asked again where it is described, because Ajv copies all errors for each of ours. */
const formKeyword: FuncKeywordDefinition = {
  keyword: 'x-form',
  errors: false,
  validate: (form: Form, value: unknown) => findFormFault(form, value) === undefined,
};

function findFormFault(form: Form, value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? checkForm(form, String(value)) : undefined;
}

function describe(error: ErrorObject, path: ConfigPath, layered: LayeredTree): Problem {
  const params = error.params as Readonly<Record<string, unknown>>;
  const key = formatPath(path);
  const value = (message: string): Problem => ({
    origin: layered.placeOf(path),
    message: `${key === '' ? '' : `${key}: `}${message}`,
  });
  switch (error.keyword) {
    case 'additionalProperties': {
      const unknown = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema as SchemaNode | undefined)?.properties ?? {});
      const nearest = nearestWord(unknown, known);
      const place = key === '' ? '' : ` in ${key}`;
      const remedy = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
      return {
        origin: layered.placeOf([...path, unknown], 'key'),
        message: `unknown key "${shorten(unknown)}"${place}; ${remedy}`,
      };
    }
    case 'required':
      return value(`the key "${String(params['missingProperty'])}" is missing`);
    case 'type':
      return value(`met ${show(error.data)}; expected ${expected(error.parentSchema as SchemaNode)}`);
    case 'enum': {
      const words = (error.schema as readonly unknown[]).map(String);
      const nearest = nearestWord(String(error.data), words);
      const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
      return value(`met ${show(error.data)}; expected one of ${words.join(', ')}${hint}`);
    }
    case 'pattern':
      if (error.propertyName !== undefined) {
        return {
          origin: layered.placeOf([...path, error.propertyName], 'key'),
          message: `${key}: "${shorten(error.propertyName)}" is no name; expected a letter, then letters, digits, "-" or "_", 63 at most`,
        };
      }
      return value(`met ${show(error.data)}; expected ${expected(error.parentSchema as SchemaNode)}`);
    case 'minimum':
      return value(`${show(error.data)} is too small; the minimum is ${String(params['limit'])}`);
    case 'maximum':
      return value(`${show(error.data)} is too large; the maximum is ${String(params['limit'])}`);
    case 'minItems':
      return value(`is empty; expected at least ${String(params['limit'])}`);
    case 'maxItems':
    case 'maxProperties':
      return value(`has too many entries; at most ${String(params['limit'])} are taken`);
    case 'maxLength':
      return value(`is too long; at most ${String(params['limit'])} characters are taken`);
    case 'x-form':
      return value(findFormFault(error.schema as Form, error.data) ?? 'does not fit');
    default:
      return value(error.message ?? error.keyword);
  }
}

function expected(node: SchemaNode): string {
  const form = node['x-form']?.kind;
  switch (form) {
    case 'duration':
      return 'a duration such as "30s"';
    case 'size':
      return 'a size such as "128KiB"';
    case 'listen-address':
      return 'ADDRESS:PORT';
    case 'peer':
    case 'upstream-reference':
      return 'a text such as http://127.0.0.1:3000';
    default:
      return expectedTypes(node);
  }
}

function expectedTypes(node: SchemaNode): string {
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? []);
  const names: Readonly<Record<string, string>> = {
    string: node.default === 'auto' ? '"auto"' : 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section with keys',
  };
  return types.map((type) => names[type] ?? type).join(' or ');
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a section with keys';
  return value === null
    ? 'nothing'
    : shorten(typeof value === 'string' ? JSON.stringify(value) : String(value));
}

/** Turns Ajv's JSON pointer into a path; indexes of lists become numbers, as the document wants them. */
function pathOf(tree: unknown, pointer: string): ConfigPath {
  const path: (string | number)[] = [];
  let node = tree;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(node) ? Number(key) : key;
    path.push(step);
    node = (node as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}
