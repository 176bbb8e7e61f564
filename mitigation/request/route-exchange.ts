/**
 * The steps of a request's life that need only the policy: redirect, route, size.
 */
import { Framing } from '@secbeat/http/h1/framing.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { answers } from './answers.ts';
import { findRoute } from './route.ts';

/** Sends a plain request on a redirecting listener to HTTPS. */
export function redirectToHttps(exchange: Exchange): Answer | null {
  const port = exchange.down.redirectToHttpsPort;
  if (port === 0 || exchange.down.isTls) return null;
  const { hostName, path, hasQuery, query } = exchange.head;
  if (hostName === '') return answers.noRoute;
  exchange.location = `https://${hostName}${port === 443 ? '' : `:${port}`}${path}${hasQuery ? `?${query}` : ''}`;
  return answers.redirected;
}

/** Sets the route. */
export function routeExchange(exchange: Exchange): Answer | null {
  const { hostName, path } = exchange.head;
  exchange.route = findRoute(exchange.policy.router, hostName, path);
  return exchange.route === null ? answers.noRoute : null;
}

/** Refuses a body that is, or says that it is, larger than the route takes. */
export function refuseLargeBody(exchange: Exchange): Answer | null {
  const max = exchange.route!.requestBodyBytesMax;
  const { framing, contentLength } = exchange.head;
  if (exchange.contentBytes <= max && (framing !== Framing.length || contentLength <= max)) return null;
  exchange.detail = `body-over-${max}-bytes`;
  return answers.bodyTooLarge;
}
