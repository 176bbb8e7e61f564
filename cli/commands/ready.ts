/** What is printed when a node serves: where it is, and three commands that show what it does. */
import type { ReadyReport } from '@secbeat/mitigation/process/supervisor.ts';

/** Where the node is. */
export function renderReady(report: ReadyReport): string {
  const lines = report.listeners.map((listener) => `  ${urlOf(listener)}`);
  const admin = `http://${shown(report.adminHost)}:${report.adminPort}`;
  return `\nSecBeat protects the application behind\n${lines.join('\n')}\n  metrics and health: ${admin}/metrics ${admin}/readyz\n`;
}

/** Three commands to copy: an ordinary request, an attack, and why it was refused. */
export function renderTour(report: ReadyReport, demoUrl: string, dataDirectory: string | undefined): string {
  const first = report.listeners[0];
  if (first === undefined) return '';
  const url = urlOf(first);
  const insecure = first.tls ? '-k ' : '';
  const data = dataDirectory === undefined ? '' : ` --data ${dataDirectory}`;
  return `
The demo shop itself listens, unprotected, on ${demoUrl}/
Open ${url}/ in a browser, or try:

  an ordinary request        curl ${insecure}-i '${url}/search?q=lamp'
  an attack                  curl ${insecure}-i '${url}/product?id=1%20UNION%20SELECT%20name,password,1,1,1%20FROM%20customer'
  why it was refused         npm run --silent secbeat -- explain${data} INCIDENT    (the id in the refusal)

Ctrl-C ends everything.
`;
}

function urlOf(listener: ReadyReport['listeners'][number]): string {
  return `${listener.tls ? 'https' : 'http'}://${shown(listener.host)}:${listener.port}`;
}

/** An address as it can be typed into a browser of this machine. */
function shown(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
