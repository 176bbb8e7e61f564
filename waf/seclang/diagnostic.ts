/** What the compiler says about rule texts: every finding with its place, all of them at once. */

/** One finding. `line` and `column` count from 1; columns are bytes of the line. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** A position in a rule text. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Errors beyond this many are counted, not listed: nobody reads them, and a binary file would make millions. */
export const diagnosticsMax = 500;

/** Collects findings in the order in which they are met. Bounded: at most `diagnosticsMax` of each severity. */
export class Diagnostics {
  readonly errors: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];

  error(place: Place, message: string): void {
    add(this.errors, place, 'error', message);
  }

  warning(place: Place, message: string): void {
    add(this.warnings, place, 'warning', message);
  }
}

function add(list: Diagnostic[], place: Place, severity: Diagnostic['severity'], message: string): void {
  if (list.length < diagnosticsMax) {
    list.push({ file: place.file, line: place.line, column: place.column, severity, message });
  } else if (list.length === diagnosticsMax) {
    const text = `more than ${diagnosticsMax} ${severity}s; the rest is not listed`;
    list.push({ file: place.file, line: place.line, column: place.column, severity, message: text });
  }
}

/** Formats a finding as compilers do: `file:line:column: message`, with `warning: ` before a warning's message. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const kind = diagnostic.severity === 'warning' ? 'warning: ' : '';
  return `${formatPlace(diagnostic)}: ${kind}${diagnostic.message}`;
}

/** Formats `file:line:column`. */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}
