/** Header fields and cookies of the request. */
import { collection, fixedScalar, type VariableDefinition } from './definition.ts';
import { keyed, Variable } from './variable.ts';

export const requestHeaderVariables: readonly VariableDefinition[] = [
  collection('REQUEST_HEADERS', (state) => state.request.headers),
  collection('REQUEST_HEADERS_NAMES', (state) => namesOf(state.request.headers)),
  collection('REQUEST_COOKIES', (state) => parseCookies(state.request.headers)),
  collection('REQUEST_COOKIES_NAMES', (state) => namesOf(parseCookies(state.request.headers))),
  fixedScalar('AUTH_TYPE', (state) => authorization(state.request.headers)?.scheme ?? null),
  fixedScalar('REMOTE_USER', (state) => basicUser(state.request.headers)),
];

/** One instance per instance of `variables`, whose value is the name. */
export function namesOf(variables: readonly Variable[]): Variable[] {
  return variables.map((each) => new Variable(each.key, each.lowerKey, each.key, ''));
}

/**
 * Splits at `;` and the first `=`. Nothing is decoded; blanks before a name and pairs without a name are dropped.
 *
 * Source: evidence/waf.md, 3.4; unlike RFC 6265, 5.2, values keep their quotes and blanks, as the origin may read them.
 */
function parseCookies(headers: readonly Variable[]): Variable[] {
  const cookies: Variable[] = [];
  for (const header of headers) {
    if (header.lowerKey !== 'cookie') continue;
    const text = header.value;
    for (let start = 0; start < text.length; ) {
      const semicolon = text.indexOf(';', start);
      const end = semicolon === -1 ? text.length : semicolon;
      const equals = text.indexOf('=', start);
      const nameEnd = equals === -1 || equals > end ? end : equals;
      const name = text.slice(start, nameEnd).trimStart();
      if (name !== '') cookies.push(keyed(name, nameEnd === end ? '' : text.slice(nameEnd + 1, end)));
      start = end + 1;
    }
  }
  return cookies;
}

function authorization(headers: readonly Variable[]): { scheme: string; credentials: string } | undefined {
  const value = headers.find((header) => header.lowerKey === 'authorization')?.value.trim();
  if (value === undefined || value === '') return undefined;
  const space = value.indexOf(' ');
  if (space === -1) return { scheme: value, credentials: '' };
  return { scheme: value.slice(0, space), credentials: value.slice(space + 1).trim() };
}

/** The user of Basic authentication, as claimed by the client and verified by nobody. */
function basicUser(headers: readonly Variable[]): string | null {
  const found = authorization(headers);
  if (found === undefined || found.scheme.toLowerCase() !== 'basic') return null;
  const text = Buffer.from(found.credentials, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  return colon === -1 ? text : text.slice(0, colon);
}
