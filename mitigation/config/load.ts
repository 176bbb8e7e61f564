/**
 * From what the operator said, wherever it was said, to the configuration of a node.
 *
 *      file --parse--> tree <--lay over-- environment, command line
 *                       |
 *                  schema, defaults
 *                       |
 *                  FileConfig --resolve (reads certificates, rules, pages)--> NodeConfig
 *
 * Everything that is wrong is reported together, as one `Fault`; nothing takes effect then.
 */
import { dirname, resolve } from 'node:path';
import { listenerDefaults } from './defaults.ts';
import { type ConfigDocument, parseConfigDocument } from './document.ts';
import type { NodeConfig } from './model.ts';
import {
  configFileVariable,
  type Environment,
  type LayeredTree,
  layOver,
  type Override,
  readEnvironment,
} from './overlay.ts';
import {
  type ConfigPath,
  type ConfigReport,
  configFault,
  formatOrigin,
  type Origin,
  type Problem,
} from './place.ts';
import { decodeUtf8, readRegularFile } from './read-file.ts';
import { baselineRulesDirectory } from './read-rules.ts';
import { resolveConfig } from './resolve.ts';
import { asFileConfig, createConfigSchema } from './schema.ts';
import { validateTree } from './validate.ts';

/** What the command line and the environment say. Later sources win: default, file, environment, command line. */
export interface LoadOptions {
  /** `--config`. Not said: `SECBEAT_CONFIG`; neither: no file. */
  readonly file?: string;
  readonly dataDirectory?: string;
  readonly listen?: readonly string[];
  readonly tlsListen?: readonly string[];
  readonly upstream?: string;
  readonly environment: Environment;
  /**
   * What to do when a TLS listener has no certificate: `create` (default) makes a self-signed one in the data
   * directory; `skip` writes nothing and leaves `certificates` empty, for commands that only look.
   */
  readonly selfSigned?: 'create' | 'skip';
  /** Told of what works but should not stay so, one line each. */
  readonly onWarning?: (message: string) => void;
  /** Unix milliseconds, for the validity of certificates. Not said: the clock. */
  readonly nowMs?: number;
  /** Not said: the product's own. */
  readonly baselineRulesDirectory?: string;
}

/** A configuration with the story of how it came about. */
export interface LoadedConfig {
  readonly config: NodeConfig;
  readonly warnings: readonly string[];
  /** The file's tree with overrides and defaults filled in. */
  readonly tree: Readonly<Record<string, unknown>>;
  originOf(path: ConfigPath): Origin;
}

/** Bounded: a configuration with 10,000 hosts has less. */
export const configBytesMax: number = 1024 * 1024;

/** Loads the configuration. Throws one `Fault` (`config-invalid`, `operator`) whose message has every problem, one per line. */
export async function loadConfig(options: LoadOptions): Promise<NodeConfig> {
  return (await readConfig(options)).config;
}

/** As `loadConfig`, with warnings and origins. */
export async function readConfig(options: LoadOptions): Promise<LoadedConfig> {
  const schema = createConfigSchema();
  const environment = readEnvironment(schema, options.environment);
  const fileName = options.file ?? (options.environment[configFileVariable] || undefined);
  const document = await readDocument(fileName);
  const layered = layOver(document, [...environment.overrides, ...listOptions(options)]);
  if (layered.tree['listen'] === undefined && layered.tree['tlsListen'] === undefined) {
    layered.tree['listen'] = [listenerDefaults.listen];
    layered.tree['tlsListen'] = [listenerDefaults.tlsListen];
  }
  const validation = validateTree(schema, layered);
  if (!validation.isUsable) throw configFault(validation.problems);
  const report = new Report(layered, [...validation.problems], [...environment.warnings]);
  const isDataInFile = layered.originOf(['dataDirectory']).kind === 'file';
  const fileDirectory = fileName === undefined ? process.cwd() : dirname(resolve(fileName));
  const config = await resolveConfig(asFileConfig(layered.tree), report, {
    file: fileName ?? '',
    baseDirectory: fileDirectory,
    dataBaseDirectory: isDataInFile ? fileDirectory : process.cwd(),
    baselineDirectory: options.baselineRulesDirectory ?? baselineRulesDirectory(),
    selfSigned: options.selfSigned ?? 'create',
    nowMs: options.nowMs ?? Date.now(),
  });
  if (report.problems.length > 0) throw configFault(report.problems);
  for (const warning of report.warnings) options.onWarning?.(warning);
  return { config, warnings: report.warnings, tree: layered.tree, originOf: layered.originOf };
}

class Report implements ConfigReport {
  readonly problems: Problem[];
  readonly warnings: string[];
  readonly #layered: LayeredTree;

  constructor(layered: LayeredTree, problems: Problem[], warnings: string[]) {
    this.#layered = layered;
    this.problems = problems;
    this.warnings = warnings;
  }

  problem(path: ConfigPath, message: string, part?: 'key' | 'value'): void {
    this.problems.push({ origin: this.#layered.placeOf(path, part), message });
  }

  warning(path: ConfigPath, message: string): void {
    this.warnings.push(`${formatOrigin(this.#layered.placeOf(path))}: ${message}`);
  }
}

async function readDocument(file: string | undefined): Promise<ConfigDocument> {
  if (file === undefined) return { file: '', tree: {}, find: () => undefined };
  const place = (line: number): Origin => ({ kind: 'file', file, line, column: line === 0 ? 0 : 1 });
  const content = await readRegularFile(file, configBytesMax);
  if (content.kind === 'problem') throw configFault([{ origin: place(0), message: content.message }]);
  const text = decodeUtf8(content.bytes);
  if (typeof text === 'number') {
    const message = 'this line is not UTF-8; save the file in that encoding';
    throw configFault([{ origin: place(text), message }]);
  }
  const result = parseConfigDocument(file, text);
  if (result.kind === 'problems') throw configFault(result.problems);
  return result.document;
}

function listOptions(options: LoadOptions): readonly Override[] {
  const said = [
    { key: 'dataDirectory', value: options.dataDirectory, option: '--data' },
    { key: 'listen', value: options.listen, option: '--listen' },
    { key: 'tlsListen', value: options.tlsListen, option: '--tls-listen' },
    { key: 'upstream', value: options.upstream, option: '--upstream' },
  ];
  const overrides: Override[] = [];
  for (const { key, value, option } of said) {
    if (value === undefined) continue;
    // Copied, because the tree is written into.
    const own = typeof value === 'string' ? value : [...value];
    overrides.push({ path: [key], value: own, origin: { kind: 'command-line', option } });
  }
  return overrides;
}
