/**
 * The scratch bytes in which transformations build their output.
 *
 * A transformation that must change something loads the value here, rewrites it in place (reader before writer) and takes
 * the text out again: one copy in, one out, whatever the length. Transformations are synchronous and never nest, so one
 * buffer per thread is enough.
 *
 * Bounded: at most `KEPT_BYTES_MAX` stay allocated between calls.
 */

const KEPT_BYTES_MAX = 1024 * 1024;
const FIRST_BYTES = 8 * 1024;

let kept: Buffer | undefined;

/** Returns scratch of at least `length` bytes with unspecified content. Borrowed: until the next call. */
export function scratchOf(length: number): Buffer {
  if (kept !== undefined && kept.length >= length) return kept;
  if (length > KEPT_BYTES_MAX) return Buffer.allocUnsafeSlow(length);
  let size = FIRST_BYTES;
  while (size < length) size *= 2;
  kept = Buffer.allocUnsafeSlow(size);
  return kept;
}

/** Returns scratch that begins with the bytes of `value`. Borrowed: until the next call. */
export function scratchWith(value: string): Buffer {
  const bytes = scratchOf(value.length);
  bytes.write(value, 0, 'latin1');
  return bytes;
}

/** Returns the first `length` bytes of `bytes` as a byte string. */
export function textOf(bytes: Buffer, length: number): string {
  return bytes.toString('latin1', 0, length);
}
