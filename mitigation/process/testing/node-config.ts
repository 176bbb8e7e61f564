/** A small, complete configuration for the tests of the process model. */
import type { NodeConfig } from '../../config/model.ts';

/** Returns a configuration with two workers on one port of the kernel's choice. `marker` is what the test plane answers. */
export function createTestConfig(dataDirectory: string, marker: string): NodeConfig {
  return {
    dataDirectory,
    file: '',
    workers: 2,
    listeners: [{ name: '127.0.0.1:0', host: '127.0.0.1', port: 0, tls: false, redirectToHttpsPort: 0 }],
    certificates: [],
    trustedProxies: [],
    upstreams: [],
    hosts: [
      {
        names: [marker],
        routes: [
          {
            name: '* /',
            pathPrefix: '/',
            upstream: 'none',
            wafMode: 'on',
            wafExcludedRuleIds: [],
            requestBodyBytesMax: 1024,
          },
        ],
      },
    ],
    limits: {
      // One cell in 100 s: none comes back while a test runs.
      requestsPerSecond: 0.01,
      requestsBurst: 3,
      connectionsPerClientMax: 100,
      ipv6PrefixBits: 64,
      headBytesMax: 32_768,
      fieldsMax: 100,
      targetBytesMax: 8192,
      connectionsPerWorkerMax: 1000,
    },
    deadlines: {
      tlsHandshakeMs: 5000,
      requestHeadMs: 5000,
      bodyIdleMs: 5000,
      keepAliveIdleMs: 5000,
      tunnelIdleMs: 5000,
      drainMs: 10_000,
    },
    waf: {
      sources: [],
      dataFiles: {},
      inspectionBytesMax: 131_072,
      overCap: 'partial',
      inboundThreshold: 5,
      outboundThreshold: 4,
    },
    allowlist: [],
    denylist: [],
    pages: {},
    accessLog: { format: 'json', file: `${dataDirectory}/access.log`, rotateBytes: 1_048_576, filesMax: 2 },
    events: {
      spoolBytesMax: 1_048_576,
      incidentBytesMax: 1_048_576,
      includeQuery: false,
      includeValues: false,
    },
    admin: { host: '127.0.0.1', port: 0 },
    logLevel: 'info',
  };
}
