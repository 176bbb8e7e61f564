/**
 * From `listen`, `tlsListen` and `redirectToHttps` to the listeners of the node.
 */
import { type Endpoint, formatEndpoint, parseListenAddress } from './endpoint.ts';
import type { FileConfig } from './file-config.ts';
import type { ListenerConfig } from './model.ts';
import type { ConfigPath, ConfigReport } from './place.ts';

interface Wanted {
  readonly endpoint: Endpoint;
  readonly path: ConfigPath;
  readonly tls: boolean;
}

/** Returns the listeners, plain ones first. */
export function resolveListeners(file: FileConfig, report: ConfigReport): readonly ListenerConfig[] {
  const plain = wantedOf(file.listen, 'listen', false);
  const secure = wantedOf(file.tlsListen, 'tlsListen', true);
  const wanted = [...plain, ...secure];
  if (wanted.length === 0) {
    report.problem(['listen'], 'listen: listens nowhere; give at least one address in listen or tlsListen');
  }
  const seen = new Set<string>();
  for (const { endpoint, path } of wanted) {
    const name = formatEndpoint(endpoint);
    // Port 0 is another port each time.
    if (endpoint.port !== 0 && seen.has(name)) {
      report.problem(path, `${name} is listened on twice; remove one`);
    }
    seen.add(name);
  }
  return wanted.map(({ endpoint, tls }) => ({
    name: formatEndpoint(endpoint),
    host: endpoint.host,
    port: endpoint.port,
    tls,
    redirectToHttpsPort: tls ? 0 : redirectPort(file, secure, endpoint, report),
  }));
}

function wantedOf(texts: readonly string[], key: string, tls: boolean): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const [index, text] of texts.entries()) {
    const endpoint = parseListenAddress(text);
    if (typeof endpoint !== 'string') wanted.push({ endpoint, path: [key, index], tls });
  }
  return wanted;
}

function redirectPort(
  file: FileConfig,
  secure: readonly Wanted[],
  from: Endpoint,
  report: ConfigReport,
): number {
  const path = ['redirectToHttps'];
  if (file.redirectToHttps === false) return 0;
  if (typeof file.redirectToHttps === 'number') return file.redirectToHttps;
  const target =
    secure.find(({ endpoint }) => endpoint.host === from.host) ??
    secure.find(({ endpoint }) => endpoint.port === 443) ??
    secure[0];
  if (target === undefined) {
    report.problem(
      path,
      'redirectToHttps: there is no tlsListen to redirect to; add one, or give its public port',
    );
    return 0;
  }
  if (target.endpoint.port === 0) {
    report.problem(
      path,
      'redirectToHttps: the port of tlsListen is 0 and so not known; give it a fixed port',
    );
  }
  return target.endpoint.port;
}
