/**
 * Reads the operator's own pages for the node's answers.
 */
import { resolve } from 'node:path';
import type { FilePages } from './file-config.ts';
import type { PagesConfig } from './model.ts';
import type { ConfigReport } from './place.ts';
import { decodeUtf8, readRegularFile } from './read-file.ts';

/** Bounded: a page is sent with every refusal, in a flood too. */
const pageBytesMax = 256 * 1024;

/** Reads the pages that are configured. */
export async function resolvePages(
  file: FilePages,
  baseDirectory: string,
  report: ConfigReport,
): Promise<PagesConfig> {
  const [denyHtml, limitHtml, errorHtml] = await Promise.all(
    (['deny', 'limit', 'error'] as const).map(async (key) => {
      const name = file[key];
      return name === undefined ? undefined : await readPage(resolve(baseDirectory, name), key, report);
    }),
  );
  return {
    ...(denyHtml !== undefined && { denyHtml }),
    ...(limitHtml !== undefined && { limitHtml }),
    ...(errorHtml !== undefined && { errorHtml }),
  };
}

async function readPage(file: string, key: string, report: ConfigReport): Promise<string | undefined> {
  const path = ['pages', key];
  const content = await readRegularFile(file, pageBytesMax);
  if (content.kind === 'problem') {
    report.problem(path, `pages.${key}: ${content.message}`);
    return undefined;
  }
  const text = decodeUtf8(content.bytes);
  if (typeof text === 'number') {
    report.problem(path, `pages.${key}: ${file} is not UTF-8 in line ${text}`);
    return undefined;
  }
  return text;
}
