/**
 * The shape of the configuration file after its defaults were filled in, in the operator's own notation.
 *
 * `schema.ts` describes each key; its types are checked against these, so the two cannot drift apart. Everything after
 * validation reads this and makes the `NodeConfig` of it.
 */
import type { AccessLogConfig, NodeConfig, WafConfig, WafMode } from './model.ts';

/** A size: text with a unit, or bytes. */
export type Size = string | number;

export interface FileCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface FileUpstream {
  readonly peers: readonly string[];
  readonly connectTimeout: string;
  readonly responseTimeout: string;
  readonly idleTimeout: string;
  readonly keepAlive: string;
  readonly connectionsMax: number;
  readonly queueMax: number;
}

export interface FileRouteWaf {
  readonly mode?: WafMode;
  readonly excludeRules?: readonly number[];
}

/** What a host and each of its routes may say; a route inherits from its host. */
export interface FileRouteSettings {
  readonly upstream?: string;
  readonly waf?: FileRouteWaf;
  readonly requestBodyMax?: Size;
}

export interface FileRoute extends FileRouteSettings {
  readonly path: string;
}

export interface FileHost extends FileRouteSettings {
  readonly names: readonly string[];
  readonly routes?: readonly FileRoute[];
}

export interface FileLimits {
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
  readonly connectionsPerClientMax: number;
  readonly ipv6PrefixBits: number;
  readonly headMax: Size;
  readonly fieldsMax: number;
  readonly targetMax: Size;
  readonly connectionsPerWorkerMax: number;
  readonly requestBodyMax: Size;
}

export interface FileDeadlines {
  readonly tlsHandshake: string;
  readonly requestHead: string;
  readonly bodyIdle: string;
  readonly keepAliveIdle: string;
  readonly tunnelIdle: string;
  readonly drain: string;
}

export interface FileWaf {
  readonly mode: WafMode;
  readonly baseline: boolean;
  readonly rules: readonly string[];
  readonly inspectionMax: Size;
  readonly overCap: WafConfig['overCap'];
  readonly inboundThreshold: number;
  readonly outboundThreshold: number;
}

/** An entry of a list: the prefix alone, or with a reason and an end. */
export type FileListEntry =
  | string
  | { readonly prefix: string; readonly reason?: string; readonly until?: string };

export interface FilePages {
  readonly deny?: string;
  readonly limit?: string;
  readonly error?: string;
}

export interface FileAccessLog {
  readonly format: AccessLogConfig['format'];
  readonly file: string;
  readonly rotateSize: Size;
  readonly filesMax: number;
}

export interface FileEvents {
  readonly spoolMax: Size;
  readonly incidentMax: Size;
  readonly includeQuery: boolean;
  readonly includeValues: boolean;
}

export interface FileConfig {
  readonly listen: readonly string[];
  readonly tlsListen: readonly string[];
  readonly redirectToHttps: boolean | number;
  readonly certificates: readonly FileCertificate[];
  readonly dataDirectory: string;
  readonly workers: 'auto' | number;
  readonly trustedProxies: readonly string[];
  readonly upstream?: string;
  readonly upstreams: Readonly<Record<string, FileUpstream>>;
  readonly hosts: readonly FileHost[];
  readonly limits: FileLimits;
  readonly deadlines: FileDeadlines;
  readonly waf: FileWaf;
  readonly allowlist: readonly FileListEntry[];
  readonly denylist: readonly FileListEntry[];
  readonly pages: FilePages;
  readonly accessLog: FileAccessLog;
  readonly events: FileEvents;
  readonly admin: { readonly listen: string };
  readonly log: { readonly level: NodeConfig['logLevel'] };
}
