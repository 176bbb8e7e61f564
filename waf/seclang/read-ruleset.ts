/**
 * Rule texts to drafts: statements, includes, directives, in the order in which a server would read them.
 *
 * The engine reads no files. `Include` names other sources of the same set (with `*` and `?` for several, in order of
 * their names); a source that is included somewhere is read there and not a second time by itself.
 */
import { Assembly } from './assembly.ts';
import type { Diagnostics, Place } from './diagnostic.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Directive } from './directive.ts';
import { exclusionDirectives } from './exclusion-directives.ts';
import { ruleDirectives } from './rule-directives.ts';
import type { RulesetDraft } from './rule-draft.ts';
import { settingDirectives } from './setting-directives.ts';
import { type RuleSource, SourceText } from './source-text.ts';
import { parseStatements, type Statement } from './statement.ts';

/** Files may include each other this deep. */
const includeDepthMax = 16;

const directives: readonly Directive[] = [...ruleDirectives, ...exclusionDirectives, ...settingDirectives];

const directivesByName: ReadonlyMap<string, Directive> = new Map(
  directives.map((directive) => [directive.name.toLowerCase(), directive]),
);

const directiveNames: readonly string[] = [...directives.map((directive) => directive.name), 'Include'];

interface ParsedSource {
  readonly file: string;
  readonly statements: readonly Statement[];
}

/** Reads all sources. What is wrong is in `diagnostics`; the draft is only good without errors. */
export function readRuleset(sources: readonly RuleSource[], diagnostics: Diagnostics): RulesetDraft {
  const assembly = new Assembly(diagnostics);
  const parsed: ParsedSource[] = [];
  for (const source of sources) {
    const text = new SourceText(source);
    if (reportNonByte(text, diagnostics)) continue;
    parsed.push({ file: source.file, statements: parseStatements(text, diagnostics) });
  }
  const included = new Set<ParsedSource>();
  for (const source of parsed) {
    for (const statement of source.statements) {
      if (!isInclude(statement)) continue;
      for (const found of findIncluded(statement, source, parsed)) included.add(found);
    }
  }
  const read = new Set<ParsedSource>();
  for (const source of parsed) {
    if (!included.has(source)) applySource(source, [], { all: parsed, read, assembly });
  }
  for (const source of parsed) {
    if (!read.has(source)) reportCircle(source, diagnostics);
  }
  return assembly.finish();
}

/** What reading one source needs of the others. */
interface Reading {
  readonly all: readonly ParsedSource[];
  /** Filled with every source that was applied. */
  readonly read: Set<ParsedSource>;
  readonly assembly: Assembly;
}

function applySource(source: ParsedSource, path: readonly ParsedSource[], reading: Reading): void {
  const { all, assembly } = reading;
  const here = [...path, source];
  reading.read.add(source);
  for (const statement of source.statements) {
    if (!isInclude(statement)) {
      applyDirective(statement, assembly);
      continue;
    }
    const place = statement.directive.placeAt(0);
    assembly.closeChain(place, 'Include');
    const name = statement.words[0]?.text;
    if (name === undefined || statement.words.length > 1) {
      assembly.diagnostics.error(place, `expected "Include FILE", met ${statement.words.length} words`);
      continue;
    }
    const found = findIncluded(statement, source, all);
    if (found.length === 0) {
      const known = didYouMean(
        name,
        all.map((each) => each.file),
      );
      const message = `cannot include "${name}": no rule file of that name was given to the engine${known}`;
      assembly.diagnostics.error(statement.words[0]!.placeAt(0), message);
    }
    for (const each of found) {
      if (here.includes(each) || here.length >= includeDepthMax) {
        const files = [...here, each].map((one) => one.file).join(' -> ');
        assembly.diagnostics.error(
          statement.words[0]!.placeAt(0),
          `files include each other in a circle or too deep: ${files}`,
        );
      } else {
        applySource(each, here, reading);
      }
    }
  }
}

function applyDirective(statement: Statement, assembly: Assembly): void {
  const { directive: word, words } = statement;
  const place = word.placeAt(0);
  const directive = directivesByName.get(word.text.toLowerCase());
  if (directive === undefined) {
    const hint = didYouMean(word.text, directiveNames);
    assembly.diagnostics.error(place, `unknown directive "${word.text}"${hint}`);
    return;
  }
  if (!directive.isRule) assembly.closeChain(place, directive.name);
  if (words.length < directive.wordsMin || words.length > directive.wordsMax) {
    const count = words.length === 1 ? '1 word' : `${words.length} words`;
    const met = `met ${count} behind ${directive.name}`;
    assembly.diagnostics.error(
      place,
      `expected "${directive.usage}", ${met}; put words with blanks in quotes`,
    );
    return;
  }
  directive.apply(assembly, statement);
}

function isInclude(statement: Statement): boolean {
  return statement.directive.text.toLowerCase() === 'include';
}

/** The sources that an Include names, as written or relative to the including file, ordered by name. */
function findIncluded(
  statement: Statement,
  from: ParsedSource,
  all: readonly ParsedSource[],
): ParsedSource[] {
  const name = statement.words[0]?.text ?? '';
  if (name === '') return [];
  const folder = from.file.slice(0, from.file.lastIndexOf('/') + 1);
  const patterns = [globPattern(name), globPattern(folder + name.replace(/^\.\//, ''))];
  const found = all.filter((each) => patterns.some((pattern) => pattern.test(each.file)));
  return found.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}

/** Sources that only include each other would never be read. */
function reportCircle(source: ParsedSource, diagnostics: Diagnostics): void {
  const start: Place = { file: source.file, line: 1, column: 1 };
  const message =
    'this file is never read: it is included only by files that it includes; remove one Include';
  diagnostics.error(start, message);
}

/** Rule texts are bytes: a character above U+00FF means that the caller decoded them. */
function reportNonByte(source: SourceText, diagnostics: Diagnostics): boolean {
  for (let at = 0; at < source.text.length; at++) {
    if (source.text.charCodeAt(at) > 0xff) {
      const message = `expected bytes, met the character "${source.text[at]}"; read rule files as latin1, not as UTF-8`;
      diagnostics.error(source.placeAt(at), message);
      return true;
    }
  }
  return false;
}
