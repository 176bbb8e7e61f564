/** nginx's configurations, as favourable to nginx as they can be for this job: keep-alive on both sides, no logs. */

/** So many requests a connection: nginx's default of 1,000 would make it reconnect during a run. */
const requestsPerConnectionMax = 1_000_000_000;

function frame(workers: number, http: string): string {
  return `daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 300s;
  keepalive_requests ${requestsPerConnectionMax};
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
${http}
}
`;
}

/** The origin: one worker that serves the static files in `directory`. */
export function originConfig(port: number, directory: string): string {
  return frame(
    1,
    `  open_file_cache max=16 inactive=1h;\n  server { listen 127.0.0.1:${port}; root ${directory}; }`,
  );
}

/** The peer: a proxy that does what our node does to a request when its WAF is off. */
export function proxyConfig(port: number, originPort: number, workers: number): string {
  return frame(
    workers,
    `  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 256;
    keepalive_requests ${requestsPerConnectionMax};
    keepalive_timeout 300s;
  }
  server {
    listen 127.0.0.1:${port} reuseport;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Forwarded "for=$remote_addr;proto=$scheme";
      proxy_set_header X-Request-ID $request_id;
    }
  }`,
  );
}
