import type { Context, MiddlewareHandler } from "hono";
import { isLoopback } from "../../../shared/loopback.ts";
import { type AccessSettings, isLocalOnly, isPublic, readsPublicCollection } from "./access.ts";
import { clientAddress, connectionAddress, isForwarded } from "./client_address.ts";
import { TooManyPicturesError } from "../request_errors.ts";
import {
  MissingKeyError,
  MissingRightError,
  TooManyRequestsError,
  UnknownKeyError,
  WrongOriginError,
} from "./errors.ts";
import { findKey, type Key, type Right } from "./key.ts";
import { createRateLimiter } from "./rate_limit.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Name of the key that a request was allowed by. */
    keyName: string;
    /** Where requests are counted: counts one as this many instead. */
    countPictures: (count: number) => void;
  }
}

/**
 * Makes the middleware of each right, which lets a request pass that may use it. One of a publishable key must come
 * from one of the key's pages, or from this endpoint's own. All of them count requests together.
 *
 * Answers that need a key are no shared cache's to keep: where a route says "public", it becomes "private".
 *
 * @param now milliseconds that never run backwards
 */
export function createAuthorize(
  access: AccessSettings,
  now: () => number = () => performance.now(),
): (right: Right) => MiddlewareHandler {
  const take = createRateLimiter(now);

  const count = (c: Context, caller: string, perMinute: number, requests: number): void => {
    const client = clientAddress(c, access.trustedProxies);
    const { allowed, remaining, seconds } = take(`${caller} ${client}`, perMinute, requests);
    const whole = Math.ceil(seconds);
    c.header("RateLimit-Policy", `"${caller}";q=${perMinute};w=60`);
    c.header("RateLimit", `"${caller}";r=${remaining};t=${whole}`);
    if (allowed) return;
    c.header("Retry-After", String(whole));
    throw new TooManyRequestsError(
      `Cannot answer: a client must send at most ${perMinute} pictures and lookups a minute: received more; retry in ${whole} s`,
    );
  };

  const limit = (c: Context, caller: string, perMinute: number): void => {
    count(c, caller, perMinute, 1);
    c.set("countPictures", (pictures) => {
      if (pictures > perMinute) throw tooMany(pictures, perMinute);
      if (pictures > 1) count(c, caller, perMinute, pictures - 1);
    });
  };

  return function authorize(right) {
    // A CDN asks for everybody, from few addresses.
    const isForCaches = (c: Context) =>
      right === "lookup"
        ? access.publicLookup
        : right === "collections-read" && readsPublicCollection(c.req, access);
    const isOpenToAll = isLocalOnly(access) || isPublic(right, access);

    return async function authorized(c, next) {
      const isCounted = !isForCaches(c);
      const isOpen = isOpenToAll || !isCounted;
      const key = isLocalOnly(access) ? undefined : readKey(c, access.keys);
      if (key) {
        c.set("keyName", key.name);
        requireOrigin(c, key);
        requireRight(c, key, right);
        if (key.pages) limit(c, key.name, key.pages.perMinute);
      } else if (isLocalOnly(access)) {
        requireThisMachine(c);
      } else if (!isOpen) {
        c.header("WWW-Authenticate", "Bearer");
        throw new MissingKeyError(
          "Cannot answer: the request must have a key, as Authorization: Bearer ...: received none",
        );
      } else if (isCounted && access.anonymous.perMinute !== undefined) {
        limit(c, "anonymous", access.anonymous.perMinute);
      }
      if (!isOpen) c.header("Vary", "Authorization", { append: true });
      await next();
      if (isOpen) return;
      const caching = c.res.headers.get("Cache-Control");
      if (caching) c.res.headers.set("Cache-Control", caching.replace(/\bpublic\b/, "private"));
    };
  };
}

/** Of a request that would be refused whenever it came: there is no use in trying again. */
function tooMany(pictures: number, perMinute: number): TooManyPicturesError {
  return new TooManyPicturesError(
    `Cannot embed: a request must have at most ${perMinute} pictures, as many as its sender may send a minute: received ${pictures}`,
    { param: "input" },
  );
}

/** The key that a request was sent with, if any. Where there are no keys, nothing sent is one. */
function readKey(c: Context, keys: readonly Key[]): Key | undefined {
  const header = c.req.header("Authorization");
  if (header === undefined || keys.length === 0) return undefined;
  const text = /^Bearer +(\S+)$/i.exec(header.trim())?.[1];
  const key = text === undefined ? undefined : findKey(keys, text);
  if (key) return key;
  c.header("WWW-Authenticate", 'Bearer error="invalid_token"');
  throw new UnknownKeyError("Cannot answer: the key must be one of this endpoint's: received another");
}

function requireOrigin(c: Context, { name, pages }: Key): void {
  if (pages === undefined) return;
  // Browsers name no origin when a page GETs from where it came from, but say so in a header that no page can set.
  if (c.req.header("Sec-Fetch-Site") === "same-origin") return;
  const origin = c.req.header("Origin");
  if (origin !== undefined && pages.origins.includes(origin)) return;
  throw new WrongOriginError(
    `Cannot answer: the key ${name} must be used on its own pages: received ${
      origin === undefined ? "no Origin" : `Origin ${origin}`
    }`,
  );
}

function requireRight(c: Context, { name, rights }: Key, right: Right): void {
  if (rights.includes(right)) return;
  c.header("WWW-Authenticate", `Bearer error="insufficient_scope", scope="${right}"`);
  throw new MissingRightError(
    `Cannot answer: the key ${name} must have the right ${right}: it has ${rights.join(", ")}`,
  );
}

/** Behind a proxy on this machine everybody's connection is from here; proxies say so. */
function requireThisMachine(c: Context): void {
  if (isLoopback(connectionAddress(c) ?? "unknown") && !isForwarded(c)) return;
  c.header("WWW-Authenticate", "Bearer");
  throw new MissingKeyError(
    "Cannot answer: without API_KEYS, PUBLISHABLE_KEYS or ALLOW_ANONYMOUS=true the request must come from this machine: it came from elsewhere or through a proxy",
  );
}
