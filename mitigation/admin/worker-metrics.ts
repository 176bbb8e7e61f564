/**
 * The counters and latency histograms of one worker: a row of float64 cells that the worker alone writes (but for the
 * two event cells that the main thread alone writes) and the generation's main thread reads at a scrape.
 *
 *      region of one slot (Float64Array over a SharedArrayBuffer that outlives the worker)
 *      | counter 0 | counter 1 | ... | counter n-1 | exchange histogram | upstream histogram | waf histogram |
 *
 * Each cell has one writer, so no Atomics: an aligned 8-byte store is one instruction on every platform that
 * Node.js runs on here, and a scrape that reads a value one exchange old is right. A worker that replaces a dead one
 * goes on in the same cells, so that totals never fall. What the dead one had open is settled by `retireSlot`.
 *
 * Gauges are not stored: an open count is `opened - closed`, both counted.
 */
import { LatencyHistogram } from '@secbeat/base/latency-histogram.ts';
import type { ExchangeReason } from '@secbeat/contracts/event.ts';
import type { Verdict } from '@secbeat/contracts/verdict.ts';

/** The cell of every counter. Add at the end of its group and renumber: ids live in memory only, never on disk. */
export const Counter = {
  // Exchanges by verdict: each exchange counts once, when its event is recorded.
  exchangePass: 0,
  exchangeLog: 1,
  exchangeTarpit: 2,
  exchangeChallenge: 3,
  exchangeThrottle: 4,
  exchangeDeny: 5,
  exchangeDrop: 6,

  // Exchanges by reason: each exchange counts once here too; `none` is an exchange that was simply served.
  reasonNone: 7,
  reasonWaf: 8,
  reasonWafFault: 9,
  reasonDenylist: 10,
  reasonRateLimit: 11,
  reasonConnectionLimit: 12,
  reasonMalformedRequest: 13,
  reasonHeadTooLarge: 14,
  reasonBodyTooLarge: 15,
  reasonNoRoute: 16,
  reasonRedirect: 17,
  reasonNoUpstream: 18,
  reasonUpstreamFault: 19,
  reasonUpstreamTimeout: 20,
  reasonClientTimeout: 21,
  reasonClientGone: 22,
  reasonShutdown: 23,
  reasonInternalFault: 24,

  // Final responses sent downstream by class; `responseNone` is an exchange that ended without a status line.
  responseNone: 25,
  response1xx: 26,
  response2xx: 27,
  response3xx: 28,
  response4xx: 29,
  response5xx: 30,

  // Downstream connections. A TLS connection is accepted when its socket is, before the handshake.
  connectionPlainAccepted: 31,
  connectionPlainClosed: 32,
  connectionTlsAccepted: 33,
  connectionTlsClosed: 34,

  // Refused at accept: neither accepted nor closed above.
  acceptRefusedDenylist: 35,
  acceptRefusedConnectionLimit: 36,
  acceptRefusedWorkerLimit: 37,

  // TLS handshakes. A resumed handshake counts in `tlsHandshakeResumed` and not in `tlsHandshakeFull`.
  tlsHandshakeFull: 38,
  tlsHandshakeResumed: 39,
  tlsHandshakeFailed: 40,

  // Bytes of the HTTP streams, inside TLS.
  downstreamBytesIn: 41,
  downstreamBytesOut: 42,
  upstreamBytesIn: 43,
  upstreamBytesOut: 44,

  // Upstream connections. `reused` counts exchanges that took an idle connection; `failed` are connects without success.
  upstreamOpened: 45,
  upstreamClosed: 46,
  upstreamReused: 47,
  upstreamFailed: 48,

  // Deadlines that an origin missed, by which one.
  upstreamTimeoutConnect: 49,
  upstreamTimeoutResponse: 50,
  upstreamTimeoutIdle: 51,

  // Tunnels after an Upgrade.
  tunnelOpened: 52,
  tunnelClosed: 53,

  // WAF. `denied` and `detected` are transactions in which a rule interrupted: enforced, or in detection-only mode.
  wafTransaction: 54,
  wafDenied: 55,
  wafDetected: 56,
  wafPartial: 57,
  wafFault: 58,
  wafOverCapDenied: 59,
  wafBytesInspected: 60,

  // Events. `eventRecorded`: put into a batch (`EventWriter` counts it). `eventDropped`: given up because the main
  // thread had fallen behind (whoever owns `emit` counts it, in the worker). The other two are the main thread's
  // cells: `eventTaken`: arrived there (`countEventsTaken`); `eventLost`: under way when the worker died (`retireSlot`).
  eventRecorded: 61,
  eventDropped: 62,
  eventTaken: 63,
  eventLost: 64,
} as const;

/** How many counter cells a region has. */
export const counterCount = 65;

/** The histograms of a region, by number. All in milliseconds. */
export const Latency = {
  /** From the first byte of the request to the last byte of the response. */
  exchange: 0,
  /** From the request being forwarded to the first byte of the origin's answer. */
  upstream: 1,
  /** Time inside the WAF, all phases of one transaction together. */
  waf: 2,
} as const;

const latencyCount = 3;

/** Index of the first cell of histogram `histogram` inside a region. */
export function latencyOffset(histogram: number): number {
  return counterCount + histogram * LatencyHistogram.length;
}

