import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { restartKeys } from './compare.ts';
import { loadConfig } from './load.ts';
import type { ListenerConfig, NodeConfig } from './model.ts';

let base: NodeConfig;

before(async () => {
  base = await loadConfig({ upstream: 'http://127.0.0.1:3000', environment: {}, selfSigned: 'skip' });
});

function listener(name: string, tls: boolean, redirectToHttpsPort = 0): ListenerConfig {
  const [host = '', port = ''] = name.split(':');
  return { name, host, port: Number(port), tls, redirectToHttpsPort };
}

describe('compare: what a reload cannot take over', () => {
  const plain = '127.0.0.1:8080';
  const secure = '127.0.0.1:8443';
  const rows: readonly {
    name: string;
    change: (config: NodeConfig) => NodeConfig;
    keys: readonly string[];
  }[] = [
    { name: 'nothing', change: (config) => structuredClone(config), keys: [] },
    {
      name: 'limits, rules, sites and certificates are taken over',
      change: (config) => ({
        ...config,
        limits: { ...config.limits, fieldsMax: 1 },
        hosts: [],
        certificates: [],
        upstreams: [],
      }),
      keys: [],
    },
    {
      name: 'the order of listeners',
      change: (config) => ({ ...config, listeners: config.listeners.toReversed() }),
      keys: [],
    },
    {
      name: 'another plain port',
      change: (config) => ({
        ...config,
        listeners: [listener('127.0.0.1:81', false), listener(secure, true)],
      }),
      keys: ['listen'],
    },
    {
      name: 'one TLS listener more',
      change: (config) => ({ ...config, listeners: [...config.listeners, listener('127.0.0.1:444', true)] }),
      keys: ['tlsListen'],
    },
    {
      name: 'plain and TLS exchanged',
      change: (config) => ({ ...config, listeners: [listener(secure, false), listener(plain, true)] }),
      keys: ['listen', 'tlsListen'],
    },
    {
      name: 'the redirect',
      change: (config) => ({ ...config, listeners: [listener(plain, false, 443), listener(secure, true)] }),
      keys: ['redirectToHttps'],
    },
    { name: 'workers', change: (config) => ({ ...config, workers: 99 }), keys: ['workers'] },
    {
      name: 'data directory',
      change: (config) => ({ ...config, dataDirectory: '/x' }),
      keys: ['dataDirectory'],
    },
    {
      name: 'admin port',
      change: (config) => ({ ...config, admin: { ...config.admin, port: 9 } }),
      keys: ['admin.listen'],
    },
    {
      name: 'several',
      change: (config) => ({ ...config, workers: 99, listeners: [], admin: { host: '::1', port: 0 } }),
      keys: ['listen', 'tlsListen', 'workers', 'admin.listen'],
    },
  ];
  for (const row of rows) {
    test(row.name, () => assert.deepEqual(restartKeys(base, row.change(base)), row.keys));
  }
});
