/** Ties a child process to us: when we are gone, even by `kill -9`, the kernel sends it a signal. */
import { existsSync } from 'node:fs';

/** Of util-linux, on every Debian and Ubuntu. Where it is missing, a child can outlive a killed parent. */
const setpriv = '/usr/bin/setpriv';

/**
 * Returns the command line that runs `command` tied to the process that starts it.
 *
 * @param {string} processSignal Without SIG, for example `KILL`.
 * @param {readonly string[]} command
 * @returns {readonly string[]}
 */
export function tied(processSignal, command) {
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', processSignal, ...command] : command;
}
