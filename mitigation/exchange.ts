/**
 * One exchange: a request and its response, from the first byte read to the one event in which it ends.
 *
 * It is a record, not an actor: `request/lifecycle.ts` decides what happens, the two sides below carry bytes.
 *
 *      client <--> DownstreamSide <--> lifecycle (Exchange) <--> UpstreamConnection <--> origin
 */
import type { IpAddress } from '@secbeat/base/ip-address.ts';
import type { ExchangeReason } from '@secbeat/contracts/event.ts';
import type { Verdict } from '@secbeat/contracts/verdict.ts';
import type { Refusal } from '@secbeat/http/h1/refusal.ts';
import type { RequestHead } from '@secbeat/http/h1/request-head.ts';
import type { ResponseHead } from '@secbeat/http/h1/response-head.ts';
import type { Transaction } from '@secbeat/waf/engine.ts';
import type { RouteConfig } from './config/model.ts';
import type { Policy } from './policy.ts';
import type { HeldContent } from './request/held-content.ts';
import type { UpstreamConnection } from './upstream/upstream-connection.ts';

/** The client's side of one exchange, whatever protocol it speaks. Methods never throw and do nothing once it is gone. */
export interface DownstreamSide {
  readonly peer: IpAddress;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly listenerName: string;
  readonly isTls: boolean;
  /** `TLSv1.3`, or empty on a plain connection. */
  readonly tlsVersion: string;
  /** Port of the HTTPS listener that plain requests are sent to; 0 when they are served. */
  readonly redirectToHttpsPort: number;
  /** Tells a client that waits for it (`Expect: 100-continue`) to send its body. */
  sendContinue(): void;
  /** Sends the origin's head with its end-to-end fields; the side chooses its own framing. */
  startResponse(exchange: Exchange, head: ResponseHead): void;
  /** Stages content. Borrowed: `bytes` is copied. */
  writeContent(bytes: Buffer, from: number, to: number): void;
  /** Hands what was staged to the kernel: call once after each batch. Returns false when the client is slow: wait for `drained`. */
  flush(): boolean;
  /** The response is complete. */
  endResponse(exchange: Exchange): void;
  /** Sends a whole response of our own. `fields` end in CRLF each. */
  sendAnswer(exchange: Exchange, status: number, fields: string, body: Buffer): void;
  /** Answers an Upgrade with the origin's 101; from here on bytes go through unread. */
  startTunnel(exchange: Exchange, head: ResponseHead): void;
  writeTunnel(bytes: Buffer): boolean;
  /** The origin has ended its half of a tunnel. */
  endTunnel(): void;
  /** The tunnel is over on both sides. */
  finishTunnel(): void;
  /** Stops and restarts the reading of the request body or tunnel. */
  pauseReading(): void;
  resumeReading(): void;
  /** Ends the connection (or stream) at once: the response cannot be completed. */
  abort(): void;
}

/** What a downstream side tells the lifecycle. */
export interface DownstreamEvents {
  /** The head is complete. `head` is Borrowed until the exchange ends. */
  requestHead(exchange: Exchange): void;
  /** The reader refused the head or the framing of the body. */
  requestRefused(exchange: Exchange, refusal: Refusal): void;
  /** Content of the request body. Owned: the receiver may keep `bytes`. */
  requestContent(exchange: Exchange, bytes: Buffer): void;
  requestEnd(exchange: Exchange): void;
  /** The client has gone before the exchange ended. */
  gone(exchange: Exchange): void;
  /** A deadline on the client passed: it did not send, or did not read. */
  late(exchange: Exchange): void;
  /** The client reads again. */
  drained(exchange: Exchange): void;
  /** Our own code threw while it handled bytes of this exchange. */
  failed(exchange: Exchange): void;
  tunnelData(exchange: Exchange, bytes: Buffer): void;
  tunnelEnd(exchange: Exchange): void;
}

/** Where an exchange is. */
export const Stage = {
  /** Reading or judging the request; nothing has been sent to the origin. */
  request: 0,
  /** Waiting for a connection to the origin. */
  connecting: 1,
  /** The request is on its way, or the response is awaited. */
  forwarded: 2,
  /** The response head has gone downstream. */
  relaying: 3,
  tunnel: 4,
  ended: 5,
} as const;

/** An answer of our own instead of the origin's. Frozen and shared: what varies is in the exchange. */
export interface Answer {
  readonly status: number;
  readonly verdict: Verdict;
  readonly reason: ExchangeReason;
  readonly title: string;
  readonly publicMessage: string;
}

/** One exchange. Fields that are not known yet hold empty values of their final type. */
export class Exchange {
  readonly down: DownstreamSide;
  readonly head: RequestHead;
  /** The policy in force when the exchange began; a reload does not change it half-way. */
  readonly policy: Policy;
  readonly id: string;
  readonly startedAtWallMs: number;
  readonly startedAtMs: number;

  client: IpAddress;
  /** True when `client` was named by a trusted proxy and is not the peer. */
  isProxied = false;
  isAllowlisted = false;
  requestId: string;
  route: RouteConfig | null = null;

  stage: number = Stage.request;
  verdict: Verdict = 'pass';
  reason: ExchangeReason = 'none';
  detail = '';
  status = 0;
  requestBytes = 0;
  responseBytes = 0;

  transaction: Transaction | null = null;
  inspection: 'full' | 'partial' | 'off' = 'off';
  wafMs = 0;
  /** Content held back until it is inspected, or until the origin can take it. */
  held: HeldContent | null = null;
  heldBytes = 0;
  isHolding = false;
  isRequestComplete = false;
  /** False while the head is not, or not validly, read: nothing of it may be recorded or relied upon. */
  isHeadRead = false;
  contentBytes = 0;

  upstream: UpstreamConnection | null = null;
  upstreamPeer = '';
  upstreamStatus = 0;
  forwardedAtMs = 0;
  upstreamMs = -1;
  /** Connections tried so far; bounds retries. */
  attempts = 0;
  retryAfterSeconds = 0;
  /** Where an answer of ours points to: a redirect, or a rule that redirects. */
  location = '';
  /** The connection had served another exchange before, and nothing of an answer came on it. */
  isUpstreamReused = false;
  /** True once content went to the origin that is not held any more: a second try is impossible. */
  isBodyCommitted = false;

  constructor(
    down: DownstreamSide,
    head: RequestHead,
    policy: Policy,
    id: string,
    wallMs: number,
    nowMs: number,
  ) {
    this.down = down;
    this.head = head;
    this.policy = policy;
    this.id = id;
    this.requestId = id;
    this.client = down.peer;
    this.startedAtWallMs = wallMs;
    this.startedAtMs = nowMs;
  }
}
