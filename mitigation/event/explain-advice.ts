/**
 * What an operator can do about one exchange: per reason, as lines for a terminal, with the exact configuration.
 */
import type { ExchangeEvent, ExchangeReason, RuleMatch } from '@secbeat/contracts/event.ts';

/** Rules that one snippet names at most. */
const snippetRulesMax = 16;

/** `* /api` as the route of an event: its host and path prefix. */
function splitRoute(route: string): { readonly host: string; readonly path: string } {
  const space = route.indexOf(' ');
  return space < 0 ? { host: '*', path: '/' } : { host: route.slice(0, space), path: route.slice(space + 1) };
}

/** A string as YAML in double quotes; JSON's strings are YAML's. */
function yamlText(text: string): string {
  return JSON.stringify(text);
}

/** Rules that read the request; not the one that only compares the sum of scores with the threshold. */
function looksAtRequest(match: RuleMatch): boolean {
  return match.variables.some((variable) => !/^TX(?::|$)/i.test(variable.name));
}

/** Returns the ids of the rules to exclude so that an exchange like this one is served. */
export function rulesToExclude(event: ExchangeEvent): readonly number[] {
  const waf = event.waf;
  if (waf === null) return [];
  const ids = waf.matches.filter(looksAtRequest).map((match) => match.ruleId);
  if (ids.length === 0 && waf.interruptedBy !== 0) ids.push(waf.interruptedBy);
  return [...new Set(ids)].slice(0, snippetRulesMax);
}

function excludeSnippet(event: ExchangeEvent, ids: readonly number[]): string[] {
  const { host, path } = splitRoute(event.route);
  const setting = `waf: { excludeRules: [${ids.join(', ')}] }`;
  const lines = ['hosts:', `  - names: [${yamlText(host)}]`];
  if (path === '/') lines.push(`    ${setting}`);
  else lines.push('    routes:', `      - path: ${yamlText(path)}`, `        ${setting}`);
  return lines;
}

/** A configuration with mistakes is refused with reasons, so that this is all there is to run. */
const applyLine = 'then run: secbeat reload';

function adviseWaf(event: ExchangeEvent): string[] {
  const ids = rulesToExclude(event);
  if (ids.length === 0) return ['No rule is recorded for it; look for the incident in the log of the node.'];
  const { path } = splitRoute(event.route);
  const where = path === '/' ? 'this host' : `this route (${path})`;
  const rules = ids.length === 1 ? `rule ${ids[0]}` : `rules ${ids.join(', ')}`;
  return [
    'If this is an attack: nothing.',
    `If the request is legitimate, switch ${rules} off for ${where} only. In the configuration file:`,
    '',
    ...excludeSnippet(event, ids).map((line) => `  ${line}`),
    '',
    `(merge it into the entry of this host if there is one), ${applyLine}`,
  ];
}

function adviseList(event: ExchangeEvent): string[] {
  return [
    'See the entry and its reason:  secbeat denylist list',
    'Remove it by its prefix:       secbeat denylist remove PREFIX',
    `Or exempt this client:         secbeat allowlist add ${event.clientAddress}`,
  ];
}

function adviseLimit(event: ExchangeEvent, snippet: string): string[] {
  return [
    'If many people share this address (an office, a carrier, a proxy), exempt it or raise the limit:',
    '',
    `  secbeat allowlist add ${event.clientAddress}`,
    '',
    `or in the configuration file \`${snippet}\`, ${applyLine}`,
    'If the address is a proxy of your own, add it to trustedProxies: then its clients are counted apart.',
  ];
}

type Advice = (event: ExchangeEvent) => string[];

const advices: Readonly<Record<ExchangeReason, Advice>> = {
  none: (event) => (rulesToExclude(event).length > 0 ? adviseWaf(event) : ['Nothing: it was served.']),
  waf: adviseWaf,
  'waf-fault': () => [
    'The WAF itself failed on this request, so it was refused. The log of the node has the error with this id.',
    'Please report it; until then the route can be set to waf: { mode: "off" }, which leaves it uninspected.',
  ],
  denylist: adviseList,
  'rate-limit': (event) => adviseLimit(event, 'limits: { requestsPerSecond: N, requestsBurst: N }'),
  'connection-limit': (event) => adviseLimit(event, 'limits: { connectionsPerClientMax: N }'),
  'malformed-request': () => [
    'The request breaks the rules of HTTP in a way that origins read differently, which is how requests are',
    'smuggled past a WAF. No setting accepts it: correct the client.',
  ],
  'head-too-large': () => [
    'If a legitimate client needs it (large cookies, long addresses), raise limits.headMax, limits.fieldsMax or',
    `limits.targetMax, ${applyLine}`,
  ],
  'body-too-large': () => [
    'If uploads of this size are legitimate, raise requestBodyMax of the route (or limits.requestBodyMax); when',
    `waf.overCap is "deny", also waf.inspectionMax; ${applyLine}`,
  ],
  'no-route': (event) => [
    `No entry of hosts covers host ${yamlText(event.host)} with this path. Add one, or an entry with the name "*".`,
  ],
  redirect: () => ['Nothing: plain HTTP was redirected to HTTPS (redirectToHttps).'],
  'no-upstream': (event) => [
    `No connection to upstream ${yamlText(event.upstream)} could be had: it does not listen, refuses, or is overloaded.`,
    'Try it from this machine, for example: curl -i http://HOST:PORT/',
  ],
  'upstream-fault': (event) => [
    `Upstream ${yamlText(event.upstream)} broke off or sent a response that is not valid HTTP. Its own log says more.`,
  ],
  'upstream-timeout': (event) => [
    `Upstream ${yamlText(event.upstream)} took too long. If that is normal for this application, raise responseTimeout`,
    `or idleTimeout of the upstream, ${applyLine}`,
  ],
  'client-timeout': () => [
    'The client was too slow to send its request or to read the answer. If slow clients are legitimate, raise',
    `deadlines.requestHead or deadlines.bodyIdle, ${applyLine}`,
  ],
  'client-gone': () => ['Nothing: the client closed the connection before the answer was complete.'],
  shutdown: () => ['Nothing: the node was stopping. Raise deadlines.drain if exchanges need longer to end.'],
  'internal-fault': () => ['The node itself failed. Its log has the error with this id; please report it.'],
};

/** Returns the lines of "what next" for an event. */
export function advise(event: ExchangeEvent): readonly string[] {
  return advices[event.reason](event);
}
