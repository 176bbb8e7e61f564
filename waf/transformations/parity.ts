/** `parityEven7bit`, `parityOdd7bit`, `parityZero7bit`: the eighth bit as a check of the other seven. */

import { scratchWith, textOf } from './scratch.ts';
import type { Transformation } from './transformation.ts';

type Parity = 'even' | 'odd' | 'zero';

function withParity(code: number, parity: Parity): number {
  const low = code & 0x7f;
  if (parity === 'zero') return low;
  let ones = low ^ (low >> 4);
  ones ^= ones >> 2;
  ones = (ones ^ (ones >> 1)) & 1;
  return (ones === 1) === (parity === 'even') ? low | 0x80 : low;
}

function setParity(value: string, parity: Parity): string {
  const bytes = scratchWith(value);
  let isChanged = false;
  for (let i = 0; i < value.length; i++) {
    const code = bytes[i]!;
    const checked = withParity(code, parity);
    if (checked !== code) {
      bytes[i] = checked;
      isChanged = true;
    }
  }
  return isChanged ? textOf(bytes, value.length) : value;
}

/** Sets the eighth bit so that the number of ones is even. */
export const parityEven7bit: Transformation = {
  name: 'parityEven7bit',
  apply: (value) => setParity(value, 'even'),
};

/** Sets the eighth bit so that the number of ones is odd. */
export const parityOdd7bit: Transformation = {
  name: 'parityOdd7bit',
  apply: (value) => setParity(value, 'odd'),
};

/** Clears the eighth bit. */
export const parityZero7bit: Transformation = {
  name: 'parityZero7bit',
  apply: (value) => setParity(value, 'zero'),
};
