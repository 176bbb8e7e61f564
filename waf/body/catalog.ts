/** Every body processor by name, and which one a Content-Type asks for. */

import type { BodyProcessor } from './body-processor.ts';
import { json } from './json.ts';
import { multipart } from './multipart.ts';
import { raw } from './raw.ts';
import { urlencoded } from './urlencoded.ts';

/** Body processors by the name that `ctl:requestBodyProcessor` uses. */
export const bodyProcessors: ReadonlyMap<string, BodyProcessor> = new Map(
  [urlencoded, multipart, json, raw].map((processor): [string, BodyProcessor] => [processor.name, processor]),
);

/** Returns the processor for a Content-Type, or undefined: parameters and case do not matter. */
export function chooseBodyProcessor(contentType: string): BodyProcessor | undefined {
  const type = /^\s*([^;,\s]*)/.exec(contentType)?.[1]?.toLowerCase() ?? '';
  if (type === 'application/x-www-form-urlencoded') return urlencoded;
  if (type === 'multipart/form-data') return multipart;
  return type === 'application/json' || type === 'text/json' || /^[^/]+\/[^/]+\+json$/.test(type)
    ? json
    : undefined;
}
