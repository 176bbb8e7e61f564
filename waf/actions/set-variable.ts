/**
 * `setvar` and `setenv`.
 *
 *     tx.a          "1"                 tx.a=x      the text, macros expanded, in the key too
 *     tx.a=+2       plus 2              !tx.a       deletes
 *     tx.a=-%{tx.b} minus
 *
 * Arithmetic happens only when the sign stands right behind `=`; what is missing or no number counts as 0, as in
 * ModSecurity 3. Source: evidence/waf.md, 3.2.
 */
import { compileMacro, type Macro } from '../plan/macro.ts';
import { didYouMean } from '../seclang/did-you-mean.ts';
import type { TransactionState } from '../transaction/state.ts';
import { refusedVariables } from '../variables/catalog.ts';
import { keyed, lowerAscii } from '../variables/variable.ts';
import type { CompiledAction } from './action.ts';

/** What is wrong with an action's value, and at which offset of it. */
export interface ActionError {
  readonly error: string;
  readonly at: number;
}

/** Compiles the value of a `setvar`. */
export function compileSetVariable(value: string): CompiledAction | ActionError {
  const isDeletion = value.startsWith('!');
  const start = isDeletion ? 1 : 0;
  const dot = value.indexOf('.');
  const equals = equalsOutsideMacro(value);
  if (dot === -1 || (equals !== -1 && dot > equals)) {
    return { error: `expected "tx.name" or "tx.name=value", met "${value}"`, at: 0 };
  }
  const collection = value.slice(start, dot).trim();
  if (collection.toUpperCase() !== 'TX') return { error: notSettable(collection), at: start };
  const keyText = value.slice(dot + 1, equals === -1 ? undefined : equals).trim();
  if (keyText === '') return { error: `expected a name behind "${collection}.", met nothing`, at: dot + 1 };
  const key = compileMacro(keyText);
  if ('error' in key) return { error: key.error, at: dot + 1 + key.at };
  if (isDeletion) {
    if (equals !== -1) return { error: 'a variable that is deleted ("!") cannot have a value', at: equals };
    return new DeleteVariable(key);
  }
  if (equals === -1) return new SetVariable(key, { text: '1', literals: ['1'], references: [] }, 0);
  const sign = value[equals + 1] === '+' ? 1 : value[equals + 1] === '-' ? -1 : 0;
  const textStart = equals + 1 + Math.abs(sign);
  const text = compileMacro(value.slice(textStart));
  if ('error' in text) return { error: text.error, at: textStart + text.at };
  return new SetVariable(key, text, sign);
}

/** Compiles the value of a `setenv`: `NAME=value` or `!NAME`. It changes ENV of this transaction and nothing outside. */
export function compileSetEnvironment(value: string): CompiledAction | ActionError {
  const isDeletion = value.startsWith('!');
  const equals = isDeletion ? -1 : equalsOutsideMacro(value);
  const key = compileMacro(value.slice(isDeletion ? 1 : 0, equals === -1 ? undefined : equals).trim());
  if ('error' in key) return key;
  if (key.text === '') return { error: 'expected a name, met nothing', at: 0 };
  const text = compileMacro(isDeletion ? '' : equals === -1 ? '1' : value.slice(equals + 1));
  if ('error' in text) return { error: text.error, at: equals + 1 + text.at };
  return new SetEnvironment(key, text, isDeletion);
}

/** The key of a TX variable; one without macros is folded to lower case once. */
class TxKey {
  readonly #macro: Macro;
  readonly #constantLower: string;

  constructor(macro: Macro) {
    this.#macro = macro;
    this.#constantLower = macro.references.length === 0 ? lowerAscii(macro.text) : '';
  }

  shown(state: TransactionState): string {
    return this.#constantLower === '' ? state.expand(this.#macro) : this.#macro.text;
  }

  lower(shown: string): string {
    return this.#constantLower === '' ? lowerAscii(shown) : this.#constantLower;
  }
}

class SetVariable implements CompiledAction {
  readonly #key: TxKey;
  readonly #text: Macro;
  /** 1 adds, -1 subtracts, 0 replaces. */
  readonly #sign: number;

  constructor(key: Macro, text: Macro, sign: number) {
    this.#key = new TxKey(key);
    this.#text = text;
    this.#sign = sign;
  }

  run(state: TransactionState): void {
    const key = this.#key.shown(state);
    const lowerKey = this.#key.lower(key);
    let text = state.expand(this.#text);
    if (this.#sign !== 0) {
      text = String(leadingInteger(state.readTx(lowerKey)) + this.#sign * leadingInteger(text));
    }
    state.setTx(key, lowerKey, text);
  }
}

class DeleteVariable implements CompiledAction {
  readonly #key: TxKey;

  constructor(key: Macro) {
    this.#key = new TxKey(key);
  }

  run(state: TransactionState): void {
    state.deleteTx(this.#key.lower(this.#key.shown(state)));
  }
}

class SetEnvironment implements CompiledAction {
  readonly #key: Macro;
  readonly #text: Macro;
  readonly #isDeletion: boolean;

  constructor(key: Macro, text: Macro, isDeletion: boolean) {
    this.#key = key;
    this.#text = text;
    this.#isDeletion = isDeletion;
  }

  run(state: TransactionState): void {
    const variable = keyed(state.expand(this.#key), state.expand(this.#text));
    if (this.#isDeletion) state.env.delete(variable.lowerKey);
    else state.env.set(variable.lowerKey, variable);
  }
}

/** C's atoi: blanks, a sign, digits; everything else is 0. */
export function leadingInteger(text: string): number {
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? 0 : number;
}

function equalsOutsideMacro(value: string): number {
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '%' && value[at + 1] === '{') {
      const close = value.indexOf('}', at);
      if (close !== -1) at = close;
    } else if (value[at] === '=') {
      return at;
    }
  }
  return -1;
}

function notSettable(collection: string): string {
  const refusal = refusedVariables.get(collection.toUpperCase());
  if (refusal !== undefined) return `${collection} cannot be set: ${refusal}`;
  return `"${collection}" cannot be set; expected TX${didYouMean(collection.toUpperCase(), ['TX'])}`;
}