/** The counter of each verdict. */
export const counterForVerdict: Readonly<Record<Verdict, number>> = {
  pass: Counter.exchangePass,
  log: Counter.exchangeLog,
  tarpit: Counter.exchangeTarpit,
  challenge: Counter.exchangeChallenge,
  throttle: Counter.exchangeThrottle,
  deny: Counter.exchangeDeny,
  drop: Counter.exchangeDrop,
};

/** The counter of each reason. */
export const counterForReason: Readonly<Record<ExchangeReason, number>> = {
  none: Counter.reasonNone,
  waf: Counter.reasonWaf,
  'waf-fault': Counter.reasonWafFault,
  denylist: Counter.reasonDenylist,
  'rate-limit': Counter.reasonRateLimit,
  'connection-limit': Counter.reasonConnectionLimit,
  'malformed-request': Counter.reasonMalformedRequest,
  'head-too-large': Counter.reasonHeadTooLarge,
  'body-too-large': Counter.reasonBodyTooLarge,
  'no-route': Counter.reasonNoRoute,
  redirect: Counter.reasonRedirect,
  'no-upstream': Counter.reasonNoUpstream,
  'upstream-fault': Counter.reasonUpstreamFault,
  'upstream-timeout': Counter.reasonUpstreamTimeout,
  'client-timeout': Counter.reasonClientTimeout,
  'client-gone': Counter.reasonClientGone,
  shutdown: Counter.reasonShutdown,
  'internal-fault': Counter.reasonInternalFault,
};

/**
 * Returns the counter of a response status: its class, or `responseNone` for 0 and anything outside 100 to 599.
 *
 * Hot: an integer division and a compare.
 */
export function counterForStatus(status: number): number {
  return status >= 100 && status < 600 ? Counter.responseNone + ((status / 100) | 0) : Counter.responseNone;
}

/** Every pair of counters whose difference is a number of open things: `[opened, closed]`. */
export const openPairs: readonly (readonly [opened: number, closed: number])[] = [
  [Counter.connectionPlainAccepted, Counter.connectionPlainClosed],
  [Counter.connectionTlsAccepted, Counter.connectionTlsClosed],
  [Counter.upstreamOpened, Counter.upstreamClosed],
  [Counter.tunnelOpened, Counter.tunnelClosed],
];

/** Counts a batch of `count` events that arrived on the main thread from the worker that writes `region`. */
export function countEventsTaken(region: Float64Array, count: number): void {
  region[Counter.eventTaken]! += count;
}

function closeAll(region: Float64Array): void {
  for (const [opened, closed] of openPairs) region[closed] = region[opened]!;
}

/** Events that were recorded and neither dropped, nor taken, nor lost: in a batch or under way between the threads. */
function eventsUnderWay(region: Float64Array): number {
  const settled = region[Counter.eventTaken]! + region[Counter.eventDropped]! + region[Counter.eventLost]!;
  return Math.max(0, region[Counter.eventRecorded]! - settled);
}

/**
 * Settles the region of a dead worker: everything that it had open counts as closed, because its thread took the
 * sockets with it, and its events under way count as lost.
 *
 * Only the owner of the shared memory calls this, after the worker's `exit` (its last messages have been delivered by
 * then) and before its successor starts: at that moment nobody else writes the region. Twice changes nothing.
 */
export function retireSlot(region: Float64Array): void {
  closeAll(region);
  region[Counter.eventLost]! += eventsUnderWay(region);
}

/**
 * Settles a region that was copied from the generation before: what was open there is that generation's to close, and
 * events under way are relayed by it, so none of them is lost.
 */
export function adoptSlot(region: Float64Array): void {
  closeAll(region);
  region[Counter.eventTaken]! += eventsUnderWay(region);
}

/**
 * The writer's side of one region.
 *
 * Hot: `add` and `observe` run several times per exchange; neither allocates.
 */
export class WorkerMetrics {
  readonly #region: Float64Array;
  readonly #latencies: readonly LatencyHistogram[];

  /** How many float64 cells one region has; 8 bytes each. */
  static regionLength(): number {
    return latencyOffset(latencyCount);
  }

  /** @param region Borrowed: exactly `regionLength()` cells, written by this object only. */
  constructor(region: Float64Array) {
    if (region.length !== WorkerMetrics.regionLength()) {
      throw new RangeError(
        `metrics region has ${region.length} cells, expected ${WorkerMetrics.regionLength()}`,
      );
    }
    this.#region = region;
    const latencies: LatencyHistogram[] = [];
    for (let histogram = 0; histogram < latencyCount; histogram += 1) {
      const offset = latencyOffset(histogram);
      latencies.push(new LatencyHistogram(region.subarray(offset, offset + LatencyHistogram.length)));
    }
    this.#latencies = latencies;
  }

  /** Adds `n` (>= 0) to counter `id`, one of `Counter`. */
  add(id: number, n: number): void {
    this.#region[id]! += n;
  }

  /** Counts `ms` (>= 0) in histogram `histogram`, one of `Latency`. */
  observe(histogram: number, ms: number): void {
    this.#latencies[histogram]!.observe(ms);
  }
}
