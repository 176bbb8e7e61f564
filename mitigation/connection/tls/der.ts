/**
 * The few words of DER (ITU-T X.690) that a self-signed certificate is written in.
 *
 * Every value is tag, length, content; lengths below 128 are one byte, longer ones a count and then big-endian bytes.
 */

/** A value with any tag. */
export function derValue(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content]);
}

/** SEQUENCE. */
export function derSequence(...values: readonly Uint8Array[]): Buffer {
  return derValue(0x30, ...values);
}

/** SET of one value, as in a distinguished name. */
export function derSet(value: Uint8Array): Buffer {
  return derValue(0x31, value);
}

/** INTEGER from the big-endian bytes of a number that is not negative. */
export function derInteger(bigEndian: Uint8Array): Buffer {
  let start = 0;
  while (start < bigEndian.length - 1 && bigEndian[start] === 0) start++;
  const digits = bigEndian.subarray(start);
  // A first bit of one would make it negative.
  return (digits[0] ?? 0) >= 0x80 ? derValue(0x02, Buffer.from([0]), digits) : derValue(0x02, digits);
}

/** OBJECT IDENTIFIER from its dotted form: the first two arcs share a byte, each further one takes 7 bits a byte. */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left % 128) + 128);
    }
    bytes.push(...groups);
  }
  return derValue(0x06, Buffer.from(bytes));
}

/** UTF8String. */
export function derText(text: string): Buffer {
  return derValue(0x0c, Buffer.from(text, 'utf8'));
}

/** BIT STRING of whole bytes, the last `unusedBits` of which do not count. */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return derValue(0x03, Buffer.from([unusedBits]), bytes);
}

/** OCTET STRING. */
export function derOctetString(bytes: Uint8Array): Buffer {
  return derValue(0x04, bytes);
}

/** BOOLEAN true. */
export function derTrue(): Buffer {
  return derValue(0x01, Buffer.from([0xff]));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5), to the second. */
export function derTime(timeMs: number): Buffer {
  const digits = `${new Date(timeMs).toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}Z`;
  return digits < '2050' ? derValue(0x17, Buffer.from(digits.slice(2))) : derValue(0x18, Buffer.from(digits));
}

/** A constructed value with the context tag `number`, around `contents`. */
export function derContext(number: number, ...contents: readonly Uint8Array[]): Buffer {
  return derValue(0xa0 + number, ...contents);
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [0x80 + bytes.length, ...bytes];
}
