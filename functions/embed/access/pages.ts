import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { type AccessSettings, isLocalOnly, isPublic } from "./access.ts";

/** What pages may read of an answer besides its body. */
const EXPOSED_HEADERS = [
  "Content-Location",
  "ETag",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Server-Timing",
  "WWW-Authenticate",
  "X-Cache",
  "X-Request-Id",
];

/** How long a browser need not ask again, in seconds: the longest that Chromium keeps it. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Tells browsers which pages may read the answers (CORS): pages of every origin where no key is needed, else those
 * of the publishable keys' origins. A preflight carries no key, so it is answered for the origins of all keys
 * together; the request that follows is held to its own key's. Never with cookies.
 */
export function allowPages(access: AccessSettings): MiddlewareHandler {
  const origins = new Set(access.keys.flatMap(({ pages }) => pages?.origins ?? []));
  const common = { exposeHeaders: EXPOSED_HEADERS, maxAge: PREFLIGHT_SECONDS };
  const allowEvery = cors({ origin: "*", ...common });
  const allowListed = cors({ origin: (origin) => origins.has(origin) ? origin : null, ...common });

  return function pages(c, next) {
    return isForEverybody(c, access) ? allowEvery(c, next) : allowListed(c, next);
  };
}

/** Below /v1/ lies what keys guard, and /metrics; reading there is looking up. */
function isForEverybody(c: Context, access: AccessSettings): boolean {
  if (isLocalOnly(access) || isPublic("embed", access)) return true;
  if (!/^\/(v1\/|metrics$)/.test(c.req.path)) return true;
  const method = c.req.header("Access-Control-Request-Method") ?? c.req.method;
  return (method === "GET" || method === "HEAD") && c.req.path !== "/metrics" && isPublic("lookup", access);
}
