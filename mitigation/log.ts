/**
 * Structured logs of a node: one JSON object per line on stderr, or a short human line when stderr is a terminal.
 *
 * Every process has one root log. Worker threads do not write: a reader of stderr that stops reading would stop them
 * too, and with them the traffic. They relay records to the main thread, whose writer is asynchronous, holds at most
 * `bufferBytesMax` and counts what it must drop.
 */
import { isatty } from 'node:tty';
import pino from 'pino';
import type { NodeConfig } from './config/model.ts';
import { LogSink } from './log-sink.ts';

/** Facts beside a message. An `Error` under `err` is written with its code, stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How much is written, mildest last. */
export type LogLevel = NodeConfig['logLevel'];

/** The severity of one record. */
export type LogSeverity = 'debug' | 'info' | 'warn' | 'error';

/** Where a part of the node writes what an operator may need. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** The log of a process. */
export interface RootLog extends Log {
  /** Changes what is written from now on. */
  setLevel(level: LogLevel): void;
  /** Records that were dropped because stderr was not read. */
  dropped(): number;
  /** Resolves when what is buffered has been written, or after a second: before a process exits. */
  flush(): Promise<void>;
}

/** Bytes that wait for stderr at most. More are dropped and counted. */
const bufferBytesMax = 4 * 1024 * 1024;

const flushDeadlineMs = 1000;

/** Options of {@link openRootLog}. */
export interface RootLogOptions {
  readonly level: LogLevel;
  /** Fields of every record of this process. */
  readonly fields: LogFields;
  /** The descriptor written to. Default 2, stderr. */
  readonly descriptor?: number;
  /** Human lines instead of JSON. Default: whether the descriptor is a terminal. */
  readonly human?: boolean;
}

/** Opens the root log of this process. A descriptor that cannot be written to is counted, never fatal. */
export function openRootLog(options: RootLogOptions): RootLog {
  const descriptor = options.descriptor ?? 2;
  const isHuman = options.human ?? isatty(descriptor);
  const sink = new LogSink(descriptor, bufferBytesMax);
  const target = { write: (line: string): void => sink.write(isHuman ? renderHuman(line) : line) };
  const logger = pino(
    {
      level: options.level,
      base: { ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    target,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    setLevel: (level) => {
      logger.level = level;
    },
    dropped: () => sink.dropped,
    flush: () => sink.flush(flushDeadlineMs),
  };
}

/** One record on its way from a worker thread to the main thread. Structured-clonable. */
export interface LogRecord {
  readonly severity: LogSeverity;
  readonly fields: LogFields;
  readonly message: string;
}

/** Creates a log that hands each record to `post`; what cannot be cloned between threads is turned into text. */
export function createRelayLog(post: (record: LogRecord) => void): Log {
  const relay = (severity: LogSeverity, fields: LogFields, message: string): void => {
    const plain: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) plain[name] = toPlain(value);
    post({ severity, fields: plain, message });
  };
  return {
    debug: (fields, message) => relay('debug', fields, message),
    info: (fields, message) => relay('info', fields, message),
    warn: (fields, message) => relay('warn', fields, message),
    error: (fields, message) => relay('error', fields, message),
  };
}

/** Writes a relayed record with the fields `extra` of the thread that it came from. */
export function writeRecord(log: Log, record: LogRecord, extra: LogFields): void {
  log[record.severity]({ ...extra, ...record.fields }, record.message);
}

/** Discards everything. */
export const silentLog: Log = { debug: discard, info: discard, warn: discard, error: discard };

function discard(): void {
  return;
}

/** How deep a chain of causes is followed. */
const causesMax = 5;

/** Returns `value` as plain data when it is an error, else unchanged. */
function describeError(value: unknown, depth = 0): unknown {
  if (!(value instanceof Error)) return value;
  const code = (value as { readonly code?: unknown }).code;
  return {
    type: value.name,
    message: value.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: value.stack,
    ...(value.cause !== undefined && depth < causesMax
      ? { cause: describeError(value.cause, depth + 1) }
      : {}),
  };
}

function toPlain(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      if (value === null) return null;
      if (value instanceof Error) return describeError(value);
      return toClonable(value);
    default:
      return String(value);
  }
}

function toClonable(value: object): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}

/** Fields that every record has and that a person at a terminal need not see. */
const quietFields: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'pid', 'node', 'process']);

/**
 * Renders one JSON record for a terminal: `15:04:05.678 warn  worker stopped slot=1 code="..."`.
 *
 * Security: values go through JSON.stringify, so that nothing a client sent can move the cursor or forge a line.
 */
export function renderHuman(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const fields = Object.entries(record)
    .filter(([name]) => !quietFields.has(name))
    .map(([name, value]) => `${name}=${renderValue(value)}`);
  const time = String(record['time']).slice(11, 23);
  const level = String(record['level']).padEnd(5);
  return `${[time, level, escapeControls(String(record['msg'] ?? '')), ...fields].join(' ')}\n`;
}

function renderValue(value: unknown): string {
  const isError = typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
  return escapeControls(JSON.stringify(isError ? value.message : value) ?? '');
}

/** Escapes C0, DEL and C1 controls except the line feed, which a list of reasons needs and which is indented. */
function escapeControls(text: string): string {
  return text
    .replace(
      /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g,
      (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replaceAll('\n', '\n      ');
}
