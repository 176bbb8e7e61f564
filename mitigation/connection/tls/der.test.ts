import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  derBitString,
  derContext,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSet,
  derText,
  derTime,
  derTrue,
} from './der.ts';

/** Expected bytes are those of X.690 and of `openssl asn1parse` input files, written out by hand. */
describe('der: values', () => {
  const rows: readonly { name: string; value: Buffer; hex: string }[] = [
    { name: 'integer 0', value: derInteger(Buffer.from([0])), hex: '020100' },
    { name: 'integer 127', value: derInteger(Buffer.from([127])), hex: '02017f' },
    { name: 'integer 128 needs a zero before it', value: derInteger(Buffer.from([128])), hex: '02020080' },
    { name: 'integer with leading zeros', value: derInteger(Buffer.from([0, 0, 1, 0])), hex: '02020100' },
    {
      name: 'object identifier',
      value: derObjectIdentifier('1.2.840.10045.4.3.2'),
      hex: '06082a8648ce3d040302',
    },
    { name: 'object identifier of two arcs', value: derObjectIdentifier('2.5'), hex: '060155' },
    { name: 'text', value: derText('\u00e9'), hex: '0c02c3a9' },
    { name: 'bit string', value: derBitString(Buffer.from([0x80]), 7), hex: '03020780' },
    { name: 'octet string', value: derOctetString(Buffer.from([1])), hex: '040101' },
    { name: 'true', value: derTrue(), hex: '0101ff' },
    { name: 'set', value: derSet(derTrue()), hex: '31030101ff' },
    { name: 'empty sequence', value: derSequence(), hex: '3000' },
    { name: 'context tag', value: derContext(3, derTrue()), hex: 'a3030101ff' },
    {
      name: 'time until 2049',
      value: derTime(Date.parse('2049-12-31T23:59:59.999Z')),
      hex: `170d${Buffer.from('491231235959Z').toString('hex')}`,
    },
    {
      name: 'time from 2050',
      value: derTime(Date.parse('2050-01-01T00:00:00Z')),
      hex: `180f${Buffer.from('20500101000000Z').toString('hex')}`,
    },
  ];
  for (const row of rows) test(row.name, () => assert.equal(row.value.toString('hex'), row.hex));
});

describe('der: lengths', () => {
  const rows: readonly { length: number; head: string }[] = [
    { length: 127, head: '047f' },
    { length: 128, head: '048180' },
    { length: 255, head: '0481ff' },
    { length: 256, head: '04820100' },
    { length: 65_536, head: '0483010000' },
  ];
  for (const row of rows) {
    test(`${row.length} bytes`, () => {
      const value = derOctetString(Buffer.alloc(row.length));
      assert.equal(value.subarray(0, row.head.length / 2).toString('hex'), row.head);
      assert.equal(value.length, row.head.length / 2 + row.length);
    });
  }
});
