/**
 * A directory for each test of the loader, and the ways in which they load from it. For tests only.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LoadedConfig, type LoadOptions, readConfig } from './load.ts';
import type { NodeConfig } from './model.ts';

/** The smallest configuration there is. */
export const upstreamLine = 'upstream: http://127.0.0.1:3000\n';

/** One test's directory. Dispose of it by `remove`. */
export interface ConfigCase {
  readonly directory: string;
  /** Writes a file into the directory and returns its path. */
  put(name: string, content: string | Uint8Array, mode?: number): Promise<string>;
  /** Loads `text`, without the product's rules and without making a certificate. */
  read(text: string, options?: Partial<LoadOptions>): Promise<LoadedConfig>;
  load(text: string, options?: Partial<LoadOptions>): Promise<NodeConfig>;
  /** The lines of the refusal, with the directory as `DIR`. */
  problemsOf(text: string, options?: Partial<LoadOptions>): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Makes a fresh directory. */
export async function openConfigCase(): Promise<ConfigCase> {
  const directory = await mkdtemp(join(tmpdir(), 'secbeat-config-'));
  await mkdir(join(directory, 'no-rules'));
  const put = async (name: string, content: string | Uint8Array, mode = 0o600): Promise<string> => {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
    return file;
  };
  const read = async (text: string, options: Partial<LoadOptions> = {}): Promise<LoadedConfig> => {
    const file = await put('secbeat.yaml', text);
    const baselineRulesDirectory = join(directory, 'no-rules');
    return await readConfig({
      file,
      environment: {},
      selfSigned: 'skip',
      baselineRulesDirectory,
      ...options,
    });
  };
  const problemsOf = async (text: string, options: Partial<LoadOptions> = {}): Promise<readonly string[]> => {
    try {
      await read(text, options);
    } catch (thrown) {
      assert.ok(thrown instanceof Error && 'code' in thrown && 'source' in thrown, String(thrown));
      assert.equal(thrown.code, 'config-invalid');
      assert.equal(thrown.source, 'operator');
      return thrown.message.replaceAll(`${directory}/`, 'DIR/').split('\n');
    }
    return ['was accepted'];
  };
  return {
    directory,
    put,
    read,
    load: async (text, options) => (await read(text, options)).config,
    problemsOf,
    remove: () => rm(directory, { recursive: true }),
  };
}
