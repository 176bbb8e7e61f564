/**
 * Which fields of a message go on to the other side, and the copying of them.
 *
 * Source: RFC 9110 section 7.6.1: a proxy removes Connection and every field that it names (`Fields.isHopByHop`). Fields
 * that this node writes anew on the other side are named by a table of the caller.
 */
import { type Fields, KnownField } from '@secbeat/http/h1/fields.ts';

/** More than the number of known fields: ids index a byte table. */
const tableLength = 256;

/** Returns a table that is 1 for each of `ids`. */
export function fieldTable(ids: readonly number[]): Uint8Array {
  const table = new Uint8Array(tableLength);
  for (const id of ids) table[id] = 1;
  return table;
}

/** Tells of a field without a number whether it must not go on. */
export type FieldTest = (fields: Fields, i: number) => boolean;

/**
 * Appends every end-to-end field that neither `skipped` nor `isDropped` names, and returns the longer text.
 *
 * Hot: a run of canonical lines is copied as one slice; a line with odd white space is written anew.
 */
export function appendFields(
  start: string,
  fields: Fields,
  skipped: Uint8Array,
  isDropped?: FieldTest,
): string {
  const count = fields.count;
  let text = start;
  let runStart = -1;
  let runEnd = 0;
  for (let i = 0; i < count; i += 1) {
    const id = fields.id(i);
    const isKept =
      skipped[id] === 0 &&
      !fields.isHopByHop(i) &&
      (id !== KnownField.other || isDropped === undefined || !isDropped(fields, i));
    if (isKept && fields.isCanonical(i)) {
      if (runStart < 0) runStart = fields.lineStart(i);
      runEnd = fields.lineEnd(i) + 2;
      continue;
    }
    if (runStart >= 0) {
      text += fields.text.slice(runStart, runEnd);
      runStart = -1;
    }
    if (isKept) text += `${fields.name(i)}: ${fields.value(i)}\r\n`;
  }
  return runStart < 0 ? text : text + fields.text.slice(runStart, runEnd);
}
