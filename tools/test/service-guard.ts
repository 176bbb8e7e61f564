/**
 * Keeps packages that are being installed from starting their services.
 *
 * Debian asks /usr/sbin/policy-rc.d before it starts a service; 101 means "forbidden". An existing one is kept beside
 * it and put back. Ours is known by its content, so that one left behind by a killed run is recognised and removed
 * by the next, and so that we never take our own file for the operator's.
 *
 * Source: /usr/share/doc/init-system-helpers/README.policy-rc.d.gz (Debian).
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Where Debian looks. */
export const policyFile = '/usr/sbin/policy-rc.d';

const ourPolicy = `#!/bin/sh
# Written by SecBeat's npm test while it installs packages, so that their services do not start.
# If no npm test is running, this file was left behind by a killed run and can be deleted
# (or restored from ${policyFile}.secbeat-kept when that exists).
exit 101
`;

/**
 * Puts the guard in place and returns what takes it away again (safe to call twice).
 * Repairs what a killed run left behind first.
 */
export function guardServices(file: string): () => void {
  const kept = `${file}.secbeat-kept`;
  repairServiceGuard(file);
  // Order matters for a kill between the steps: the kept copy exists before the original is replaced, atomically.
  if (existsSync(file)) renameSync(file, kept);
  const fresh = `${file}.secbeat-new`;
  writeFileSync(fresh, ourPolicy, { mode: 0o755 });
  renameSync(fresh, file);
  return () => repairServiceGuard(file);
}

/** Restores the state before the guard: the kept file put back, or ours removed. Leaves anybody else's file alone. */
export function repairServiceGuard(file: string): void {
  const kept = `${file}.secbeat-kept`;
  rmSync(`${file}.secbeat-new`, { force: true });
  const isOurs = existsSync(file) && readFileSync(file, 'utf8') === ourPolicy;
  if (existsSync(kept) && (isOurs || !existsSync(file))) renameSync(kept, file);
  else if (isOurs) rmSync(file);
}
