/**
 * The files of the incident store: NDJSON segments in one directory, appended to by one process, read by any.
 *
 *      incidents/0000000000001.ndjson   oldest, deleted first
 *      incidents/0000000000002.ndjson
 *      incidents/0000000000003.ndjson   the one that is appended to
 *
 * Written with plain appends and without fsync: a killed process loses nothing that `write` has returned for, and a
 * machine that loses power loses some seconds of incidents. A line that was cut in the middle (by a crash or a full
 * disk) is closed with a newline before the next one, so it spoils nothing but itself.
 */
import { type FileHandle, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One segment on disk. */
interface Segment {
  readonly path: string;
  readonly number: number;
  bytes: number;
}

/** Where segments lie and how large they may grow. */
export interface SegmentsOptions {
  readonly directory: string;
  /** All segments together; the oldest is deleted when an append would pass it. */
  readonly bytesMax: number;
  /** One segment; the append that passes it starts the next one. */
  readonly segmentBytesMax: number;
}

const namePattern = /^([0-9]{13})\.ndjson$/;
const newline = 0x0a;

function nameOf(number: number): string {
  return `${String(number).padStart(13, '0')}.ndjson`;
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

/** Owns the directory of segments. One at a time per directory; calls of `append` must not overlap. */
export class IncidentSegments {
  readonly #options: SegmentsOptions;
  readonly #segments: Segment[];
  #handle: FileHandle | undefined;
  /** True when the file may not end with a newline. */
  #isTorn: boolean;

  private constructor(options: SegmentsOptions, segments: Segment[], isTorn: boolean) {
    this.#options = options;
    this.#segments = segments;
    this.#isTorn = isTorn;
  }

  /** Opens the directory, made with mode 0700 when absent, and takes stock of the segments in it. */
  static async open(options: SegmentsOptions): Promise<IncidentSegments> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const segments: Segment[] = [];
    for (const name of (await readdir(options.directory)).sort()) {
      const match = namePattern.exec(name);
      if (match === null) continue;
      const path = join(options.directory, name);
      segments.push({ path, number: Number(match[1]), bytes: (await stat(path)).size });
    }
    // Whether the last line is whole is not read but assumed not: an empty line costs one byte.
    return new IncidentSegments(options, segments, (segments.at(-1)?.bytes ?? 0) > 0);
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Number of segments. */
  get count(): number {
    return this.#segments.length;
  }

  /** Appends whole lines. After a failure the text is lost, the file is closed, and the next append opens it anew. */
  async append(lines: string): Promise<void> {
    try {
      await this.#append(lines);
    } catch (thrown) {
      // The disk's own error says more than a second one of closing.
      await this.close().catch(() => undefined);
      throw thrown;
    }
  }

  /** Yields the text of each segment, newest first. A segment that was deleted meanwhile is left out. */
  async *newestFirst(): AsyncGenerator<Buffer> {
    for (const segment of this.#segments.toReversed()) {
      try {
        yield await readFile(segment.path);
      } catch (thrown) {
        if (!hasCode(thrown, 'ENOENT')) throw thrown;
      }
    }
  }

  /** Closes the file that is appended to. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #append(lines: string): Promise<void> {
    const text = Buffer.from(this.#isTorn ? `\n${lines}` : lines, 'utf8');
    await this.#makeRoom(text.length);
    const { handle, segment } = await this.#current();
    this.#isTorn = true;
    let written = 0;
    while (written < text.length) {
      const { bytesWritten } = await handle.write(text, written, text.length - written);
      if (bytesWritten === 0) throw new Error(`wrote 0 bytes to ${segment.path}`);
      written += bytesWritten;
      segment.bytes += bytesWritten;
    }
    this.#isTorn = text[text.length - 1] !== newline;
    if (segment.bytes >= this.#options.segmentBytesMax) await this.#startNext();
  }

  async #startNext(): Promise<void> {
    await this.close();
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    this.#segments.push({ path: join(this.#options.directory, nameOf(number)), number, bytes: 0 });
    this.#isTorn = false;
  }

  async #current(): Promise<{ handle: FileHandle; segment: Segment }> {
    if (this.#segments.length === 0) await this.#startNext();
    const segment = this.#segments.at(-1)!;
    this.#handle ??= await open(segment.path, 'a', 0o600);
    return { handle: this.#handle, segment };
  }

  async #makeRoom(bytes: number): Promise<void> {
    while (this.bytes > 0 && this.bytes + bytes > this.#options.bytesMax) {
      if (this.#segments.length === 1) await this.#startNext();
      const oldest = this.#segments[0]!;
      try {
        await unlink(oldest.path);
      } catch (thrown) {
        if (!hasCode(thrown, 'ENOENT')) throw thrown;
      }
      this.#segments.shift();
    }
  }
}
