/** `md5` and `sha1`: raw digests, as byte strings. For comparing and keying, not for security. */

import { createHash } from 'node:crypto';
import type { Transformation } from './transformation.ts';

function digest(algorithm: 'md5' | 'sha1', value: string): string {
  return createHash(algorithm).update(value, 'latin1').digest().toString('latin1');
}

/** The 16 raw bytes of MD5. Source: RFC 1321. */
export const md5: Transformation = { name: 'md5', apply: (value) => digest('md5', value) };

/** The 20 raw bytes of SHA-1. Source: FIPS 180-4. */
export const sha1: Transformation = { name: 'sha1', apply: (value) => digest('sha1', value) };
