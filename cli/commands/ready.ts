/** What is printed when a node serves: where it is, and three commands that show what it does. */
import type { UpstreamConfig } from '@secbeat/mitigation/config/model.ts';
import type { ReadyReport } from '@secbeat/mitigation/process/supervisor.ts';
import { type SelfCommandContext, selfCommand } from '../self-command.ts';

/** As much of a configuration as says where the applications are. */
export interface Origins {
  readonly upstreams: readonly Pick<UpstreamConfig, 'peers'>[];
}

/** What `renderReady` shows beside the report. */
export interface ReadyContext {
  /** What is protected, for a sentence: see `renderOrigins`. */
  readonly origins: string;
  /** From the start of the process, in seconds. */
  readonly startSeconds: number;
}

/** Origins that are named; the configuration has the others. */
const originsShownMax = 3;

/** Where the node is, and what it protects. */
export function renderReady(report: ReadyReport, context: ReadyContext): string {
  const admin = `http://${shown(report.adminHost)}:${report.adminPort}`;
  const lines = [
    `SecBeat is ready in ${context.startSeconds.toFixed(1)} s and protects ${context.origins} at`,
    ...report.listeners.map((listener) => `  ${urlOf(listener)}${remarkOn(listener.host)}`),
    `  metrics and health: ${admin}/metrics ${admin}/readyz`,
    `  data directory: ${report.dataDirectory}`,
  ];
  return `\n${lines.join('\n')}\n`;
}

/** Three commands to copy: an ordinary request, an attack, and why it was refused. */
export function renderTour(report: ReadyReport, demoUrl: string, context: SelfCommandContext): string {
  const first = report.listeners[0];
  if (first === undefined) return '';
  const url = urlOf(first);
  const insecure = first.tls ? 'k' : '';
  const attack = `'${url}/product?id=1%20UNION%20SELECT%20name,password,1,1,1%20FROM%20customer'`;
  // An npm script runs in the repository, where the default is the same directory.
  const isDefault = context.isUnderNpm && report.dataDirectory === `${context.root}/data`;
  const explain = [...(isDefault ? [] : ['--data', report.dataDirectory])];
  return `
The demo shop itself listens, unprotected, on ${demoUrl}/
Open ${url}/ in a browser, or copy these into another terminal:

An ordinary request:
  curl -i${insecure} '${url}/search?q=lamp'

An attack:
  curl -i${insecure} ${attack}

Why it was refused ("explain INCIDENT" does the same for the incident id that a refusal shows):
  curl -s${insecure} ${attack} | ${selfCommand(context, ['explain', ...explain, '-'])}

Ctrl-C ends everything.
`;
}

/** The origins of a configuration as URLs, for a sentence. */
export function renderOrigins({ upstreams }: Origins): string {
  const urls = upstreams.flatMap(({ peers }) =>
    peers.map(({ host, port }) => `http://${shown(host)}:${port}`),
  );
  const named = urls.slice(0, originsShownMax).join(', ');
  const more = urls.length - originsShownMax;
  return more > 0 ? `${named} and ${more} more` : named;
}

function urlOf(listener: ReadyReport['listeners'][number]): string {
  const { host, port, tls } = listener;
  return `${tls ? 'https' : 'http'}://${typable(host)}:${port}`;
}

function remarkOn(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '  (and all other addresses of this machine)' : '';
}

/** An address as it can be typed into a browser of this machine. */
function typable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '[::1]' : shown(host);
}

/** An address as it stands in a URL. */
export function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
