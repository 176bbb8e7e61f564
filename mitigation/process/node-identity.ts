/**
 * The identity of a node, as it lies in its data directory: made once, kept over restarts.
 *
 *      node.json  {"nodeId": "n-4q2x...", "machine": "hash of /etc/machine-id"}
 *
 * A directory that was copied to another machine (a cloned disk, a container image) must not give two nodes one name: the machine
 * is recorded beside the id, and another machine gets an id of its own.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asError, Fault } from '@secbeat/base/fault.ts';
import type { Log } from '../log.ts';

/** The file's name in the data directory. */
export const identityName = 'node.json';

/** `n-` and 20 characters. */
const idPattern = /^n-[0-9a-v]{20}$/;

/**
 * Returns the id of the node whose data directory this is; makes and keeps one when there is none, when it cannot be read, or when
 * the directory comes from another machine. The directory must be locked. Throws a `Fault` when it cannot be written.
 */
export function openNodeIdentity(directory: string, log: Log): string {
  const path = join(directory, identityName);
  const machine = hashMachine();
  const text = readOrEmpty(path);
  const found = decodeIdentity(text);
  if (found?.machine === machine) return found.nodeId;
  const nodeId = `n-${encodeBase32(randomBytes(13)).slice(0, 20)}`;
  if (found !== undefined) {
    log.warn(
      { before: found.nodeId, nodeId },
      'the data directory comes from another machine; this node has a new id',
    );
  } else if (text !== '') {
    log.warn({ path, nodeId }, 'the identity of the node cannot be read; it has a new id');
  }
  try {
    const draft = `${path}.${process.pid}.next`;
    writeFileSync(draft, `${JSON.stringify({ nodeId, machine })}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (thrown) {
    throw new Fault('data-directory', `cannot write ${path}: ${asError(thrown).message}`, {
      source: 'operator',
      cause: thrown,
    });
  }
  return nodeId;
}

function decodeIdentity(text: string): { readonly nodeId: string; readonly machine: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { nodeId, machine } = (value ?? {}) as { readonly nodeId?: unknown; readonly machine?: unknown };
  if (typeof nodeId !== 'string' || !idPattern.test(nodeId) || typeof machine !== 'string') return undefined;
  return { nodeId, machine };
}

/** Source: machine-id(5): the id itself should not be shown; a keyed or plain hash of it may be. Empty where there is none. */
function hashMachine(): string {
  const id = readOrEmpty('/etc/machine-id').trim();
  return id === '' ? '' : createHash('sha256').update(`secbeat node ${id}`).digest('hex').slice(0, 32);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Absent or not readable: then there is nothing to compare with.
    return '';
  }
}

/** Digits of base 32 as Number.toString has them. */
function encodeBase32(bytes: Buffer): string {
  return BigInt(`0x${bytes.toString('hex')}`)
    .toString(32)
    .padStart(20, '0');
}
