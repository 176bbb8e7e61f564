/**
 * Whether a node may be sent traffic, and what an operator must know even if it may.
 *
 * Not ready means that the node does not do what its configuration says: workers missing, rules that should be in
 * force and are not, or that it is going away. A protection that the operator has switched off does not take the node
 * out of service, but it is never silent: it is a warning here, and a metric (`secbeat_waf_routes`).
 */
import type { GenerationFigures } from './generation-figures.ts';

/** The answer of /readyz. */
export interface Readiness {
  readonly isReady: boolean;
  /** Why not; empty when ready. */
  readonly reasons: readonly string[];
  /** What is less protected than it could be. */
  readonly warnings: readonly string[];
}

/** The figures that readiness is derived from. */
export type ReadinessFigures = Pick<
  GenerationFigures,
  | 'workersConfigured'
  | 'workersServing'
  | 'wafRulesLoaded'
  | 'routesOn'
  | 'routesDetectionOnly'
  | 'routesOff'
  | 'isLastReloadOk'
> & { readonly isDraining: boolean };

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Derives readiness from the figures of a generation. */
export function deriveReadiness(figures: ReadinessFigures): Readiness {
  const { workersConfigured, workersServing, wafRulesLoaded, routesOn, routesDetectionOnly, routesOff } =
    figures;
  const routesInspected = routesOn + routesDetectionOnly;
  const reasons: string[] = [];
  const warnings: string[] = [];
  if (figures.isDraining) reasons.push('the node is draining');
  if (workersServing < workersConfigured) {
    reasons.push(`${workersServing} of ${plural(workersConfigured, 'worker')} serve`);
  }
  if (workersConfigured === 0) reasons.push('no worker is configured');
  if (routesInspected > 0 && wafRulesLoaded === 0) {
    reasons.push(`the WAF is configured on ${plural(routesInspected, 'route')} and has no rules loaded`);
  }
  if (routesInspected === 0) warnings.push('the WAF is off on every route: requests are not inspected');
  else if (routesOn === 0)
    warnings.push('the WAF is detection-only on every route it is on: no attack is refused');
  if (routesInspected > 0 && routesOff > 0) warnings.push(`the WAF is off on ${plural(routesOff, 'route')}`);
  if (routesOn > 0 && routesDetectionOnly > 0) {
    warnings.push(`the WAF is detection-only on ${plural(routesDetectionOnly, 'route')}`);
  }
  if (!figures.isLastReloadOk)
    warnings.push('the last reload was refused: an older configuration is in force');
  return { isReady: reasons.length === 0, reasons, warnings };
}
