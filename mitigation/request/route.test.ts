import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig, RouteConfig } from '../config/model.ts';
import { compileRouter, findRoute, normalisePath } from './route.ts';

function route(name: string, pathPrefix: string): RouteConfig {
  return {
    name,
    pathPrefix,
    upstream: 'app',
    wafMode: 'on',
    wafExcludedRuleIds: [],
    requestBodyBytesMax: 1_000,
  };
}

const hosts: readonly HostConfig[] = [
  { names: ['shop.test'], routes: [route('shop admin', '/admin'), route('shop', '/')] },
  { names: ['*.shop.test'], routes: [route('tenants', '/')] },
  { names: ['*.eu.shop.test'], routes: [route('tenants eu', '/')] },
  { names: ['api.test'], routes: [route('api v1', '/v1/'), route('api', '/api')] },
  { names: ['*'], routes: [route('any', '/')] },
];

const rows: readonly (readonly [host: string, path: string, expected: string | null])[] = [
  ['shop.test', '/', 'shop'],
  ['shop.test', '/admin', 'shop admin'],
  ['shop.test', '/admin/users', 'shop admin'],
  ['shop.test', '/administrator', 'shop'],
  ['shop.test', '/%61dmin', 'shop admin'],
  ['shop.test', '/x/../admin', 'shop admin'],
  ['shop.test', '//admin', 'shop admin'],
  ['shop.test', '/./admin', 'shop admin'],
  ['shop.test', '/x/..%2fadmin', 'shop admin'],
  ['shop.test', '\\admin', 'shop admin'],
  ['shop.test', '/admin/..', 'shop'],
  ['a.shop.test', '/admin', 'tenants'],
  ['a.eu.shop.test', '/', 'tenants eu'],
  ['eu.shop.test', '/', 'tenants'],
  ['api.test', '/v1/x', 'api v1'],
  ['api.test', '/v1', null],
  ['api.test', '/api', 'api'],
  ['api.test', '/other', null],
  ['unknown.test', '/', 'any'],
  ['', '*', 'any'],
];

for (const [host, path, expected] of rows) {
  test(`route: ${host}${path} goes to ${expected ?? 'nobody'}`, () => {
    const router = compileRouter(hosts);
    assert.equal(findRoute(router, host, path)?.name ?? null, expected);
  });
}

test('route: without a host for all names an unknown name has no route', () => {
  const router = compileRouter(hosts.slice(0, 1));
  assert.equal(findRoute(router, 'unknown.test', '/'), null);
});

const modes: readonly HostConfig[] = [
  {
    names: ['*'],
    routes: [
      { ...route('static', '/static'), wafMode: 'off' },
      { ...route('other origin', '/files'), wafMode: 'off', upstream: 'files' },
      { ...route('editor', '/editor'), wafExcludedRuleIds: [1] },
      route('api', '/api'),
      { ...route('rest', '/'), wafMode: 'detection-only' },
    ],
  },
];

const readings: readonly (readonly [path: string, expected: string])[] = [
  ['/static/x', 'static'],
  ['/st%61tic/x', 'rest'],
  ['/api/..%2fstatic', 'api'],
  ['/api/../static', 'api'],
  ['/%61pi/../static', 'api'],
  ['/api/..\\static', 'api'],
  ['/static/../api', 'api'],
  ['/static/..%2fapi', 'api'],
  ['/api/../editor', 'api'],
  ['/api/../files', 'other origin'],
];

for (const [path, expected] of readings) {
  test(`route: whatever its origin reads, ${path} is inspected as ${expected}`, () => {
    assert.equal(findRoute(compileRouter(modes), 'a.test', path)?.name, expected);
  });
}

const paths: readonly (readonly [path: string, expected: string])[] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/', '/a/'],
  ['/a//b', '/a/b'],
  ['/a/./b', '/a/b'],
  ['/a/../b/', '/b/'],
  ['/../../x', '/x'],
  ['/a/%2e%2e/b', '/b'],
  ['/a%2fb', '/a/b'],
  ['/a/..', '/'],
  ['/%zz', '/%zz'],
  ['/%2561', '/%61'],
  ['/..;/x', '/..;/x'],
];

for (const [path, expected] of paths) {
  test(`normalisePath: ${path} is ${expected}`, () => {
    assert.equal(normalisePath(path), expected);
  });
}
