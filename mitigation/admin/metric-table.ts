/**
 * What the worker counters are called outside: one row per metric, in the order of the page.
 *
 * A test checks that every counter of `Counter` stands in exactly one row; `eventTaken` alone is for reckoning only.
 */
import { Counter, Latency } from './worker-metrics.ts';

/** One value of a family: its labels and the cells that are added up for it, over all workers. */
export interface CounterValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly counter: number;
}

/** A family of counters. */
export interface CounterFamily {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly values: readonly CounterValue[];
}

/** A gauge that is the difference of two counters. */
export interface OpenFamily {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly pair: readonly [number, number];
  }[];
}

/** A latency histogram. */
export interface LatencyFamily {
  readonly name: string;
  readonly help: string;
  readonly histogram: number;
}

function family(
  name: string,
  help: string,
  label: string,
  cells: Readonly<Record<string, number>>,
): CounterFamily {
  const values = Object.entries(cells).map(([value, counter]) => ({ labels: { [label]: value }, counter }));
  return { name, help, labelNames: [label], values };
}

function single(name: string, help: string, counter: number): CounterFamily {
  return { name, help, labelNames: [], values: [{ labels: {}, counter }] };
}

/** Builds the rows of all counters. */
export function counterFamilies(): readonly CounterFamily[] {
  return [
    family('secbeat_exchanges_total', 'Exchanges that ended, by verdict.', 'verdict', {
      pass: Counter.exchangePass,
      log: Counter.exchangeLog,
      tarpit: Counter.exchangeTarpit,
      challenge: Counter.exchangeChallenge,
      throttle: Counter.exchangeThrottle,
      deny: Counter.exchangeDeny,
      drop: Counter.exchangeDrop,
    }),
    family(
      'secbeat_exchange_ends_total',
      'Exchanges that ended, by reason; none is a plain success.',
      'reason',
      {
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
      },
    ),
    family(
      'secbeat_responses_total',
      'Responses sent downstream, by class; none was without a status.',
      'class',
      {
        none: Counter.responseNone,
        '1xx': Counter.response1xx,
        '2xx': Counter.response2xx,
        '3xx': Counter.response3xx,
        '4xx': Counter.response4xx,
        '5xx': Counter.response5xx,
      },
    ),
    family('secbeat_downstream_connections_accepted_total', 'Client connections accepted.', 'transport', {
      plain: Counter.connectionPlainAccepted,
      tls: Counter.connectionTlsAccepted,
    }),
    family('secbeat_downstream_connections_closed_total', 'Client connections closed.', 'transport', {
      plain: Counter.connectionPlainClosed,
      tls: Counter.connectionTlsClosed,
    }),
    family(
      'secbeat_downstream_connections_refused_total',
      'Connections refused at accept, by cause.',
      'cause',
      {
        denylist: Counter.acceptRefusedDenylist,
        'connection-limit': Counter.acceptRefusedConnectionLimit,
        'worker-limit': Counter.acceptRefusedWorkerLimit,
      },
    ),
    family('secbeat_tls_handshakes_total', 'TLS handshakes with clients, by outcome.', 'outcome', {
      full: Counter.tlsHandshakeFull,
      resumed: Counter.tlsHandshakeResumed,
      failed: Counter.tlsHandshakeFailed,
    }),
    family('secbeat_downstream_bytes_total', 'Bytes exchanged with clients, inside TLS.', 'direction', {
      in: Counter.downstreamBytesIn,
      out: Counter.downstreamBytesOut,
    }),
    family('secbeat_upstream_bytes_total', 'Bytes exchanged with origins.', 'direction', {
      in: Counter.upstreamBytesIn,
      out: Counter.upstreamBytesOut,
    }),
    single(
      'secbeat_upstream_connections_opened_total',
      'Connections to origins opened.',
      Counter.upstreamOpened,
    ),
    single(
      'secbeat_upstream_connections_closed_total',
      'Connections to origins closed.',
      Counter.upstreamClosed,
    ),
    single(
      'secbeat_upstream_connections_reused_total',
      'Exchanges that took an idle connection to their origin.',
      Counter.upstreamReused,
    ),
    single(
      'secbeat_upstream_connections_failed_total',
      'Connections to origins that could not be opened.',
      Counter.upstreamFailed,
    ),
    family('secbeat_upstream_timeouts_total', 'Deadlines that origins missed.', 'deadline', {
      connect: Counter.upstreamTimeoutConnect,
      response: Counter.upstreamTimeoutResponse,
      idle: Counter.upstreamTimeoutIdle,
    }),
    single('secbeat_tunnels_opened_total', 'Tunnels opened after an Upgrade.', Counter.tunnelOpened),
    single('secbeat_tunnels_closed_total', 'Tunnels closed.', Counter.tunnelClosed),
    single('secbeat_waf_transactions_total', 'Exchanges that the WAF inspected.', Counter.wafTransaction),
    family(
      'secbeat_waf_interruptions_total',
      'WAF transactions that a rule interrupted, by effect.',
      'effect',
      {
        denied: Counter.wafDenied,
        'detected-only': Counter.wafDetected,
      },
    ),
    single(
      'secbeat_waf_partial_total',
      'Bodies over the inspection cap of which the first part was inspected.',
      Counter.wafPartial,
    ),
    single(
      'secbeat_waf_over_cap_denied_total',
      'Bodies over the inspection cap that were refused.',
      Counter.wafOverCapDenied,
    ),
    single('secbeat_waf_faults_total', 'Exchanges refused because the WAF itself failed.', Counter.wafFault),
    single(
      'secbeat_waf_inspected_bytes_total',
      'Bytes of bodies that the WAF inspected.',
      Counter.wafBytesInspected,
    ),
    family('secbeat_events_total', 'Events of exchanges, by what became of them.', 'state', {
      recorded: Counter.eventRecorded,
      'dropped-in-worker': Counter.eventDropped,
      'lost-with-worker': Counter.eventLost,
    }),
  ];
}

/** Builds the rows of what is open now. */
export function openFamilies(): readonly OpenFamily[] {
  return [
    {
      name: 'secbeat_downstream_connections_open',
      help: 'Client connections that are open.',
      labelNames: ['transport'],
      values: [
        {
          labels: { transport: 'plain' },
          pair: [Counter.connectionPlainAccepted, Counter.connectionPlainClosed],
        },
        { labels: { transport: 'tls' }, pair: [Counter.connectionTlsAccepted, Counter.connectionTlsClosed] },
      ],
    },
    {
      name: 'secbeat_upstream_connections_open',
      help: 'Connections to origins that are open, idle ones included.',
      labelNames: [],
      values: [{ labels: {}, pair: [Counter.upstreamOpened, Counter.upstreamClosed] }],
    },
    {
      name: 'secbeat_tunnels_open',
      help: 'Tunnels that are open.',
      labelNames: [],
      values: [{ labels: {}, pair: [Counter.tunnelOpened, Counter.tunnelClosed] }],
    },
  ];
}

/** Builds the rows of the histograms. */
export function latencyFamilies(): readonly LatencyFamily[] {
  return [
    {
      name: 'secbeat_exchange_duration_seconds',
      help: 'From the first byte of the request to the last of the response.',
      histogram: Latency.exchange,
    },
    {
      name: 'secbeat_upstream_duration_seconds',
      help: "From the request being forwarded to the first byte of the origin's answer.",
      histogram: Latency.upstream,
    },
    {
      name: 'secbeat_waf_duration_seconds',
      help: 'Time inside the WAF, all phases of one exchange together.',
      histogram: Latency.waf,
    },
  ];
}
