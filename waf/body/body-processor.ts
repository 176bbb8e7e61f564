/** The shape of a body processor: latin1 bytes in, arguments, files and flags out, bounded. */

/** Bounds of one parse. What exceeds them is cut and named in `truncatedBy`. */
export interface BodyLimits {
  readonly argumentsMax: number;
  /** Nesting depth (JSON). */
  readonly depthMax: number;
  /** Parts of a multipart body. */
  readonly partsMax: number;
}

/** One name with its value, as latin1 byte strings, decoded as its format says. */
export interface BodyArgument {
  readonly name: string;
  readonly value: string;
}

/** One uploaded file, without its content. */
export interface BodyFile {
  /** The form field. */
  readonly name: string;
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  readonly headers: readonly string[];
}

/** What a processor found. */
export interface ParsedBody {
  readonly args: readonly BodyArgument[];
  readonly files: readonly BodyFile[];
  /** Part name -> whole header line. */
  readonly partHeaders: readonly BodyArgument[];
  /** '' when there is none. */
  readonly error: string;
  /** The flags that are set: MULTIPART_* names without the prefix, and URLENCODED_ERROR. */
  readonly flags: Readonly<Record<string, number>>;
  readonly truncatedBy: '' | 'arguments' | 'depth' | 'parts';
}

/** One body processor. Pure. */
export interface BodyProcessor {
  readonly name: 'URLENCODED' | 'MULTIPART' | 'JSON' | 'RAW';
  /**
   * Parses a body.
   *
   * @param body      The bytes as latin1.
   * @param isPartial The body was cut at the inspection cap: a missing end is not an error.
   */
  parse(body: string, contentType: string, limits: BodyLimits, isPartial: boolean): ParsedBody;
}
