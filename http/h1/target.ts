/**
 * The request target: which of its four forms it has, and where authority, path and query stand in it.
 *
 * Source: RFC 9112 section 3.2; RFC 9110 section 4.2.
 */
import { type AuthorityView, readAuthority } from './authority.ts';
import { type Refusal, refusalOf, showText } from './refusal.ts';

/** Owned: by the reader, filled again with the next message. */
export interface TargetView {
  /** Without query; `/` for an absolute form that has none, `*` for the asterisk form, empty for the authority form. */
  path: string;
  /** Raw, without `?`. */
  query: string;
  hasQuery: boolean;
  /** Lower-case authority of an absolute form, else empty, and the host name in it. */
  authority: string;
  hostName: string;
}

const SLASH = 0x2f;

/**
 * Reads `target`, which has no control, space or `#`, into `view`.
 *
 * @param queryAt Offset of the first `?` in `target`, -1 when there is none.
 * @param authority Scratch space.
 */
export function readTarget(
  method: string,
  target: string,
  queryAt: number,
  authority: AuthorityView,
  view: TargetView,
): Refusal | undefined {
  const pathEnd = queryAt < 0 ? target.length : queryAt;
  view.path = pathEnd === target.length ? target : target.slice(0, pathEnd);
  view.query = queryAt < 0 ? '' : target.slice(queryAt + 1);
  view.hasQuery = queryAt >= 0;
  view.authority = '';
  view.hostName = '';
  if (method === 'CONNECT') return readAuthorityForm(target, authority, view);
  if (target.charCodeAt(0) === SLASH) return undefined;
  if (target === '*') {
    if (method === 'OPTIONS') return undefined;
    return refusalOf(
      'target-asterisk',
      400,
      `target "*" with ${showText(method)}; expected it with OPTIONS only`,
    );
  }
  return readAbsoluteForm(target, pathEnd, authority, view);
}

function readAbsoluteForm(
  target: string,
  pathEnd: number,
  authority: AuthorityView,
  view: TargetView,
): Refusal | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]{0,31}):\/\//.exec(target);
  if (scheme === null) {
    return refusalOf(
      'target-form',
      400,
      `target is ${showText(target)}; expected a path that starts with "/"`,
    );
  }
  const name = (scheme[1] ?? '').toLowerCase();
  if (name !== 'http' && name !== 'https') {
    return refusalOf('target-scheme', 400, `target has the scheme ${showText(name)}; expected http or https`);
  }
  const from = scheme[0].length;
  const slashAt = target.indexOf('/', from);
  const to = slashAt < 0 || slashAt > pathEnd ? pathEnd : slashAt;
  const bytes = Buffer.from(target.slice(from, to), 'latin1');
  if (!readAuthority(bytes, 0, bytes.length, authority)) {
    return refusalOf(
      `target-authority-${authority.faultCode}`,
      400,
      `the authority in target ${showText(target)} is not valid: ${authority.faultMessage}`,
    );
  }
  view.authority = target.slice(from, to).toLowerCase();
  view.hostName = view.authority.slice(0, authority.nameLength);
  view.path = to === pathEnd ? '/' : target.slice(to, pathEnd);
  return undefined;
}

/** CONNECT asks for a tunnel to anywhere: never given, but told apart from a target that is plainly wrong. */
function readAuthorityForm(target: string, authority: AuthorityView, view: TargetView): Refusal {
  view.path = '';
  view.query = '';
  view.hasQuery = false;
  const bytes = Buffer.from(target, 'latin1');
  if (!readAuthority(bytes, 0, bytes.length, authority) || !authority.hasPort) {
    return refusalOf('target-form', 400, `CONNECT with target ${showText(target)}; expected host:port`);
  }
  return refusalOf('method-connect', 405, 'CONNECT asks for a tunnel; this is not a forward proxy');
}
