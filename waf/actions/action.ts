/** A compiled action that runs once for each variable instance that matches. */
import type { TransactionState } from '../transaction/state.ts';

export interface CompiledAction {
  /** Hot: runs for each match. */
  run(state: TransactionState): void;
}
