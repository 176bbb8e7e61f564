/**
 * The configuration of a node after loading: complete, checked and self-contained.
 *
 * Everything that stood in other files (certificates, rules, pages) is in it as text, so that a generation or a worker
 * can be started again from memory although the files on disk have meanwhile been broken. It is structured-clonable.
 * Units stand last in names; every duration is in milliseconds and every size in bytes.
 */

/** One address that the node listens on. Fixed while the supervisor lives. */
export interface ListenerConfig {
  /** `HOST:PORT` as configured; names the listener in events and metrics. */
  readonly name: string;
  readonly host: string;
  /** 0 lets the kernel choose; the chosen port is printed and shown by `secbeat status`. */
  readonly port: number;
  readonly tls: boolean;
  /** Port of the HTTPS listener that plain requests are redirected to (308); 0 means no redirect. */
  readonly redirectToHttpsPort: number;
}

/** One certificate with its key, as PEM text. */
export interface CertificateConfig {
  /** Host names it is served for (exact or `*.example.org`), read from the certificate itself. */
  readonly names: readonly string[];
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Where it came from, for messages. */
  readonly place: string;
}

/** One origin endpoint. */
export interface PeerConfig {
  readonly host: string;
  readonly port: number;
}

/** One origin: a set of peers that serve the same application, reached over plain HTTP/1.1. */
export interface UpstreamConfig {
  readonly name: string;
  readonly peers: readonly PeerConfig[];
  readonly connectTimeoutMs: number;
  /** From the last byte of the request to the head of the response. */
  readonly responseTimeoutMs: number;
  /** Between two reads or two writes of a body. */
  readonly idleTimeoutMs: number;
  /** How long an unused connection is kept for the next exchange. Must be below the origin's own keep-alive time. */
  readonly keepAliveMs: number;
  /** Per worker and peer. */
  readonly connectionsMax: number;
  /** Exchanges that may wait for a connection, per worker and peer; one more gets 503. */
  readonly queueMax: number;
}

/** What the WAF does on a route. */
export type WafMode = 'on' | 'detection-only' | 'off';

/** One path prefix of a virtual host. */
export interface RouteConfig {
  /** `host path` for events, for example `* /`. */
  readonly name: string;
  /** Prefix of the normalised path, on segment boundaries: `/api` matches `/api` and `/api/x`, not `/apix`. */
  readonly pathPrefix: string;
  readonly upstream: string;
  readonly wafMode: WafMode;
  /** Rules that are not run on this route, by id. */
  readonly wafExcludedRuleIds: readonly number[];
  readonly requestBodyBytesMax: number;
}

/** One virtual host. Routes are ordered longest prefix first. */
export interface HostConfig {
  /** Lower-case exact names, `*.example.org`, or `*` for any. */
  readonly names: readonly string[];
  readonly routes: readonly RouteConfig[];
}

/** How much one client may do. A client is a clientAddress; IPv6 is keyed by `ipv6PrefixBits`. */
export interface LimitsConfig {
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
  readonly connectionsPerClientMax: number;
  readonly ipv6PrefixBits: number;
  readonly headBytesMax: number;
  readonly fieldsMax: number;
  readonly targetBytesMax: number;
  readonly connectionsPerWorkerMax: number;
}

/** How long the node waits for a client. */
export interface DeadlinesConfig {
  readonly tlsHandshakeMs: number;
  readonly requestHeadMs: number;
  /** Between two reads of a request body, and between two writes of a response to a client that does not read. */
  readonly bodyIdleMs: number;
  readonly keepAliveIdleMs: number;
  /** A tunnel (Upgrade) with no byte in either direction. */
  readonly tunnelIdleMs: number;
  readonly drainMs: number;
}

/** One SecLang source. */
export interface RuleSource {
  /** The path as the operator wrote it; names the place in diagnostics. */
  readonly file: string;
  readonly text: string;
}

/** The WAF for all routes. */
export interface WafConfig {
  /** The rule files, in order; the product's baseline set first unless it is switched off. */
  readonly sources: readonly RuleSource[];
  /** Phrase files of `@pmFromFile` and the like: path as written in the rule -> text. */
  readonly dataFiles: Readonly<Record<string, string>>;
  /** Bytes of a request body that are held back and inspected. */
  readonly inspectionBytesMax: number;
  /** What happens to a body over the cap: inspect its first part and stream on (counted), or refuse with 413. */
  readonly overCap: 'partial' | 'deny';
  readonly inboundThreshold: number;
  readonly outboundThreshold: number;
}

/** Pages that the operator replaces, as text; absent ones are the product's own. */
export interface PagesConfig {
  readonly denyHtml?: string;
  readonly limitHtml?: string;
  readonly errorHtml?: string;
}

/** The access log. */
export interface AccessLogConfig {
  readonly format: 'json' | 'combined' | 'off';
  readonly file: string;
  readonly rotateBytes: number;
  readonly filesMax: number;
}

/** What events may contain and how many are kept. */
export interface EventsConfig {
  readonly spoolBytesMax: number;
  readonly incidentBytesMax: number;
  /** When true, `path` keeps its query. Default false. */
  readonly includeQuery: boolean;
  /** When true, matched values are shown unmasked in incidents. Default false. */
  readonly includeValues: boolean;
}

/** The loopback listener for metrics and health. */
export interface AdminConfig {
  readonly host: string;
  readonly port: number;
}

/** A prefix on a list, with the operator's reason. */
export interface ListEntry {
  readonly prefix: string;
  readonly reason: string;
  /** Unix milliseconds; 0 means that it stands in the configuration and does not expire by itself. */
  readonly expiresAtMs: number;
}

/** The whole configuration of one node. */
export interface NodeConfig {
  readonly dataDirectory: string;
  /** The file that it was read from; empty when there was none (command-line options and defaults alone). */
  readonly file: string;
  readonly workers: number;
  readonly listeners: readonly ListenerConfig[];
  /** In order; the first is served to clients without SNI or with an unknown name. Empty without a TLS listener. */
  readonly certificates: readonly CertificateConfig[];
  readonly trustedProxies: readonly string[];
  readonly upstreams: readonly UpstreamConfig[];
  readonly hosts: readonly HostConfig[];
  readonly limits: LimitsConfig;
  readonly deadlines: DeadlinesConfig;
  readonly waf: WafConfig;
  readonly allowlist: readonly ListEntry[];
  readonly denylist: readonly ListEntry[];
  readonly pages: PagesConfig;
  readonly accessLog: AccessLogConfig;
  readonly events: EventsConfig;
  readonly admin: AdminConfig;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}
