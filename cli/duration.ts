/** Durations as a person types them: `30s`, `10m`, `2h`, `7d`. */

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest that is understood: 366 days, which is what a list entry may hold. */
export const durationMsMax: number = 366 * 86_400_000;

/** Returns the milliseconds that `text` means, or undefined when it is no duration from 1 s to 366 d. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * unitMs[match[2]!]!;
  return durationMs > 0 && durationMs <= durationMsMax ? durationMs : undefined;
}

/** Returns a duration in its two largest units: `2 h 5 min`. Negative ones, which a changed clock makes, count as 0. */
export function renderDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
