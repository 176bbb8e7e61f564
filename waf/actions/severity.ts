/** Severities: a number from 0 (gravest) to 7 or its syslog name. */

const names = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'];

/** HIGHEST_SEVERITY while no rule with a severity has matched. */
export const noSeverity = 255;

/** Reads `CRITICAL` or `2`; undefined when it is neither a name nor 0 to 7. */
export function parseSeverity(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  const at = names.indexOf(text.toUpperCase());
  return at === -1 ? undefined : at;
}

/** The names, gravest first. */
export const severityNames: readonly string[] = names;

/** `CRITICAL` for 2; '' for a rule without severity (-1). */
export function severityName(severity: number): string {
  return names[severity] ?? '';
}
