/** The result of a measurement, in the one shape that every bench and conformance command writes with `--json`. */
import { writeFileSync } from 'node:fs';

/** One figure beside its peer's. What there is none of is null. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly peer: number | null;
  /** How many times better we are than the peer: above 1 is better, whatever the unit. */
  readonly ratio: number | null;
  /** The ratio to reach (or, without a peer, the value of `ours`). */
  readonly goal: number | null;
  readonly met: boolean | null;
}

/** A row with the lowest and the highest round, for readers. */
export interface MeasuredRow extends BenchRow {
  readonly ratioLowest: number | null;
  readonly ratioHighest: number | null;
}

/** Writes `rows` as a JSON array with exactly the fields of `BenchRow`. */
export function writeRows(file: string, rows: readonly BenchRow[]): void {
  const plain = rows.map(({ name, unit, ours, peer, ratio, goal, met }) => ({
    name,
    unit,
    ours,
    peer,
    ratio,
    goal,
    met,
  }));
  writeFileSync(file, `${JSON.stringify(plain, null, 2)}\n`);
}

/** Renders `rows` as a Markdown table, which a terminal shows just as well. */
export function renderRows(rows: readonly MeasuredRow[]): string {
  const table = [
    ['figure', 'unit', 'SecBeat', 'peer', 'ratio', 'lowest to highest round', 'goal'],
    ...rows.map((row) => [
      row.name,
      row.unit,
      figure(row.ours),
      figure(row.peer),
      figure(row.ratio),
      row.ratioLowest === null ? '-' : `${figure(row.ratioLowest)} to ${figure(row.ratioHighest)}`,
      row.goal === null ? '-' : `${figure(row.goal)} ${row.met === true ? 'met' : 'missed'}`,
    ]),
  ];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  );
  const lines = table.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return lines.join('\n');
}

/** Three significant digits, without an exponent. */
function figure(value: number | null): string {
  if (value === null) return '-';
  return Math.abs(value) >= 1000 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
}
