/**
 * JSON bodies: every leaf becomes an argument named by its path.
 *
 *     {"a": [1, {"b": null}]}   ->   json.a.array_0 = 1      json.a.array_1.b = (empty)
 *
 * Strict as RFC 8259, with two additions: a byte order mark may stand first, because applications take it, and duplicate keys
 * are all kept, because applications differ in which one they take. Numbers, `true` and `false` keep their text, `null` is
 * empty. An empty object or array is an empty value, so that rules see its key.
 *
 * What was read before an error or a limit is kept. Bounded: `argumentsMax` leaves, `depthMax` levels, and `PATH_BYTES_MAX` of
 * the path in front of a key: otherwise one long key above many leaves would cost memory in the square of the body. A key that
 * is cut so is shown whole once, as a value-less argument.
 *
 * Source: RFC 8259; ModSecurity 3 for the names.
 */

import { isDigit } from '../transformations/byte-class.ts';
import type { BodyLimits, BodyProcessor, ParsedBody } from './body-processor.ts';
import { type JsonString, readJsonString } from './json-string.ts';
import { BodyFindings } from './parsed-body.ts';

const PATH_BYTES_MAX = 512;
const BYTE_ORDER_MARK = '\xef\xbb\xbf';
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const WORDS: readonly string[] = ['true', 'false', 'null'];

/** An object or array that is open. */
interface Container {
  readonly isArray: boolean;
  readonly path: string;
  /** Members begun so far. */
  count: number;
}

/** Owns one pass over one body. Without recursion: depth costs no stack. */
class JsonReader {
  readonly #body: string;
  readonly #limits: BodyLimits;
  readonly #isPartial: boolean;
  readonly #findings: BodyFindings;
  readonly #open: Container[] = [];
  #at = 0;
  /** Name of the value that comes next. */
  #name = 'json';

  constructor(body: string, limits: BodyLimits, isPartial: boolean) {
    this.#body = body;
    this.#limits = limits;
    this.#isPartial = isPartial;
    this.#findings = new BodyFindings(limits.argumentsMax);
  }

  read(): ParsedBody {
    if (this.#body.startsWith(BYTE_ORDER_MARK)) this.#at = BYTE_ORDER_MARK.length;
    while (this.#value() && this.#separators()) {
      // Each turn reads one value and what leads to the next.
    }
    return this.#findings;
  }

  /** Notes an error at the current byte, or the harmless end of a partial body. Returns false: reading is over. */
  #stop(expected: string): false {
    if (this.#at < this.#body.length) {
      const met = this.#body.charCodeAt(this.#at).toString(16).padStart(2, '0');
      this.#findings.fail(`JSON: byte 0x${met} at offset ${this.#at}, expected ${expected}`);
    } else if (!this.#isPartial) {
      this.#findings.fail(`JSON: ends at offset ${this.#at}, expected ${expected}`);
    }
    return false;
  }

  #skipBlanks(): number {
    for (;;) {
      const code = this.#body.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#at++;
    }
  }

  /** Reads one value with all the containers that open before it. Returns false when reading is over. */
  #value(): boolean {
    let code = this.#skipBlanks();
    while (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      const step = this.#openContainer(code === OPEN_ARRAY);
      if (step !== 'opened') return step === 'empty';
      code = this.#skipBlanks();
    }
    if (code === QUOTE) {
      const found = readJsonString(this.#body, this.#at);
      this.#at = found.end;
      if (!this.#findings.addArgument(this.#name, found.text)) return false;
      return found.state === 'closed' || this.#stopInString(found);
    }
    const start = this.#at;
    if (code === 0x2d || isDigit(code)) {
      if (!this.#number()) return this.#stop('a digit');
      return this.#findings.addArgument(this.#name, this.#body.slice(start, this.#at));
    }
    const word = WORDS.find((text) => this.#body.startsWith(text, start));
    if (word === undefined) {
      const isCut = WORDS.some((text) => text.startsWith(this.#body.slice(start, start + text.length)));
      if (isCut) this.#at = this.#body.length;
      return this.#stop('a value');
    }
    this.#at += word.length;
    return this.#findings.addArgument(this.#name, word === 'null' ? '' : word);
  }

  #stopInString(found: JsonString): false {
    return this.#stop(found.state === 'unclosed' ? 'the rest of a string' : 'a valid character of a string');
  }

  #number(): boolean {
    const body = this.#body;
    if (body.charCodeAt(this.#at) === 0x2d) this.#at++;
    if (body.charCodeAt(this.#at) === 0x30) this.#at++;
    else if (!this.#digits()) return false;
    if (body.charCodeAt(this.#at) === 0x2e) {
      this.#at++;
      if (!this.#digits()) return false;
    }
    if ((body.charCodeAt(this.#at) | 0x20) !== 0x65) return true;
    this.#at++;
    const sign = body.charCodeAt(this.#at);
    if (sign === 0x2b || sign === 0x2d) this.#at++;
    return this.#digits();
  }

  #digits(): boolean {
    const start = this.#at;
    while (isDigit(this.#body.charCodeAt(this.#at))) this.#at++;
    return this.#at > start;
  }

  /** Opens a container and goes before its first value, or closes it at once when it is empty. */
  #openContainer(isArray: boolean): 'opened' | 'empty' | 'over' {
    if (this.#open.length >= this.#limits.depthMax) {
      this.#findings.truncatedBy = 'depth';
      this.#findings.fail(`JSON: offset ${this.#at} is nested deeper than ${this.#limits.depthMax}`);
      return 'over';
    }
    this.#at++;
    if (this.#skipBlanks() === (isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) {
      this.#at++;
      return this.#open.length === 0 || this.#findings.addArgument(this.#name, '') ? 'empty' : 'over';
    }
    let path = this.#name;
    if (path.length > PATH_BYTES_MAX) {
      if (!this.#findings.addArgument(path, '')) return 'over';
      path = path.slice(0, PATH_BYTES_MAX);
    }
    this.#open.push({ isArray, path, count: 0 });
    return this.#member() ? 'opened' : 'over';
  }

  /** Reads what stands before the next value of the innermost container: a key in an object, nothing in an array. */
  #member(): boolean {
    const container = this.#open.at(-1)!;
    if (container.isArray) {
      this.#name = `${container.path}.array_${container.count++}`;
      return true;
    }
    container.count++;
    if (this.#skipBlanks() !== QUOTE) return this.#stop('a key in quotes');
    const key = readJsonString(this.#body, this.#at);
    this.#at = key.end;
    this.#name = `${container.path}.${key.text}`;
    if (key.state !== 'closed') {
      this.#findings.addArgument(this.#name, '');
      return this.#stopInString(key);
    }
    if (this.#skipBlanks() !== COLON) return this.#stop('a colon');
    this.#at++;
    return true;
  }

  /** Reads from behind a value to before the next one. Returns false when there is none. */
  #separators(): boolean {
    for (;;) {
      const code = this.#skipBlanks();
      const container = this.#open.at(-1);
      if (container === undefined) return this.#at < this.#body.length && this.#stop('the end');
      if (code === COMMA) {
        this.#at++;
        return this.#member();
      }
      if (code !== (container.isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) {
        return this.#stop(container.isArray ? '"," or "]"' : '"," or "}"');
      }
      this.#at++;
      this.#open.pop();
    }
  }
}

/** Reads JSON bodies. */
export const json: BodyProcessor = {
  name: 'JSON',
  parse: (body, _contentType, limits, isPartial) => new JsonReader(body, limits, isPartial).read(),
};
