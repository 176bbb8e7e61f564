/**
 * The event in which every exchange ends: one immutable fact, masked where it was captured.
 *
 * Query values, cookies, bodies and header values are not in it unless the operator configured it; `path` is the
 * target without its query, cut at 2,048 characters.
 */
import type { Verdict } from './verdict.ts';

/** Why an exchange got its verdict, or why it ended early. One word a cause; `none` when it was simply served. */
export type ExchangeReason =
  | 'none'
  | 'waf'
  | 'waf-fault'
  | 'denylist'
  | 'rate-limit'
  | 'connection-limit'
  | 'malformed-request'
  | 'head-too-large'
  | 'body-too-large'
  | 'no-route'
  | 'redirect'
  | 'no-upstream'
  | 'upstream-fault'
  | 'upstream-timeout'
  | 'client-timeout'
  | 'client-gone'
  | 'shutdown'
  | 'internal-fault';

/** One value that a rule matched, masked. */
export interface RuleMatchVariable {
  /** SecLang's name, for example `ARGS:q`. */
  readonly name: string;
  /** The matched value, masked at capture and cut at 256 characters. */
  readonly value: string;
}

/** One rule that matched in an exchange. */
export interface RuleMatch {
  readonly ruleId: number;
  readonly message: string;
  readonly severity: string;
  readonly tags: readonly string[];
  readonly phase: number;
  /** Where the rule stands: `file:line`. */
  readonly place: string;
  readonly variables: readonly RuleMatchVariable[];
}

/** What the WAF found in one exchange. */
export interface WafFinding {
  /** `full`: all of it was inspected; `partial`: the first bytes of a body over the cap; `off`: not inspected. */
  readonly inspection: 'full' | 'partial' | 'off';
  readonly mode: 'on' | 'detection-only' | 'off';
  readonly inboundScore: number;
  readonly outboundScore: number;
  readonly inboundThreshold: number;
  readonly outboundThreshold: number;
  /** The rule that interrupted, 0 when none did. */
  readonly interruptedBy: number;
  readonly matches: readonly RuleMatch[];
}

/** The end of one exchange. Durations are milliseconds with microsecond resolution; sizes are bytes. */
export interface ExchangeEvent {
  readonly kind: 'exchange';
  /** The incident id shown to the client on a refusal, and what `secbeat explain` takes. Unique per exchange. */
  readonly id: string;
  /** Unix time in milliseconds at which the first byte of the request was read. */
  readonly timeMs: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly clientAddress: string;
  readonly listener: string;
  readonly tls: string;
  readonly protocol: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** X-Request-ID as it was sent to the origin. */
  readonly requestId: string;
  readonly userAgent: string;
  readonly verdict: Verdict;
  readonly reason: ExchangeReason;
  /** Detail of `reason`: what exactly was met, for example `content-length-duplicate`. Empty when there is none. */
  readonly detail: string;
  /** Status sent downstream; 0 when nothing was sent. */
  readonly status: number;
  readonly route: string;
  readonly upstream: string;
  readonly upstreamPeer: string;
  readonly upstreamStatus: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly durationMs: number;
  /** From the request being forwarded to the first byte of the origin's answer; -1 when there was none. */
  readonly upstreamMs: number;
  readonly waf: WafFinding | null;
}
