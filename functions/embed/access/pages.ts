import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { type AccessSettings, isLocalOnly, isPublic, readsPublicCollection } from "./access.ts";

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
  const listed = new Set(access.keys.flatMap(({ pages }) => pages?.origins ?? []));
  const exposed = EXPOSED_HEADERS.join(", ");
  const allowedOrigin = (origin: string, c: Context): string | null =>
    isForEverybody(c, access) ? "*" : listed.has(origin) ? origin : null;
  const answerPreflight = cors({ origin: allowedOrigin, maxAge: PREFLIGHT_SECONDS });

  return async function pages(c, next) {
    if (c.req.method === "OPTIONS") return answerPreflight(c, next);
    // Set before the answer is made: afterwards each would copy it.
    const origin = allowedOrigin(c.req.header("Origin") ?? "", c);
    if (origin !== null) {
      c.header("Access-Control-Allow-Origin", origin);
      c.header("Access-Control-Expose-Headers", exposed);
    }
    // What is the same for everybody is one object for a CDN.
    if (origin !== "*") c.header("Vary", "Origin", { append: true });
    await next();
  };
}

/** What no page reads or changes that nobody allowed. */
const GUARDED = /^\/v1\/(collections|bundles|jobs)(\/|$)/;

/**
 * Below /v1/ lies what keys guard; reading there is looking up. The metrics, and what a page could change,
 * are for no page that nobody allowed: also on a machine's own endpoint, whose user has pages of strangers open. What
 * of collections is for everybody to read is for every page.
 */
function isForEverybody(c: Context, access: AccessSettings): boolean {
  const { path } = c.req;
  const method = c.req.header("Access-Control-Request-Method") ?? c.req.method;
  if (readsPublicCollection({ method, path }, access)) return true;
  if (path === "/metrics" || GUARDED.test(path)) return false;
  if (isLocalOnly(access) || isPublic("embed", access)) return true;
  if (!path.startsWith("/v1/")) return true;
  return (method === "GET" || method === "HEAD") && isPublic("lookup", access);
}
