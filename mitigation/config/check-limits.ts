/**
 * What the schema cannot say: values that are each in bounds and do not go together.
 */
import { findRateFault } from '@secbeat/base/gcra.ts';
import type { FileConfig } from './file-config.ts';
import type { LimitsConfig, ListenerConfig } from './model.ts';
import type { ConfigReport } from './place.ts';
import { sizeBytes } from './quantity.ts';

/** Resolves the section `limits` and checks its values against each other. */
export function resolveLimits(file: FileConfig, workers: number, report: ConfigReport): LimitsConfig {
  const { limits } = file;
  const headBytesMax = sizeBytes(limits.headMax);
  const targetBytesMax = sizeBytes(limits.targetMax);
  if (targetBytesMax >= headBytesMax) {
    const message = `limits.targetMax: ${limits.targetMax} is not below headMax (${limits.headMax}), of which the target is a part`;
    report.problem(['limits', 'targetMax'], message);
  }
  const rate = { ratePerSecond: limits.requestsPerSecond, burst: limits.requestsBurst };
  const fault = findRateFault(rate);
  if (fault !== undefined) report.problem(['limits', 'requestsBurst'], `limits.requestsBurst: ${fault}`);
  const connectionsMax = limits.connectionsPerWorkerMax * workers;
  if (limits.connectionsPerClientMax > connectionsMax) {
    const message = `limits.connectionsPerClientMax: ${limits.connectionsPerClientMax} is never reached, because ${workers} workers with connectionsPerWorkerMax ${limits.connectionsPerWorkerMax} take ${connectionsMax} in all`;
    report.problem(['limits', 'connectionsPerClientMax'], message);
  }
  return {
    requestsPerSecond: limits.requestsPerSecond,
    requestsBurst: limits.requestsBurst,
    connectionsPerClientMax: limits.connectionsPerClientMax,
    ipv6PrefixBits: limits.ipv6PrefixBits,
    headBytesMax,
    fieldsMax: limits.fieldsMax,
    targetBytesMax,
    connectionsPerWorkerMax: limits.connectionsPerWorkerMax,
  };
}

/** Checks that certificates and TLS listeners go together. */
export function checkTls(file: FileConfig, listeners: readonly ListenerConfig[], report: ConfigReport): void {
  if (file.certificates.length > 0 && !listeners.some((listener) => listener.tls)) {
    report.warning(['certificates'], 'certificates: not used, because there is no tlsListen');
  }
}
