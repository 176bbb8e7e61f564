/**
 * The request line and its parts.
 *
 * The engines differ in what they decode; here REQUEST_URI is the raw origin form (ModSecurity 2) and REQUEST_FILENAME
 * and REQUEST_BASENAME are percent-decoded (ModSecurity 3, Coraza). CRS copes with both. Source: evidence/waf.md, 3.4.
 */
import { fixedScalar, type VariableDefinition } from './definition.ts';

export const requestLineVariables: readonly VariableDefinition[] = [
  fixedScalar('REQUEST_LINE', (state) => state.request.requestLine),
  fixedScalar('REQUEST_METHOD', (state) => state.request.method),
  fixedScalar('REQUEST_PROTOCOL', (state) => state.request.protocol),
  fixedScalar('REQUEST_URI_RAW', (state) => state.request.target),
  fixedScalar('REQUEST_URI', (state) => originForm(state.request.target)),
  fixedScalar('QUERY_STRING', (state) => state.request.query),
  fixedScalar('REQUEST_FILENAME', (state) => decodePath(state.request.path)),
  fixedScalar('PATH_INFO', (state) => decodePath(state.request.path)),
  fixedScalar('REQUEST_BASENAME', (state) => baseName(decodePath(state.request.path))),
];

/** The target without scheme, authority and fragment. */
function originForm(target: string): string {
  const fragment = target.indexOf('#');
  const text = fragment === -1 ? target : target.slice(0, fragment);
  const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/.exec(text);
  if (authority === null) return text;
  const rest = text.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** What stands behind the last `/` or `\`; '' when the path ends in one. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Decodes `%HH`; a broken escape stays, and `+` is a plus: that reading is for queries only. */
function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
