/** Who speaks to whom, and when. Times are UTC, so that a rule means the same on every node. */
import type { TransactionState } from '../transaction/state.ts';
import { fixedScalar, scalar, type VariableDefinition } from './definition.ts';

export const connectionVariables: readonly VariableDefinition[] = [
  fixedScalar('REMOTE_ADDR', (state) => state.request.clientAddress),
  fixedScalar('REMOTE_HOST', (state) => state.request.clientAddress),
  fixedScalar('REMOTE_PORT', (state) => String(state.request.clientPort)),
  fixedScalar('SERVER_ADDR', (state) => state.request.serverAddress),
  fixedScalar('SERVER_PORT', (state) => String(state.request.serverPort)),
  fixedScalar('SERVER_NAME', (state) => state.request.hostName),
  fixedScalar('UNIQUE_ID', (state) => state.request.id),
  scalar('DURATION', (state) => String(Math.max(0, Math.round(state.clock.nowMs() - state.startedMs)))),
  scalar('TIME', (state) => now(state).toISOString().slice(11, 19)),
  scalar('TIME_EPOCH', (state) => String(Math.floor(state.clock.nowMs() / 1000))),
  scalar('TIME_YEAR', (state) => String(now(state).getUTCFullYear())),
  /** 0 to 11, as in ModSecurity. */
  scalar('TIME_MON', (state) => String(now(state).getUTCMonth())),
  scalar('TIME_DAY', (state) => String(now(state).getUTCDate())),
  /** 0 is Sunday. */
  scalar('TIME_WDAY', (state) => String(now(state).getUTCDay())),
  scalar('TIME_HOUR', (state) => String(now(state).getUTCHours())),
  scalar('TIME_MIN', (state) => String(now(state).getUTCMinutes())),
  scalar('TIME_SEC', (state) => String(now(state).getUTCSeconds())),
];

function now(state: TransactionState): Date {
  return new Date(state.clock.nowMs());
}
