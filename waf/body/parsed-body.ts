import type { BodyArgument, BodyFile, ParsedBody } from './body-processor.ts';

/** Collects what a processor finds; owned by one parse. Fields are those of `ParsedBody`. */
export class BodyFindings implements ParsedBody {
  readonly args: BodyArgument[] = [];
  readonly files: BodyFile[] = [];
  readonly partHeaders: BodyArgument[] = [];
  error = '';
  readonly flags: Record<string, number> = {};
  truncatedBy: ParsedBody['truncatedBy'] = '';
  readonly #argumentsMax: number;

  constructor(argumentsMax: number) {
    this.#argumentsMax = argumentsMax;
  }

  /** Adds an argument. Returns false, and notes it, when there is no room for it. */
  addArgument(name: string, value: string): boolean {
    if (this.args.length >= this.#argumentsMax) {
      this.truncatedBy = 'arguments';
      return false;
    }
    this.args.push({ name, value });
    return true;
  }

  /** Notes what is wrong; the first error stays. */
  fail(message: string): void {
    if (this.error === '') this.error = message;
  }
}
