import { encodeBase64 } from "@std/encoding/base64";
import type { Context } from "hono";
import { ContentDigestError } from "./errors.ts";

/**
 * Holds a body to its Content-Digest (RFC 9530), if it has one of SHA-256; others are not looked at.
 *
 * @throws {ContentDigestError} if the bytes are other ones
 */
export async function requireDigest(c: Context, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const expected = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(c.req.header("Content-Digest") ?? "")?.[1];
  if (expected === undefined) return;
  const received = encodeBase64(await crypto.subtle.digest("SHA-256", bytes));
  if (received === expected) return;
  throw new ContentDigestError(
    `Cannot take the body: its SHA-256 must be that of Content-Digest, ${expected}: received ${received}`,
  );
}
