/**
 * The schema of the configuration file: every key with its meaning, default and bounds.
 *
 * One description serves three readers: Ajv checks a file with it, an editor completes from it (`secbeat config
 * schema`), and `secbeat config explain` prints by it. Keys that have a default are written as required here, because
 * that is what they are once defaults are filled in; the JSON that leaves this file says optional.
 */
import { type Static, Type } from 'typebox';
import {
  accessLogDefaults,
  adminListenDefault,
  dataDirectoryDefault,
  deadlineDefaults,
  eventDefaults,
  limitDefaults,
  listenerDefaults,
  logLevelDefault,
  upstreamDefaults,
  wafDefaults,
} from './defaults.ts';
import type { FileConfig, FileListEntry, FileUpstream } from './file-config.ts';
import {
  closed,
  duration,
  flag,
  integer,
  list,
  oneOf,
  type SchemaNode,
  section,
  size,
  text,
  withOptionalDefaults,
} from './schema-node.ts';

/** Returns the schema as plain JSON data. */
export function createConfigSchema(): SchemaNode {
  const schema = JSON.parse(JSON.stringify(createSchema())) as SchemaNode;
  return withOptionalDefaults(schema);
}

/** Renders the JSON Schema file for editors. */
export function renderConfigSchema(): string {
  const head = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'SecBeat node configuration',
  };
  return `${JSON.stringify({ ...head, ...createConfigSchema() }, null, 2)}\n`;
}

/** Takes a value that passed the schema, defaults filled in, for what it is. */
export function asFileConfig(validated: unknown): FileConfig {
  // The assertion is to the schema's own type; that this is a FileConfig is then checked by the compiler.
  return validated as Static<ReturnType<typeof createSchema>>;
}

function routeSettings() {
  return {
    upstream: Type.Optional(
      text(
        'upstream-reference',
        'The upstream that serves it: a name from `upstreams`, or http://HOST:PORT.',
      ),
    ),
    waf: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(
            oneOf(['on', 'detection-only', 'off'], 'As `waf.mode`, here only. Not said: as outside.'),
          ),
          excludeRules: Type.Optional(
            Type.Array(Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), {
              description: 'Ids of rules that are not run here. Those of a host hold for all its routes.',
              maxItems: 10_000,
            }),
          ),
        },
        { ...closed, description: 'What the WAF does here.' },
      ),
    ),
    requestBodyMax: Type.Optional(
      size('Larger request bodies get 413. Not said: as outside.', undefined, '0B', '1TiB'),
    ),
  };
}

function upstream() {
  return Type.Object(
    {
      peers: Type.Array(text('peer', 'http://HOST:PORT of one server.'), {
        description: 'The servers of this application; requests are spread over them.',
        minItems: 1,
        maxItems: 256,
      }),
      connectTimeout: duration('Until a connection stands.', upstreamDefaults.connectTimeout, '10ms', '5m'),
      responseTimeout: duration(
        "From the request's last byte to the head of the response; 504 beyond it.",
        upstreamDefaults.responseTimeout,
        '10ms',
        '1d',
      ),
      idleTimeout: duration('Between two parts of a body.', upstreamDefaults.idleTimeout, '10ms', '1d'),
      keepAlive: duration(
        "How long an unused connection is kept. Must be below the origin's own keep-alive time. 0s: never reuse one.",
        upstreamDefaults.keepAlive,
        '0s',
        '1h',
      ),
      connectionsMax: integer('Connections per peer and worker.', upstreamDefaults.connectionsMax, 1, 65_536),
      queueMax: integer(
        'Requests that may wait for a connection, per peer and worker; one more gets 503.',
        upstreamDefaults.queueMax,
        0,
        1_000_000,
      ),
    },
    { ...closed, description: 'One application behind the node.' },
  );
}

function addressList(description: string) {
  return Type.Unsafe<readonly FileListEntry[]>({
    type: 'array',
    description: `${description} Each entry is a prefix, or {prefix, reason, until}.`,
    default: [],
    maxItems: 100_000,
    items: {
      type: ['string', 'object'],
      'x-form': { kind: 'prefix' },
      properties: {
        prefix: text('prefix', 'An address or a prefix, for example 203.0.113.0/24 or 2001:db8::/32.'),
        reason: { type: 'string', description: 'Shown where the entry takes effect.', maxLength: 200 },
        until: text('time', 'When the entry ends, for example 2027-01-31T12:00:00Z. Not said: never.'),
      },
      required: ['prefix'],
      ...closed,
    },
  });
}

