/**
 * Collects the rule files: the product's baseline, the operator's, what they include, and the data files they name.
 *
 * Only read here; whether they compile is for the engine to say. Texts are latin1, one character per byte, because the
 * engine compares bytes: a UTF-8 letter in a rule is then the same two characters as in a request.
 */
import { glob } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileWaf } from './file-config.ts';
import type { RuleSource, WafConfig } from './model.ts';
import type { ConfigPath, ConfigReport } from './place.ts';
import { sizeBytes } from './quantity.ts';
import { readRegularFile } from './read-file.ts';

/** Where the product's own rules lie. */
export function baselineRulesDirectory(): string {
  return fileURLToPath(new URL('../../waf/rules/', import.meta.url));
}

/** Bounded: the largest file of the OWASP Core Rule Set has 0.3 MiB; 16 MiB holds a phrase list of a million lines. */
const fileBytesMax = 16 * 1024 * 1024;
/** Bounded: every worker gets a copy. */
const totalBytesMax = 64 * 1024 * 1024;
const filesMax = 2000;

/** Where rules are searched. */
export interface RuleSearch {
  /** Relative paths of `waf.rules` are relative to this. */
  readonly baseDirectory: string;
  readonly baselineDirectory: string;
}

/** Resolves the section `waf`, reading all its files. */
export async function resolveWaf(
  file: FileWaf,
  search: RuleSearch,
  report: ConfigReport,
): Promise<WafConfig> {
  const reader = new RuleReader(report);
  if (file.baseline) {
    const found = await reader.readPattern('*.conf', search.baselineDirectory, 'baseline', [
      'waf',
      'baseline',
    ]);
    if (found === 0) {
      report.warning(
        ['waf', 'baseline'],
        `waf.baseline: no rules in ${search.baselineDirectory}; nothing is inspected by them`,
      );
    }
  }
  for (const [index, pattern] of file.rules.entries()) {
    const path = ['waf', 'rules', index];
    const found = await reader.readPattern(pattern, search.baseDirectory, '', path);
    if (found === 0)
      report.problem(path, `waf.rules[${index}]: no file matches ${resolve(search.baseDirectory, pattern)}`);
  }
  return {
    sources: reader.sources,
    dataFiles: Object.fromEntries(reader.dataFiles),
    inspectionBytesMax: sizeBytes(file.inspectionMax),
    overCap: file.overCap,
    inboundThreshold: file.inboundThreshold,
    outboundThreshold: file.outboundThreshold,
  };
}

/** Reads files once each, within the bounds, and follows what they name. */
class RuleReader {
  readonly sources: RuleSource[] = [];
  readonly dataFiles = new Map<string, string>();
  readonly #report: ConfigReport;
  /** Absolute paths of rule files that were read. */
  readonly #read = new Set<string>();
  /** Absolute path of each data file by the name that rules use. */
  readonly #dataPaths = new Map<string, string>();
  #bytes = 0;
  #isFull = false;

  constructor(report: ConfigReport) {
    this.#report = report;
  }

  /**
   * Reads every rule file that `pattern` matches under `directory`, by name. Returns how many there are.
   *
   * @param prefix How sources are called: `prefix/NAME`, or as the operator wrote them when it is empty.
   * @param path   The key that led here, for problems.
   */
  async readPattern(pattern: string, directory: string, prefix: string, path: ConfigPath): Promise<number> {
    const matches: string[] = [];
    if (/[*?[{]/.test(pattern)) {
      for await (const match of glob(pattern, { cwd: directory })) {
        matches.push(match);
        if (matches.length > filesMax) break;
      }
      // By code units, so that the order is the same on every machine.
      matches.sort((a, b) => (a < b ? -1 : 1));
    } else {
      matches.push(pattern);
    }
    for (const match of matches) {
      const name = prefix === '' ? match : `${prefix}/${match}`;
      await this.#readSource(name, resolve(directory, match), path);
    }
    return matches.length;
  }

  async #readSource(name: string, absolute: string, path: ConfigPath): Promise<void> {
    if (this.#read.has(absolute)) return;
    this.#read.add(absolute);
    const text = await this.#readText(absolute, path);
    if (text === undefined) return;
    this.sources.push({ file: name, text });
    const directory = dirname(absolute);
    for (const dataName of listDataFiles(text)) await this.#readData(dataName, directory, path);
    for (const included of listIncludes(text)) {
      const around = isAbsolute(included) ? '' : dirname(name);
      // Named as the engine looks for them: the including file's folder, then the name without "./".
      const pattern = included.replace(/^\.\//, '');
      await this.readPattern(pattern, directory, around === '.' ? '' : around, path);
    }
  }

  async #readData(name: string, directory: string, path: ConfigPath): Promise<void> {
    const absolute = resolve(directory, name);
    const before = this.#dataPaths.get(name);
    if (before === absolute) return;
    if (before !== undefined) {
      const text = await this.#readText(absolute, path, true);
      if (text === undefined || text === this.dataFiles.get(name)) return;
      this.#report.problem(
        path,
        `rules name a data file "${name}" in two places, ${before} and ${absolute}, that differ; rename one`,
      );
      return;
    }
    const text = await this.#readText(absolute, path, true);
    // A missing one is reported by the engine, with the line of the rule.
    if (text === undefined) return;
    this.#dataPaths.set(name, absolute);
    this.dataFiles.set(name, text);
  }

  async #readText(absolute: string, path: ConfigPath, mayBeMissing = false): Promise<string | undefined> {
    if (this.#isFull) return undefined;
    const content = await readRegularFile(absolute, fileBytesMax);
    if (content.kind === 'problem') {
      if (!(mayBeMissing && content.isMissing)) this.#report.problem(path, content.message);
      return undefined;
    }
    this.#bytes += content.bytes.length;
    if (this.#bytes > totalBytesMax || this.sources.length + this.dataFiles.size >= filesMax) {
      this.#isFull = true;
      const message = `rules and their data are more than ${filesMax} files or ${totalBytesMax} bytes; the first too many is ${absolute}`;
      this.#report.problem(path, message);
      return undefined;
    }
    return content.bytes.toString('latin1');
  }
}

/** Names behind operators that read a file. Comments are left out, so that a commented-out rule needs no file. */
function listDataFiles(text: string): readonly string[] {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^\s*#/.test(line)) continue;
    for (const [, argument = ''] of line.matchAll(
      /@(?:pmFromFile|pmf|ipMatchFromFile|ipMatchF)\s+([^"]+)/gi,
    )) {
      names.add(argument.trim());
      for (const name of argument.trim().split(/\s+/)) names.add(name);
    }
  }
  return [...names];
}

function listIncludes(text: string): readonly string[] {
  const names: string[] = [];
  for (const [, quoted, bare] of text.matchAll(/^[ \t]*Include[ \t]+(?:"([^"\n]+)"|(\S+))[ \t]*\r?$/gim)) {
    names.push(quoted ?? bare ?? '');
  }
  return names;
}
