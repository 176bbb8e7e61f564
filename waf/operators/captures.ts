import type { OperatorMatch } from './operator.ts';

/** Records `text` as the whole match and nothing else. `match` may be null: then nobody wants it. */
export function captureWhole(match: OperatorMatch | null, text: string): void {
  if (match === null) return;
  match.captures[0] = text;
  match.captureCount = 1;
}
