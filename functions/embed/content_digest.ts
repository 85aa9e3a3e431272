import { encodeBase64 } from "@std/encoding/base64";
import type { MiddlewareHandler } from "hono";
import { ContentDigestError } from "./request_errors.ts";

/** Holds a body that was received to its Content-Digest (RFC 9530), if it has one of SHA-256; others are not looked at. */
export function contentDigest(): MiddlewareHandler {
  return async function contentDigest(c, next) {
    const header = c.req.header("Content-Digest") ?? "";
    const expected = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(header)?.[1];
    if (expected !== undefined) {
      const received = encodeBase64(await crypto.subtle.digest("SHA-256", c.get("body")));
      if (received !== expected) {
        throw new ContentDigestError(
          `Cannot take the body: its SHA-256 must be that of Content-Digest, ${expected}: received ${received}`,
        );
      }
    }
    await next();
  };
}