function createSchema() {
  return Type.Object(
    {
      listen: list(
        text('listen-address', 'ADDRESS:PORT; port 0 lets the kernel choose.'),
        64,
        `Addresses for plain HTTP. When neither this nor tlsListen is said: ${listenerDefaults.listen}.`,
      ),
      tlsListen: list(
        text('listen-address', 'ADDRESS:PORT; port 0 lets the kernel choose.'),
        64,
        `Addresses for HTTPS. When neither this nor listen is said: ${listenerDefaults.tlsListen}.`,
      ),
      redirectToHttps: Type.Unsafe<boolean | number>({
        type: ['boolean', 'integer'],
        description:
          'Answers plain requests with a redirect (308) to HTTPS. A number is the port that clients see, when it is not the port of tlsListen.',
        default: false,
        minimum: 1,
        maximum: 65_535,
      }),
      certificates: list(
        Type.Object(
          {
            certificateFile: text('file-path', 'PEM file: the certificate, then its intermediates.'),
            keyFile: text(
              'file-path',
              'PEM file: the private key, not encrypted, readable by the node only.',
            ),
          },
          { ...closed, description: 'One certificate.' },
        ),
        1000,
        'Certificates for tlsListen, chosen by the name that the client asks for; the first one for all others. None: a self-signed one is made in the data directory.',
      ),
      dataDirectory: text(
        'file-path',
        'Where the node keeps its state. In this file relative to it, on the command line relative to the working directory.',
        dataDirectoryDefault,
      ),
      workers: Type.Unsafe<'auto' | number>({
        type: ['string', 'integer'],
        description: 'Threads that serve traffic, from 1 to 256. auto: one per core.',
        default: 'auto',
        pattern: '^auto$',
        minimum: 1,
        maximum: 256,
      }),
      trustedProxies: list(
        text('prefix', 'An address or a prefix.'),
        10_000,
        'Proxies whose X-Forwarded-For and Forwarded are believed. They are never limited or banned themselves.',
      ),
      upstream: Type.Optional(
        text(
          'upstream-reference',
          'The application to protect, for every host that `hosts` does not name: http://HOST:PORT, or a name from `upstreams`.',
        ),
      ),
      upstreams: Type.Unsafe<Readonly<Record<string, FileUpstream>>>({
        type: 'object',
        description: 'Applications by name.',
        default: {},
        additionalProperties: upstream(),
        propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}$' },
        maxProperties: 1000,
      }),
      hosts: list(
        Type.Object(
          {
            names: Type.Array(text('host-name', 'shop.example.org, *.example.org, or * for any.'), {
              description: 'Host names of this site.',
              minItems: 1,
              maxItems: 1000,
            }),
            ...routeSettings(),
            routes: Type.Optional(
              Type.Array(
                Type.Object(
                  {
                    path: text(
                      'path-prefix',
                      'Start of the path, by whole segments: /api is for /api and /api/x, not for /apix.',
                      '/',
                    ),
                    ...routeSettings(),
                  },
                  { ...closed, description: 'One part of the site.' },
                ),
                { description: 'Parts of the site that differ. The longest path wins.', maxItems: 1000 },
              ),
            ),
          },
          { ...closed, description: 'One site.' },
        ),
        10_000,
        'Sites by host name.',
      ),
      limits: section('How much one client, or one message, may be.', {
        requestsPerSecond: integer(
          'Requests per second and client, in the long run; 429 beyond it.',
          limitDefaults.requestsPerSecond,
          1,
          100_000,
        ),
        requestsBurst: integer(
          'Requests that a client may send at once before the rate holds.',
          limitDefaults.requestsBurst,
          1,
          10_000_000,
        ),
        connectionsPerClientMax: integer(
          'Open connections per client.',
          limitDefaults.connectionsPerClientMax,
          1,
          1_000_000,
        ),
        ipv6PrefixBits: integer(
          'IPv6 addresses that share this many bits count as one client.',
          limitDefaults.ipv6PrefixBits,
          32,
          128,
        ),
        headMax: size('Request line and header fields together; 431.', limitDefaults.headMax, '1KiB', '1MiB'),
        fieldsMax: integer('Header fields of a request; 431.', limitDefaults.fieldsMax, 10, 1000),
        targetMax: size('Path and query; 414.', limitDefaults.targetMax, '256B', '1MiB'),
        connectionsPerWorkerMax: integer(
          'Open connections per worker, from all clients.',
          limitDefaults.connectionsPerWorkerMax,
          16,
          1_000_000,
        ),
        requestBodyMax: size('Request bodies; 413.', limitDefaults.requestBodyMax, '0B', '1TiB'),
      }),
      deadlines: section('How long the node waits for a client.', {
        tlsHandshake: duration('For the TLS handshake.', deadlineDefaults.tlsHandshake, '100ms', '5m'),
        requestHead: duration(
          'For a whole request head, from its first byte; 408.',
          deadlineDefaults.requestHead,
          '100ms',
          '10m',
        ),
        bodyIdle: duration('Between two parts of a body.', deadlineDefaults.bodyIdle, '100ms', '1h'),
        keepAliveIdle: duration(
          'Between two requests of one connection.',
          deadlineDefaults.keepAliveIdle,
          '100ms',
          '1h',
        ),
        tunnelIdle: duration(
          'For an upgraded connection (WebSocket) without a byte in either direction.',
          deadlineDefaults.tunnelIdle,
          '1s',
          '7d',
        ),
        drain: duration(
          'For running requests at a stop or a change of generations.',
          deadlineDefaults.drain,
          '0s',
          '1h',
        ),
      }),
      waf: section('The web application firewall.', {
        mode: oneOf(
          ['on', 'detection-only', 'off'],
          'on refuses, detection-only lets pass and records, off does not look. Hosts and routes may differ.',
          wafDefaults.mode,
        ),
        baseline: flag("Runs the product's own rules, before yours.", wafDefaults.baseline),
        rules: list(
          text('file-path', 'A file of SecLang rules, or a pattern such as rules/*.conf.'),
          1000,
          'Your rules, in this order; the files of a pattern by name.',
        ),
        inspectionMax: size(
          'How much of a request body is inspected.',
          wafDefaults.inspectionMax,
          '1KiB',
          '16MiB',
        ),
        overCap: oneOf(
          ['partial', 'deny'],
          'For larger bodies: inspect the first part and stream on, counted; or refuse with 413.',
          wafDefaults.overCap,
        ),
        inboundThreshold: integer(
          'Anomaly score at which a request is refused.',
          wafDefaults.inboundThreshold,
          1,
          10_000,
        ),
        outboundThreshold: integer(
          'Anomaly score at which a response is withheld.',
          wafDefaults.outboundThreshold,
          1,
          10_000,
        ),
      }),
      allowlist: addressList(
        'Never limited, banned or challenged; inspected nevertheless. Loopback, own addresses and trusted proxies are always on it.',
      ),
      denylist: addressList('Refused at accept. The allowlist wins.'),
      pages: section(
        "Your own HTML for the node's answers. Placeholders: {{incidentId}} {{status}} {{title}} {{message}}.",
        {
          deny: Type.Optional(text('file-path', 'For 403.')),
          limit: Type.Optional(text('file-path', 'For 429.')),
          error: Type.Optional(text('file-path', 'For all others.')),
        },
      ),
      accessLog: section('One line per request.', {
        format: oneOf(
          ['json', 'combined', 'off'],
          "combined is Apache's and nginx's format.",
          accessLogDefaults.format,
        ),
        file: text('file-path', 'Relative to the data directory.', accessLogDefaults.file),
        rotateSize: size('A new file is begun at this size.', accessLogDefaults.rotateSize, '64KiB', '1TiB'),
        filesMax: integer('Files kept.', accessLogDefaults.filesMax, 1, 1000),
      }),
      events: section('What is remembered of each request.', {
        spoolMax: size('Memory for events that nobody took yet.', eventDefaults.spoolMax, '1MiB', '16GiB'),
        incidentMax: size('Disk for refused requests.', eventDefaults.incidentMax, '1MiB', '1TiB'),
        includeQuery: flag(
          'Keeps the query in events and logs; it may hold secrets.',
          eventDefaults.includeQuery,
        ),
        includeValues: flag(
          'Shows matched values unmasked in incidents; they may hold secrets.',
          eventDefaults.includeValues,
        ),
      }),
      admin: section('Metrics and health, on loopback.', {
        listen: text(
          'listen-address',
          'ADDRESS:PORT for /metrics, /healthz and /readyz. Port 0: chosen by the kernel and printed at start.',
          adminListenDefault,
        ),
      }),
      log: section("The node's own log, on standard error.", {
        level: oneOf(
          ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
          'The least that is written.',
          logLevelDefault,
        ),
      }),
    },
    { ...closed, description: 'Configuration of one SecBeat node.' },
  );
}
