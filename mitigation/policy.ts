/**
 * A configuration compiled for one worker: what an exchange looks things up in.
 *
 * Immutable. A reload compiles the next policy aside and swaps one reference; exchanges under way end with the policy
 * they began with.
 */

import type { Clock } from '@secbeat/base/clock.ts';
import { Fault } from '@secbeat/base/fault.ts';
import { parseIpAddress, parsePrefix } from '@secbeat/base/ip-address.ts';
import { buildPrefixList, PrefixList } from '@secbeat/base/prefix-list.ts';
import { compileRuleset, type Ruleset } from '@secbeat/waf/engine.ts';
import type { NodeConfig, WafConfig } from './config/model.ts';
import { createTlsPolicy, type TlsPolicy } from './connection/tls/secure-context.ts';
import { compileRouter, type Router } from './request/route.ts';

/** See the head of this file. */
export interface Policy {
  readonly config: NodeConfig;
  readonly router: Router;
  /** Null when no route inspects anything. */
  readonly ruleset: Ruleset | null;
  readonly trustedProxies: PrefixList;
  /** Null when there is no TLS listener. */
  readonly tls: TlsPolicy | null;
  readonly ticketKeys: Buffer;
}

/** Compiles `config`. Throws a `Fault` that lists every rule that does not compile. */
export function compilePolicy(config: NodeConfig, clock: Clock, ticketKeys: Buffer): Policy {
  const inspects = config.hosts.some((host) => host.routes.some((route) => route.wafMode !== 'off'));
  return {
    config,
    router: compileRouter(config.hosts),
    ruleset: inspects ? compileRules(config.waf, clock) : null,
    trustedProxies: compilePrefixes(config.trustedProxies),
    tls:
      config.certificates.length === 0
        ? null
        : createTlsPolicy(config.certificates, {
            ticketKeys,
            handshakeTimeoutMs: config.deadlines.tlsHandshakeMs,
          }),
    ticketKeys,
  };
}

/** Compiles the rules of `config`. Throws a `Fault` with one line per diagnostic. */
export function compileRules(config: WafConfig, clock: Clock): Ruleset {
  const result = compileRuleset({ sources: config.sources, dataFiles: config.dataFiles, clock });
  if (result.kind === 'ruleset') return result.ruleset;
  const lines = result.diagnostics.map((d) => `${d.file}:${d.line}:${d.column}: ${d.message}`);
  throw new Fault('rules-invalid', lines.join('\n'), { source: 'operator' });
}

function compilePrefixes(texts: readonly string[]): PrefixList {
  const entries = texts.map((text) => {
    const address = parseIpAddress(text);
    const prefix = parsePrefix(address === undefined ? text : `${text}/${address.version === 4 ? 32 : 128}`);
    if (typeof prefix === 'string')
      throw new Fault('config-invalid', `trustedProxies: ${prefix}`, { source: 'operator' });
    return { prefix, value: 1 };
  });
  return new PrefixList(buildPrefixList(entries));
}
