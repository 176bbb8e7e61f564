/**
 * The text of a configuration file as a tree of plain values that remembers where each stood.
 */
import { asError } from '@secbeat/base/fault.ts';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { ConfigPath, Origin, Problem } from './place.ts';

/** A parsed file. */
export interface ConfigDocument {
  readonly file: string;
  /** Owned by the reader: what layers and defaults add is written into it. */
  readonly tree: Record<string, unknown>;
  /** Where the value at `path` stands, or its key; undefined when the file does not say it. */
  find(path: ConfigPath, part: 'key' | 'value'): Origin | undefined;
}

/** What reading gave: a document, or what is wrong with the text. */
export type DocumentResult =
  | { readonly kind: 'document'; readonly document: ConfigDocument }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/**
 * Bounded: an alias may stand for a part of the file, but all of them together for at most so many nodes, so that ten
 * lines cannot become ten million ("billion laughs").
 */
const aliasNodesMax = 100;

/** No real configuration is nested deeper; the parser recurses, and its stack is not ours to exhaust. */
const nestingMax = 64;

/** Parses YAML 1.2. Everything the parser warns about is an error here. */
export function parseConfigDocument(file: string, text: string): DocumentResult {
  const lines = new LineCounter();
  const at = (offset: number): Origin => {
    const position = lines.linePos(offset);
    return { kind: 'file', file, line: position.line, column: position.col };
  };
  const hostile = findHostileNesting(text);
  if (hostile !== undefined) {
    return refuse([
      { origin: { kind: 'file', file, line: hostile.line, column: 1 }, message: hostile.message },
    ]);
  }
  let document: Document.Parsed;
  let doubtful: readonly Problem[];
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      uniqueKeys: false,
      logLevel: 'error',
    });
    doubtful = findDoubtfulNodes(document, at);
  } catch (thrown) {
    return refuse([{ origin: at(0), message: `cannot be read as YAML: ${asError(thrown).message}` }]);
  }
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    origin: at(error.pos[0]),
    message: describeYamlError(error.code, error.message, text.slice(error.pos[0], error.pos[1])),
  }));
  problems.push(...doubtful);
  if (problems.length > 0) return refuse(problems);
  let tree: unknown;
  try {
    tree = copyTree(document.toJS({ maxAliasCount: aliasNodesMax }));
  } catch (thrown) {
    const message = `aliases (*name) cannot be expanded: ${asError(thrown).message}`;
    return refuse([{ origin: at(0), message }]);
  }
  if (tree === null || tree === undefined) tree = {};
  if (typeof tree !== 'object' || Array.isArray(tree)) {
    const message = 'expected keys with values at the top, for example "upstream: http://127.0.0.1:3000"';
    return refuse([{ origin: at(document.contents?.range[0] ?? 0), message }]);
  }
  const index: PairIndex = new WeakMap();
  return {
    kind: 'document',
    document: {
      file,
      tree: tree as Record<string, unknown>,
      find: (path, part) => {
        const offset = findOffset(document, path, part, index);
        return offset === undefined ? undefined : at(offset);
      },
    },
  };
}

function refuse(problems: readonly Problem[]): DocumentResult {
  return { kind: 'problems', problems };
}

function describeYamlError(code: string, message: string, met: string): string {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'a second document begins here ("---"); expected one';
    case 'TAB_AS_INDENT':
      return 'a tab indents this line; YAML takes spaces only';
    case 'TAG_RESOLVE_FAILED':
      return `the tag ${JSON.stringify(met.slice(0, 40))} has no meaning here`;
    default:
      return `not valid YAML: ${message}`;
  }
}

/**
 * Finds in the words of the text what would make the parser's time or stack grow beyond reason, before it runs.
 *
 * Measured: 500 explicit keys in a row (`? ? ? ...`) take it 42 s, 500,000 brackets 5 s and its whole stack. The lexer
 * is linear.
 */
function findHostileNesting(text: string): { readonly line: number; readonly message: string } | undefined {
  const tooDeep = `nested deeper than ${nestingMax} levels`;
  let line = 1;
  let depth = 0;
  let dashes = 0;
  for (const word of new Lexer().lex(text)) {
    if (word === '?')
      return { line, message: 'explicit keys ("? key") are not used here; write "key: value"' };
    if (word === '[' || word === '{') depth++;
    if (word === ']' || word === '}') depth--;
    if (word === '-') dashes++;
    else if (word.trim() !== '') dashes = 0;
    if (depth > nestingMax || dashes > nestingMax) return { line, message: tooDeep };
    for (let found = word.indexOf('\n'); found >= 0; found = word.indexOf('\n', found + 1)) line++;
  }
  return undefined;
}

/**
 * Returns a problem for each key that a mapping has twice (the parser's own check takes quadratic time) and for each
 * alias without an anchor before it.
 */
function findDoubtfulNodes(document: Document.Parsed, at: (offset: number) => Origin): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const message = `*${alias.source} stands for nothing; expected &${alias.source} further up`;
      problems.push({ origin: at(startOf(alias) ?? 0), message });
    },
    Map(_key, map) {
      const first = new Map<string, Origin>();
      for (const pair of map.items) {
        if (!isScalar(pair.key)) continue;
        const name = String(pair.key.value);
        const origin = at(startOf(pair.key) ?? 0);
        const before = first.get(name);
        if (before === undefined) first.set(name, origin);
        else {
          const place = before.kind === 'file' ? ` in line ${before.line}` : '';
          problems.push({
            origin,
            message: `duplicate key ${JSON.stringify(name)}; it stands already${place}`,
          });
        }
      }
    },
  });
  return problems;
}

/**
 * Returns a copy of `value` in which nothing is shared.
 *
 * Aliases share what they stand for, and defaults are written into the tree: one section's must not appear in another.
 * Throws when the value is deeper than any tree can be, as one that contains itself is.
 */
function copyTree(value: unknown, depth = 0): unknown {
  if (depth > 2 * nestingMax) throw new RangeError('an alias stands for something that contains it');
  if (Array.isArray(value)) return value.map((item) => copyTree(item, depth + 1));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, copyTree(child, depth + 1)]));
}

/** True for a mapping. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The pairs of a mapping by key, made when the first of them is looked for: a file may have thousands of mistakes. */
type PairIndex = WeakMap<YAMLMap, ReadonlyMap<string, Pair>>;

function findPair(map: YAMLMap, key: string | number, index: PairIndex): Pair | undefined {
  let pairs = index.get(map);
  if (pairs === undefined) {
    pairs = new Map(map.items.map((pair) => [String(isScalar(pair.key) ? pair.key.value : pair.key), pair]));
    index.set(map, pairs);
  }
  return typeof key === 'string' ? pairs.get(key) : undefined;
}

function findOffset(
  document: Document.Parsed,
  path: ConfigPath,
  part: 'key' | 'value',
  index: PairIndex,
): number | undefined {
  let node: unknown = document.contents;
  let keyOffset: number | undefined;
  for (const step of path) {
    node = resolve(document, node);
    if (isMap(node)) {
      const pair = findPair(node, step, index);
      if (pair === undefined) return undefined;
      keyOffset = startOf(pair.key);
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step];
      keyOffset = startOf(node);
    } else {
      return undefined;
    }
  }
  return part === 'key' ? keyOffset : (startOf(node) ?? keyOffset);
}

function resolve(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}
