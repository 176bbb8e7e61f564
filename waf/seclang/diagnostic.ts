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

/** Findings beyond this many are counted, not listed: nobody reads them, and a binary file would make millions. */
const diagnosticsMax = 500;

/** Collects findings. Bounded: at most `diagnosticsMax` of each severity. */
export class Diagnostics {
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  #errorsDropped = 0;
  #warningsDropped = 0;

  get hasErrors(): boolean {
    return this.#errors.length > 0;
  }

  error(place: Place, message: string): void {
    if (this.#errors.length < diagnosticsMax) this.#errors.push({ ...place, severity: 'error', message });
    else this.#errorsDropped++;
  }

  warning(place: Place, message: string): void {
    if (this.#warnings.length < diagnosticsMax)
      this.#warnings.push({ ...place, severity: 'warning', message });
    else this.#warningsDropped++;
  }

  /** The errors in order of `files` and of their places, however they were found. */
  errors(files: readonly string[]): Diagnostic[] {
    return inOrder(this.#errors, this.#errorsDropped, files);
  }

  /** The warnings, ordered alike. */
  warnings(files: readonly string[]): Diagnostic[] {
    return inOrder(this.#warnings, this.#warningsDropped, files);
  }
}

function inOrder(found: readonly Diagnostic[], dropped: number, files: readonly string[]): Diagnostic[] {
  const ordered = found.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
  const last = ordered.at(-1);
  if (dropped > 0 && last !== undefined) {
    ordered.push({ ...last, message: `${dropped} more ${last.severity}s are not listed` });
  }
  return ordered;
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
