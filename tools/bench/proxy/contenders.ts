/** Starts the origin, the peer and our node for the proxy bench. Everything lies in a temporary directory. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Server, startServer } from '../server.ts';
import { originConfig, proxyConfig } from './nginx-config.ts';

/** Size of the file that is served. */
export const bodyBytes = 1024;
const nginx = '/usr/sbin/nginx';

/** Starts the origin that all contenders stand before. */
export async function startOrigin(directory: string): Promise<Server> {
  const own = makeDirectory(directory, 'origin');
  const content = makeDirectory(own, 'content');
  // The workers of an nginx started by root run as another user.
  for (const path of [directory, own, content]) chmodSync(path, 0o755);
  writeFileSync(join(content, 'index.html'), 'x'.repeat(bodyBytes), { mode: 0o644 });
  const port = await freePort();
  return await startNginx('origin', own, port, originConfig(port, content));
}

/** Starts nginx as a proxy. */
export async function startNginxProxy(directory: string, origin: Server, workers: number): Promise<Server> {
  const own = makeDirectory(directory, `nginx-${workers}`);
  const port = await freePort();
  return await startNginx(`nginx, ${workers} workers`, own, port, proxyConfig(port, portOf(origin), workers));
}

/** Starts our node, WAF and access log off, through the command line that operators use. */
export async function startNode(
  root: string,
  directory: string,
  origin: Server,
  workers: number,
): Promise<Server> {
  const own = makeDirectory(directory, `node-${workers}`);
  const file = join(own, 'secbeat.yaml');
  writeFileSync(file, nodeConfig(portOf(origin), workers));
  return await startServer({
    name: `SecBeat, ${workers} workers`,
    command: process.execPath,
    args: [join(root, 'cli/secbeat.ts'), 'node', '--config', file, '--data', join(own, 'data')],
    cwd: own,
    readPort: (output) => {
      const found = /^\s+http:\/\/127\.0\.0\.1:(\d+)$/m.exec(output)?.[1];
      return found === undefined ? undefined : Number(found);
    },
  });
}

/** Our configuration; JSON is YAML. */
export function nodeConfig(originPort: number, workers: number): string {
  const config = {
    listen: ['127.0.0.1:0'],
    workers,
    upstream: `http://127.0.0.1:${originPort}`,
    waf: { mode: 'off' },
    accessLog: { format: 'off' },
    log: { level: 'warn' },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

async function startNginx(name: string, own: string, port: number, config: string): Promise<Server> {
  const file = join(own, 'nginx.conf');
  writeFileSync(file, config);
  return await startServer({
    name,
    command: nginx,
    args: ['-p', own, '-e', 'stderr', '-c', file],
    cwd: own,
    port,
  });
}

function makeDirectory(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}

function portOf(server: Server): number {
  return Number(new URL(server.url).port);
}
