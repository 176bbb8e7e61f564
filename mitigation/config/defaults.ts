/**
 * What holds when the operator says nothing, in the notation of the configuration file, each with its reason.
 *
 * The measure for everything that limits a client is an office of 500 people behind one address (a NAT, a proxy that
 * is not trusted yet): on a Monday at nine it must not meet a single limit. The measure for everything that costs
 * memory is a machine with 2 GiB. `schema.ts` shows these values to editors and `load.ts` fills them in, so a default
 * stands in one place only.
 */

/** Where the node listens when neither `listen` nor `tlsListen` is said: loopback, above 1024, so that no right is needed. */
export const listenerDefaults: { readonly listen: string; readonly tlsListen: string } = {
  listen: '127.0.0.1:8080',
  tlsListen: '127.0.0.1:8443',
};

/** Everything the node writes lies here; relative to the working directory, as a person at a shell expects. */
export const dataDirectoryDefault = './data';

/** Per upstream. */
export const upstreamDefaults = {
  /** A lost SYN is repeated after 1 s and 3 s: both repetitions fit, a dead peer still costs a visitor only seconds. */
  connectTimeout: '5s',
  /** The slowest pages (reports, exports) of common application servers, which cut at 30 s to 60 s themselves. */
  responseTimeout: '60s',
  /** A stream of server-sent events may be silent for minutes; an origin that hangs in mid-body is found nevertheless. */
  idleTimeout: '5m',
  /** Below 5 s, at which Node.js and Apache close idle connections: a reused connection is never one being closed. */
  keepAlive: '4s',
  /** Above what an application server with a few hundred threads can work on; the rest waits here, not there. */
  connectionsMax: 256,
  /** Four times as many again may wait: at 50 ms an exchange that is a wait below 250 ms; beyond it 503 is kinder. */
  queueMax: 1024,
} as const;

/** Per client and per message. */
export const limitDefaults = {
  /**
   * 500 people who each open a page of 80 uncached requests in the same minute make 667/s. Half as much again on top;
   * a flood from one address reaches ten times more.
   */
  requestsPerSecond: 1000,
  /** The same office after a network outage: 40,000 requests in 20 s, of which the rate admits 20,000. */
  requestsBurst: 20_000,
  /** 500 browsers with 6 connections each (their own maximum per host over HTTP/1.1) and a third to spare. */
  connectionsPerClientMax: 4096,
  /** One customer of an access provider has at least a /64 (RFC 6177); single addresses are free to an attacker. */
  ipv6PrefixBits: 64,
  /** Four times Apache's and nginx's usual 8 KiB: large single-sign-on cookies pass. */
  headMax: '32KiB',
  /** Browsers send 15 to 25 fields, proxies add 10. */
  fieldsMax: 100,
  /** Twice what Apache and nginx take, so that whatever worked behind them works here. */
  targetMax: '16KiB',
  /** An idle TLS connection costs about 50 KB: 800 MB at most per worker. */
  connectionsPerWorkerMax: 16_384,
  /** Bodies are streamed and cost no memory here, so this only bounds what one request can do to the origin's disk. */
  requestBodyMax: '10GiB',
} as const;

/** How long the node waits for a client. */
export const deadlineDefaults = {
  /** Two round trips; 10 s leaves room for three lost packets on a mobile network. */
  tlsHandshake: '10s',
  /** A head fits in a few packets: this is the time for lost ones, and what a slow-header attack gets per connection. */
  requestHead: '20s',
  /** A phone that changes from WLAN to mobile is silent for half a minute. */
  bodyIdle: '60s',
  /** Above the 60 s of common load balancers, so that one in front never reuses a connection that closes here. */
  keepAliveIdle: '75s',
  /** WebSocket applications without pings of their own. */
  tunnelIdle: '1h',
  /** Below the 30 s after which Kubernetes, and the 90 s after which systemd, kills. */
  drain: '25s',
} as const;

/** The WAF. */
export const wafDefaults = {
  mode: 'on',
  baseline: true,
  /** Nearly all forms and API calls; attacks in a body must stand early to be parsed at all by the applications at risk. */
  inspectionMax: '128KiB',
  /** Uploads must work out of the box; what was not inspected is counted and shown in the event. */
  overCap: 'partial',
  /** One finding of severity "critical", the meaning that the OWASP Core Rule Set gives to 5. */
  inboundThreshold: 5,
  /** One finding of severity "error" in a response, likewise. */
  outboundThreshold: 4,
} as const;

/** The access log. */
export const accessLogDefaults = {
  format: 'json',
  file: 'access.log',
  /** With `filesMax` 1 GiB of disk at most. */
  rotateSize: '100MiB',
  filesMax: 10,
} as const;

/** Events and incidents. */
export const eventDefaults = {
  /** Kept in memory while nobody takes them: about 100,000 exchanges. */
  spoolMax: '64MiB',
  /** Kept on disk for `secbeat explain`: about 200,000 refusals. */
  incidentMax: '256MiB',
  /** Queries carry names, searches and tokens. */
  includeQuery: false,
  includeValues: false,
} as const;

/**
 * The admin listener: loopback, and a port that the kernel chooses, because two nodes on one machine must not meet on
 * a port that neither of them named. The chosen one is printed at start and shown by `secbeat status`; give a
 * fixed port when Prometheus scrapes it.
 */
export const adminListenDefault = '127.0.0.1:0';

/** Start, stop, reload, refusals of configuration and failures; single requests are in the access log. */
export const logLevelDefault = 'info';
