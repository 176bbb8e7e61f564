/** Puts a value where a client would put it: the request that carries a case. */
import type { RequestView } from '@secbeat/waf/engine.ts';
import type { Case } from './case-file.ts';
import { encodeForJson, encodeForUrl, percentEncode } from './encoding.ts';

/** A request as the engine gets it. */
export interface CarriedRequest {
  readonly view: RequestView;
  readonly body: Buffer | null;
}

interface Draft {
  readonly method: string;
  readonly target: string;
  /** Added to those of a browser; the same name replaces. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

const browserFields: readonly (readonly [name: string, value: string])[] = [
  ['Host', 'shop.example.com'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36',
  ],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['Accept-Language', 'en-US,en;q=0.9'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Cookie', 'theme=dark; _ga=GA1.2.1234567890.1772402709'],
];

const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';

/** Builds the request of a case. Throws when its place is unknown. */
export function carry(each: Case): CarriedRequest {
  const draft = draftOf(each);
  const body = draft.body === undefined ? null : Buffer.from(draft.body, 'latin1');
  const own = draft.fields ?? [];
  const fields = [
    ...browserFields.filter(([name]) => !own.some(([other]) => other.toLowerCase() === name.toLowerCase())),
    ...own,
    ...(body === null ? [] : [['Content-Length', String(body.length)] as const]),
  ];
  return { view: viewOf(draft, fields), body };
}

function draftOf({ place, value, encoding }: Case): Draft {
  const [kind = '', detail = ''] = splitPlace(place);
  switch (kind) {
    case 'query':
      return get(`/search?page=1&q=${encodeForUrl(value, encoding)}`);
    case 'name':
      return get(`/search?page=1&${encodeForUrl(value, encoding)}=1`);
    case 'path':
      return get(`/items/${encodeForUrl(value, encoding)}`);
    case 'target':
      return get(value);
    case 'method':
      return { method: value, target: '/' };
    case 'cookie':
      return get('/', [['Cookie', `theme=dark; last=${encodeForUrl(value, encoding)}`]]);
    case 'cookie-header':
      return get('/', [['Cookie', value]]);
    case 'header':
      return get('/', [[detail, value]]);
    case 'form':
      return post(
        'application/x-www-form-urlencoded',
        `product=1&author=Alice&text=${encodeForUrl(value, encoding).replaceAll('%20', '+')}`,
      );
    case 'json':
      return post('application/json', `{"product":1,"comment":{"text":${encodeForJson(value, encoding)}}}`);
    case 'multipart':
      return multipart('Content-Disposition: form-data; name="text"', value);
    case 'file':
      return multipart(
        `Content-Disposition: form-data; name="picture"; filename="${quoteFileName(value)}"\r\nContent-Type: image/png`,
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR <script> ' or 1=1-- ;id",
      );
    case 'body':
      return post(detail, value);
    default:
      throw new Error(`unknown place "${place}"`);
  }
}

function splitPlace(place: string): readonly string[] {
  const colon = place.indexOf(':');
  return colon === -1 ? [place] : [place.slice(0, colon), place.slice(colon + 1)];
}

function get(target: string, fields: Draft['fields'] = []): Draft {
  return { method: 'GET', target, fields };
}

function post(contentType: string, body: string): Draft {
  return { method: 'POST', target: '/comment', fields: [['Content-Type', contentType]], body };
}

function multipart(head: string, data: string): Draft {
  const first = `--${boundary}\r\nContent-Disposition: form-data; name="product"\r\n\r\n1\r\n`;
  const body = `${first}--${boundary}\r\n${head}\r\n\r\n${data}\r\n--${boundary}--\r\n`;
  return post(`multipart/form-data; boundary=${boundary}`, body);
}

/** As browsers do. Source: HTML, section 4.10.22.8. */
function quoteFileName(name: string): string {
  return name.replace(/["\r\n]/g, percentEncode);
}

function viewOf(draft: Draft, fields: readonly (readonly [string, string])[]): RequestView {
  const { method, target } = draft;
  const mark = target.indexOf('?');
  return {
    method,
    target,
    protocol: 'HTTP/1.1',
    fields: {
      count: fields.length,
      name: (index) => fields[index]![0],
      lowerName: (index) => fields[index]![0].toLowerCase(),
      value: (index) => fields[index]![1],
    },
    hostName: 'shop.example.com',
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    requestLine: `${method} ${target} HTTP/1.1`,
    clientAddress: '192.0.2.7',
    clientPort: 40123,
    serverAddress: '198.51.100.1',
    serverPort: 443,
    id: 'baseline',
  };
}
